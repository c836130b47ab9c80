//! What is read out of ten projects, and that `tieback check` takes what is written for them. What
//! is said and written stands in `expected/`; `UPDATE_GOLDEN=1 cargo test --test it init::trees`
//! writes it anew.

use std::{env, fs};

use super::{copy, own};
use crate::support::program::Test;

const TREES: [&str; 10] = [
    "convex",
    "django",
    "express",
    "fastapi",
    "go",
    "hono",
    "laravel",
    "next-better-auth",
    "rails",
    "sveltekit",
];

const WRITTEN: [&str; 3] =
    ["tieback.yaml", "scenarios/first-purchase.yaml", ".github/workflows/tieback.yml"];

#[test]
fn ten_projects_are_read_as_people_would_read_them() {
    let mut listed: Vec<_> = fs::read_dir(own("trees"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    listed.sort();
    assert_eq!(listed, TREES);
    let mut wrong = Vec::new();
    for tree in TREES {
        let folder = tempfile::tempdir().unwrap();
        copy(&own("trees").join(tree), folder.path());
        let said = Test::new("init").folder(folder.path()).done();
        assert!(said.stdout.is_empty(), "{}", said.stdout);
        let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
        let shown = format!(
            "{}\n--- tieback.yaml\n{}\n--- .github/workflows/tieback.yml\n{}",
            said.stderr,
            read(WRITTEN[0]),
            read(WRITTEN[2])
        );
        let golden = own("expected").join(format!("{tree}.txt"));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(own("expected")).unwrap();
            fs::write(&golden, &shown).unwrap();
        }
        if fs::read_to_string(&golden).unwrap_or_default() != shown {
            wrong.push(format!("--- {tree}\n{shown}"));
        }
        let checked = Test::new("check").args(&WRITTEN[..2]).folder(folder.path()).done();
        assert_eq!(checked.stdout, "1 scenario, 1 app file, no errors\n", "{tree}");
        assert_eq!(checked.stderr, "", "{tree}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The facts that a run hangs on, by project.
#[test]
fn handler_start_and_user_are_found() {
    for (tree, facts) in [
        (
            "next-better-auth",
            ["3100", "pnpm run dev", "/api/auth/polar/webhooks", "POST /api/auth/sign-up/email"],
        ),
        ("hono", ["8787", "npm run dev", "/billing/webhooks/polar", "POST /api/sign-up"]),
        ("express", ["4000", "yarn run start", "/hooks/polar", "POST /v1/register"]),
        ("sveltekit", ["5173", "npm run dev", "/api/webhook/polar", "node, scripts/test-user.mjs"]),
        (
            "fastapi",
            [
                "8000",
                "'python -m uvicorn shop.main:api --port 8000'",
                "/api/webhooks/polar",
                "POST /users/signup",
            ],
        ),
        (
            "django",
            [
                "8000",
                "python manage.py runserver 8000 --noreload",
                "/billing/webhooks/polar/",
                "python, manage.py, test_user",
            ],
        ),
        (
            "rails",
            [
                "3000",
                "bin/rails server -p 3000",
                "/api/billing/polar_webhooks",
                "bin/rails, runner",
            ],
        ),
        (
            "laravel",
            ["8000", "php artisan serve --port=8000", "/api/webhooks/polar", "php, artisan"],
        ),
        ("go", ["9090", "go run ./cmd/shop", "/webhooks/polar", "POST /signup"]),
        ("convex", ["3211", "bun run dev", "/polar/events", "npx, convex, run"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        copy(&own("trees").join(tree), folder.path());
        Test::new("init").folder(folder.path()).done();
        let file = fs::read_to_string(folder.path().join("tieback.yaml")).unwrap();
        let [port, command, handler, user] = facts;
        for expected in [
            format!("url: http://127.0.0.1:{port}\n"),
            format!("command: {command}\n"),
            format!("webhook: {{ path: {handler} }}\n"),
            user.to_owned(),
        ] {
            assert!(file.contains(&expected), "{tree}: no {expected} in\n{file}");
        }
    }
}

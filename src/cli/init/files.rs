//! The files that `tieback init` writes, each line with what it is for.

use crate::init::{App, Auth, Framework, Known, Seen, Step, Tree};
use crate::provider::POLAR;

/// Paths and texts.
pub(super) fn files(app: &App, tree: &Tree) -> [(&'static str, String); 3] {
    [
        ("tieback.yaml", app_file(app)),
        ("scenarios/first-purchase.yaml", SCENARIO.to_owned()),
        (".github/workflows/tieback.yml", workflow(app, tree)),
    ]
}

/// A comment over a line: where it was seen, or that it is a guess.
fn from<T>(known: &Known<T>, indent: &str, what: &str) -> String {
    match &known.seen {
        Some(seen) => format!("{indent}# {what} (seen in {seen})\n"),
        None => format!("{indent}# {what} (a guess: change it to what your app has)\n"),
    }
}

/// How tieback reaches the app, as a file.
fn app_file(app: &App) -> String {
    let (key, value) = &app.access.value;
    [
        "# How tieback reaches this app. `tieback check tieback.yaml` reads it without sending\n\
         # anything, `tieback run --app tieback.yaml` starts the app and runs all scenarios about \
         it.\napp:\n"
            .to_owned(),
        from(&app.port, "  ", "Where the app answers"),
        format!("  url: http://127.0.0.1:{}\n", app.port.value),
        start(app),
        handler(app),
        from(&app.user, "  ", "How somebody becomes a user"),
        format!("  user:\n{}", step(&app.user.value)),
        "    # Where the answer has the id by which the app knows its user\n".to_owned(),
        format!("    capture: {{ user_id: {} }}\n", app.user_id),
        if app.auth.as_ref().is_some_and(|auth| auth.value == Auth::BetterAuth) {
            "    # Places in the answer that are never printed\n    secret: [token]\n".to_owned()
        } else {
            String::new()
        },
        app.delete.as_ref().map_or_else(String::new, |delete| {
            let request = quoted(&format!("DELETE {}", delete.value));
            let said = from(delete, "    ", "How an account is deleted");
            format!("{said}    delete: {{ app: {request} }}\n")
        }),
        from(&app.state, "  ", "What the app knows about the user of this session, as JSON"),
        format!("  state:\n{}", step(&app.state.value)),
        from(&app.access, "  ", "What that is like while the user has access"),
        format!("  access: {{ body: {{ {key}: {value} }} }}\n"),
        "# Made in the embedded sandbox, with the ids that the app is configured with\nproducts:\n"
            .to_owned(),
        from(&app.product, "  ", "The product that gives access"),
        format!("  - {{ id: {}, name: Pro, price: free }}\n", app.product.value),
    ]
    .concat()
}

/// How the app is started, and its environment.
fn start(app: &App) -> String {
    let variable = |(name, holds, seen): &(String, &str, Option<Seen>)| {
        let from = seen.as_ref().map_or_else(|| "a guess".to_owned(), ToString::to_string);
        format!("      {name}: ${{{holds}}} # {from}\n")
    };
    let intercept = format!(
        "  # No variable says where the API is: calls to it are led to the API under test\n  \
         {}: intercept\n",
        POLAR.name
    );
    [
        "  start:\n".to_owned(),
        from(&app.command, "    ", "For the shell, in this folder"),
        format!("    command: {}\n", quoted(&app.command.value)),
        "    # A request; any answer below 500 says that the app is ready\n    ready: GET /\n    \
         # How long that may take\n    within: 2m\n    # Added to the environment: where the API \
         is, a token for it, the secret of webhooks\n    env:\n"
            .to_owned(),
        app.env.iter().map(variable).collect::<Vec<_>>().concat(),
        if app.intercept { intercept } else { String::new() },
    ]
    .concat()
}

/// Where webhooks go.
fn handler(app: &App) -> String {
    match &app.handler {
        Some(handler) => {
            let path = quoted(&handler.value);
            let said = from(handler, "  ", "Where webhooks go");
            format!("{said}  webhook: {{ path: {path} }}\n")
        }
        None => "  # Where webhooks go; left out, the usual paths are tried\n  \
                 # webhook: { path: /api/webhooks }\n"
            .to_owned(),
    }
}

/// What stands under `user` or `state`.
fn step(step: &Step) -> String {
    match step {
        Step::Request { method, path, body } => {
            let request = format!("    app: {}\n", quoted(&format!("{method} {path}")));
            if body.is_empty() {
                return request;
            }
            let value = |key: &&str| match *key {
                "email" => "email: \"${email}\"",
                "password" => "password: \"${run.secret}\"",
                _ => "name: Test Buyer",
            };
            let body: Vec<_> = body.iter().map(value).collect();
            let said = "    # ${email} is new for each user, ${run.secret} a password for this run";
            format!("{request}{said}\n    body: {{ {} }}\n", body.join(", "))
        }
        Step::Exec(command) => {
            let parts: Vec<_> = command.iter().map(|part| quoted(part)).collect();
            format!(
                "    # A program that prints JSON; docs/app.md of tieback shows how it may look\n    \
                 exec: [{}]\n",
                parts.join(", ")
            )
        }
    }
}

/// In quotes where YAML takes something else for it.
fn quoted(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || " /._-=".contains(char);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// A first scenario, in the app's own terms.
const SCENARIO: &str = include_str!("first-purchase.yaml");

/// A workflow that runs the app against the sandbox.
fn workflow(app: &App, tree: &Tree) -> String {
    let step = |(what, line): &(&str, String)| format!("      # {what}\n{line}");
    let steps: Vec<_> = set_up(app.framework.value, tree).iter().map(step).collect();
    include_str!("workflow.yml").replace("      # SET UP\n", &steps.concat())
}

/// What the app needs before it can be started: each with what it is for.
fn set_up(framework: Framework, tree: &Tree) -> Vec<(&'static str, String)> {
    let run = |line: &str| format!("      - run: {line}\n");
    let uses =
        |action: &str, with: &str| format!("      - uses: {action}\n        with: {{ {with} }}\n");
    let has = |name: &str| tree.file(name).is_some();
    match framework {
        Framework::FastApi | Framework::Django => {
            let install = if has("requirements.txt") {
                "python -m pip install -r requirements.txt"
            } else {
                "python -m pip install ."
            };
            vec![
                ("The app's language", uses("actions/setup-python@v5", "python-version: \"3.12\"")),
                ("The app's dependencies", run(install)),
            ]
        }
        Framework::Rails => vec![
            (
                "The app's language and dependencies",
                uses("ruby/setup-ruby@v1", "bundler-cache: true"),
            ),
            ("Its database", run("bin/rails db:prepare")),
        ],
        Framework::Laravel => vec![
            ("The app's language", uses("shivammathur/setup-php@v2", "php-version: \"8.3\"")),
            ("The app's dependencies", run("composer install --no-interaction")),
            (
                "Its key and its database",
                run("php artisan key:generate && php artisan migrate --force"),
            ),
        ],
        Framework::Go => {
            vec![("The app's language", uses("actions/setup-go@v5", "go-version-file: go.mod"))]
        }
        _ => {
            let (before, install) = if has("pnpm-lock.yaml") {
                (Some("corepack enable"), "pnpm install --frozen-lockfile")
            } else if has("yarn.lock") {
                (Some("corepack enable"), "yarn install --immutable")
            } else if has("bun.lock") || has("bun.lockb") {
                (Some("npm install --global bun"), "bun install --frozen-lockfile")
            } else {
                (None, "npm install")
            };
            let mut steps =
                vec![("The app's language", uses("actions/setup-node@v4", "node-version: \"22\""))];
            steps.extend(before.map(|line| ("Its package manager", run(line))));
            steps.push(("The app's dependencies", run(install)));
            steps
        }
    }
}

//! What `tieback init` leaves alone.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::program::Test;

const PACKAGE: &str =
    r#"{ "scripts": { "dev": "node server.js" }, "dependencies": { "express": "5" } }"#;
const HANDLER: &str = "app.post('/api/webhooks/polar', verify, handle);\n";

fn init() -> Test {
    Test::new("init").file("package.json", PACKAGE)
}

#[test]
fn what_exists_is_kept_file_by_file() {
    let test = init().file("tieback.yaml", "mine");
    let folder = tempfile::tempdir().unwrap();
    let test = test.folder(folder.path());
    fs::write(folder.path().join("package.json"), PACKAGE).unwrap();
    fs::write(folder.path().join("tieback.yaml"), "mine").unwrap();
    let said = test.done().stderr;
    assert!(said.contains("kept   tieback.yaml: it exists"), "{said}");
    assert!(said.contains("wrote  .github/workflows/tieback.yml"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("tieback.yaml")).unwrap(), "mine");

    let again = Test::new("init").folder(folder.path()).done().stderr;
    assert_eq!(again.matches("kept   ").count(), 3, "{again}");
    assert!(!again.contains("wrote  "), "{again}");
}

#[test]
fn nothing_is_written_or_read_through_links() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = |path: &str| folder.path().join(path);
    fs::write(here("package.json"), PACKAGE).unwrap();
    fs::write(elsewhere.path().join("routes.js"), HANDLER).unwrap();
    symlink(elsewhere.path(), here("src")).unwrap();
    symlink(elsewhere.path().join("routes.js"), here("routes.js")).unwrap();
    symlink(elsewhere.path(), here("scenarios")).unwrap();
    symlink(elsewhere.path().join("made.yaml"), here("tieback.yaml")).unwrap();
    symlink(folder.path(), here("loop")).unwrap();
    let said = Test::new("init").folder(folder.path()).done().stderr;
    assert!(said.contains("no webhook handler was seen"), "{said}");
    assert!(said.contains("kept   tieback.yaml: it exists"), "{said}");
    let why = "kept   scenarios/first-purchase.yaml: a folder of its path is a link or a file";
    assert!(said.contains(why), "{said}");
    let left: Vec<_> =
        fs::read_dir(elsewhere.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["routes.js"]);
}

#[test]
fn what_others_wrote_and_secrets_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("package.json"), PACKAGE).unwrap();
    for inside in ["node_modules/polar", ".git", "vendor/polar", "dist"] {
        fs::create_dir_all(folder.path().join(inside)).unwrap();
        fs::write(folder.path().join(inside).join("routes.js"), HANDLER).unwrap();
    }
    fs::write(folder.path().join(".env"), "POLAR_BASE_URL=http://secret.example\n").unwrap();
    fs::write(folder.path().join(".env.example"), "POLAR_ACCESS_TOKEN=\n").unwrap();
    let said = Test::new("init").folder(folder.path()).done().stderr;
    assert!(said.contains("no webhook handler was seen"), "{said}");
    assert!(said.contains("no variable says where the API is"), "{said}");
    assert!(
        said.contains("saw    POLAR_ACCESS_TOKEN") && !said.contains("secret.example"),
        "{said}"
    );
}

#[test]
fn large_files_are_passed_over_and_large_folders_are_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("package.json"), PACKAGE).unwrap();
    let large = HANDLER.to_owned() + &"// x\n".repeat(120_000);
    fs::write(folder.path().join("large.js"), large).unwrap();
    fs::write(folder.path().join("binary.js"), b"\xff\xfe\x00").unwrap();
    let said = Test::new("init").folder(folder.path()).done().stderr;
    assert!(said.contains("no webhook handler was seen") && !said.contains("more than"), "{said}");

    let deep = folder.path().join("a/".repeat(20));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("routes.js"), HANDLER).unwrap();
    let said = Test::new("init").folder(folder.path()).done().stderr;
    assert!(said.contains("note   the folder holds more than is read"), "{said}");
}

#[test]
fn a_folder_without_a_manifest_is_refused() {
    let test = Test::new("init").file("notes.txt", "").status(2);
    let refused = test.done();
    refused.refuses("no app is known in .");
    assert!(refused.stderr.contains("package.json, pyproject.toml"), "{}", refused.stderr);
}

/// Its wrong lines are shown as well, and stop nothing.
#[test]
fn pitfalls_are_shown() {
    let wrong = "polar.customers.create({ email, external_id: id });\n";
    let said = init().file("server.js", wrong).done().stderr;
    assert!(said.contains("warning: the external id is written in the other case"), "{said}");
    assert!(said.contains("server.js:1:") && said.contains("wrote  tieback.yaml"), "{said}");
}

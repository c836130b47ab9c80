//! What CI systems are given: the page about them, and the action.

mod action;
mod page;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

/// A file of this repository.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_workflow_is_yaml_with_jobs_and_steps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let workflows: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!workflows.is_empty());
    for path in workflows {
        let workflow = yaml::read(&fs::read_to_string(&path).unwrap());
        for job in workflow["jobs"].as_object().expect("jobs").values() {
            assert!(job["runs-on"].is_string() && job["steps"].is_array(), "{}", path.display());
        }
    }
}

/// The image is empty but for the binary, and is started without a shell.
#[test]
fn the_image_holds_what_the_build_makes() {
    let docker = file("Dockerfile");
    let lines: Vec<_> = docker.lines().filter(|line| !line.starts_with('#')).collect();
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("a stage");
    assert_eq!(lines[last], "FROM scratch");
    assert!(lines[last..].iter().all(|line| !line.starts_with("RUN ")), "it has no shell");
    assert!(lines[last..].contains(&r#"ENTRYPOINT ["/tieback"]"#));
    let profile = "/source/target/dist/tieback";
    assert!(docker.contains("cargo build --profile dist") && docker.contains(profile));
    let cargo = file("Cargo.toml");
    assert!(cargo.contains("[profile.dist]"));
    let wanted = |text: &str, before: &str| {
        let at = text.find(before).expect("a version") + before.len();
        text[at..].chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect::<String>()
    };
    assert_eq!(wanted(&docker, "FROM rust:"), wanted(&cargo, "rust-version = \""));
}

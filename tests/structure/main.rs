//! Who may use whom: data goes one way through the crate, and this holds it to that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use, beside itself. A module that is not named here may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "engine",
            "event",
            "exit",
            "http",
            "leftovers",
            "plan",
            "polar",
            "printable",
            "report",
            "sandbox",
            "scenario",
            "secret",
            "variables",
            "webhook",
        ],
    ),
    ("engine", &["diagnose", "event", "evidence", "http", "plan", "scenario", "variables", "webhook"]),
    ("diagnose", &["event", "evidence", "http", "scenario", "webhook"]),
    ("evidence", &["event", "http", "scenario", "variables", "webhook"]),
    ("exit", &["event"]),
    ("http", &["event", "secret"]),
    ("leftovers", &["event", "http", "plan", "webhook"]),
    ("plan", &["scenario", "variables"]),
    ("polar", &["event", "http"]),
    ("report", &["event", "printable", "secret"]),
    ("sandbox", &["secret", "webhook"]),
    ("scenario", &["printable", "webhook"]),
    ("variables", &["http", "scenario"]),
    ("webhook", &["event", "http", "secret"]),
];

/// What only touches data: nothing in there may reach a socket, a file or the terminal.
const NO_IO: &[&str] = &[
    "scenario",
    "plan.rs",
    "event.rs",
    "evidence.rs",
    "diagnose",
    "variables.rs",
    "webhook/signature.rs",
    "webhook/slips.rs",
    "webhook/foreign.rs",
];
const IO: &[&str] = &["std::fs", "std::net", "std::io", "tokio::", "reqwest", "println!", "eprintln!"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below `folder`, tests left out, with its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            if !path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests")) {
                found.push((path, text));
            }
        }
    }
    found
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(source()).unwrap();
    relative.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The top-level modules that a text names as `crate::…`.
fn used(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>());
    names.map(|rest| rest.chars().take_while(|each| each.is_alphanumeric() || *each == '_').collect()).collect()
}

#[test]
fn every_module_uses_only_what_it_may() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut offences = Vec::new();
    for (path, text) in files(&source()) {
        let own = module(&path);
        for other in used(&text) {
            let may = other == own || allowed.get(own.as_str()).is_some_and(|others| others.contains(&other.as_str()));
            if !may && !other.is_empty() {
                offences.push(format!("{} uses crate::{other}", path.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn every_rule_is_needed() {
    let mut seen = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, text) in files(&source()) {
        seen.entry(module(&path)).or_default().extend(used(&text));
    }
    for (module, others) in MAY_USE.iter().filter(|(module, _)| !matches!(*module, "main" | "cli")) {
        for other in *others {
            assert!(seen[*module].contains(*other), "{module} may use {other}, and does not");
        }
    }
}

#[test]
fn what_only_touches_data_does_no_io() {
    for place in NO_IO {
        let path = source().join(place);
        let found = if path.is_dir() { files(&path) } else { vec![(path.clone(), fs::read_to_string(&path).unwrap())] };
        assert!(!found.is_empty(), "{place} is gone");
        for (path, text) in found {
            for io in IO {
                assert!(!text.contains(io), "{} uses {io}", path.display());
            }
        }
    }
}

#[test]
fn only_reports_and_commands_print() {
    for (path, text) in files(&source()) {
        if !matches!(module(&path).as_str(), "report" | "cli") {
            for print in ["println!", "eprint!", "eprintln!", "io::stdout()", "io::stderr()", "dbg!"] {
                assert!(!text.contains(print), "{} prints with {print}", path.display());
            }
        }
    }
}

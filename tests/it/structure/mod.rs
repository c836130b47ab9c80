//! Who may use whom: data goes one way through the crate, and this holds it to that.

mod circles;
mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// What each module may use, beside itself. A module that is not named here may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "app",
            "cleanup",
            "duration",
            "engine",
            "environment",
            "event",
            "exit",
            "http",
            "init",
            "intercept",
            "plan",
            "printable",
            "provider",
            "report",
            "sandbox",
            "scenario",
            "secret",
            "variables",
            "webhook",
        ],
    ),
    ("app", &["http"]),
    (
        "engine",
        &[
            "app",
            "diagnose",
            "event",
            "evidence",
            "http",
            "plan",
            "provider",
            "scenario",
            "secret",
            "variables",
            "webhook",
        ],
    ),
    ("diagnose", &["event", "evidence", "http", "provider", "scenario", "webhook"]),
    ("evidence", &["event", "http", "scenario", "variables", "webhook"]),
    ("exit", &["event"]),
    ("http", &["secret"]),
    ("init", &["provider", "scenario"]),
    ("intercept", &["http", "secret"]),
    ("cleanup", &["event", "http", "plan", "provider", "webhook"]),
    ("environment", &["secret"]),
    ("plan", &["environment", "provider", "scenario", "variables"]),
    ("provider", &["event", "http"]),
    ("report", &["event", "printable", "secret"]),
    ("sandbox", &["duration", "provider", "secret", "webhook"]),
    ("scenario", &["duration", "printable", "provider"]),
    ("variables", &["http", "scenario"]),
    ("webhook", &["event", "http", "provider", "secret"]),
];

/// What only touches data: nothing in there may reach a socket, a file or the terminal.
const NO_IO: &[&str] = &[
    "scenario",
    "duration.rs",
    "plan",
    "event",
    "evidence",
    "init",
    "diagnose",
    "variables.rs",
    "webhook/signature.rs",
    "webhook/slips",
    "webhook/foreign.rs",
];
const IO: &[&str] =
    &["std::fs", "std::net", "std::io", "tokio::", "reqwest", "println!", "eprintln!"];

pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below `folder`, tests left out, with its text.
pub(crate) fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                found.extend(files(&path));
            }
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
    relative
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .trim_end_matches(".rs")
        .to_owned()
}

/// `text` without its comments, and with nothing in its strings.
pub(crate) fn code(text: &str) -> String {
    static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r##"(?s)//[^\n]*|/\*.*?\*/|r#+".*?"#+|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'"##;
        Regex::new(pattern).expect("a pattern")
    });
    BESIDE.replace_all(text, " ").into_owned()
}

/// The names that follow `::` right after `at`: one, or those at the beginning of each branch of a
/// group.
fn branches(code: &str, at: usize) -> Vec<String> {
    let rest = code[at..].trim_start();
    let Some(group) = rest.strip_prefix('{') else {
        let name = rest.trim_start_matches("r#");
        return vec![
            name.chars()
                .take_while(|each| each.is_alphanumeric() || *each == '_' || *each == '*')
                .collect(),
        ];
    };
    let (mut depth, mut names) = (0, Vec::new());
    let mut wanted = true;
    for (index, each) in group.char_indices() {
        match each {
            '{' if wanted => {
                names.extend(branches(group, index));
                (wanted, depth) = (false, depth + 1);
            }
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => wanted = true,
            _ if wanted && !each.is_whitespace() => {
                names.extend(branches(group, index));
                wanted = false;
            }
            _ => {}
        }
    }
    names
}

/// The top-level modules that a text names by way of the crate's root; `depth` is how many `super`
/// lead there. A root that is renamed or taken whole is named `*`.
fn used(text: &str, depth: usize) -> BTreeSet<String> {
    let code = code(text);
    let supers = vec![r"super"; depth].join(r"\s*::\s*");
    let root = format!(r"\b(?:\$?crate|tieback|(?:self\s*::\s*)?{supers})\s*::\s*");
    let mut names = named_after(&root, &code);
    let renamed = Regex::new(r"\bcrate\s+as\b|\bextern\s+crate\b").expect("a pattern");
    if renamed.is_match(&code) || names.remove("self") || names.remove("super") {
        names.insert("*".to_owned());
    }
    names
}

/// The names that follow `root`, which is a pattern of paths.
pub(crate) fn named_after(root: &str, code: &str) -> BTreeSet<String> {
    let roots = Regex::new(root).expect("a pattern");
    roots.find_iter(code).flat_map(|root| branches(code, root.end())).collect()
}

/// How many `super` lead from a file to the crate's root.
pub(crate) fn depth(path: &Path) -> usize {
    let relative = path.strip_prefix(source()).unwrap();
    let folders = relative.components().count() - 1;
    if relative.ends_with("mod.rs") { folders } else { folders + 1 }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let seen = |text: &str, depth| used(text, depth).into_iter().collect::<Vec<_>>().join(" ");
    for (text, names) in [
        ("use crate::engine;", "engine"),
        ("use crate::engine::{self, Stop};", "engine"),
        ("use crate::{engine, http::Client};", "engine http"),
        (
            "use crate::{\n    engine::{self, undo::{a, b}},\n    http as h, // crate::cli\n};",
            "engine http",
        ),
        ("use crate::{{engine}, {http, plan::{Plan}}};", "engine http plan"),
        ("pub(crate) use crate :: engine as e;", "engine"),
        ("let x = crate::exit::PASSED + $crate::plan::MARK;", "exit plan"),
        ("// crate::cli\n/* crate::cli */ let x = \"crate::cli\";", ""),
        ("use crate as root;", "*"),
        ("use crate::{self as root};", "*"),
        ("use crate::*;", "*"),
        ("use tieback::engine;", "engine"),
        ("use r#crate_like::x; use mycrate::y;", ""),
        ("use super::super::engine; use super::sibling;", "engine"),
        ("use super::super::{engine, http};", "engine http"),
    ] {
        assert_eq!(seen(text, 2), names, "{text}");
    }
    assert_eq!(seen("use super::engine; use crate::{exit};", 1), "engine exit");
    assert_eq!(depth(&source().join("secret.rs")), 1);
    assert_eq!(depth(&source().join("http/mod.rs")), 1);
    assert_eq!(depth(&source().join("cli/run/args.rs")), 3);
}

#[test]
fn every_module_uses_only_what_it_may() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut offences = Vec::new();
    for (path, text) in files(&source()) {
        let own = module(&path);
        for other in used(&text, depth(&path)) {
            let may = other == own
                || allowed.get(own.as_str()).is_some_and(|others| others.contains(&other.as_str()));
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
        seen.entry(module(&path)).or_default().extend(used(&text, depth(&path)));
    }
    for (module, others) in MAY_USE.iter().filter(|(module, _)| !matches!(*module, "main" | "cli"))
    {
        for other in *others {
            assert!(seen[*module].contains(*other), "{module} may use {other}, and does not");
        }
    }
}

#[test]
fn what_only_touches_data_does_no_io() {
    for place in NO_IO {
        let path = source().join(place);
        let found = if path.is_dir() {
            files(&path)
        } else {
            vec![(path.clone(), fs::read_to_string(&path).unwrap())]
        };
        assert!(!found.is_empty(), "{place} is gone");
        for (path, text) in found {
            for io in IO {
                assert!(!text.contains(io), "{} uses {io}", path.display());
            }
        }
    }
}

#[test]
fn receiving_does_not_know_how_to_subscribe() {
    let received = files(&source().join("webhook/receive"));
    assert!(received.len() > 5, "webhook/receive is gone");
    for (path, text) in received {
        let code = code(&text);
        for name in ["subscribe", "Subscriber", "LeftBehind"] {
            assert!(!code.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn only_reports_and_commands_print() {
    for (path, text) in files(&source()) {
        if !matches!(module(&path).as_str(), "report" | "cli") {
            for print in
                ["println!", "eprint!", "eprintln!", "io::stdout()", "io::stderr()", "dbg!"]
            {
                assert!(!text.contains(print), "{} prints with {print}", path.display());
            }
        }
    }
}

/// Every source file that a page about the code names.
#[test]
fn the_map_names_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = Regex::new(r"\b(?:src|tests)/[a-z_0-9/.]*[a-z_0-9/]").expect("a pattern");
    for page in ["docs/architecture.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        for named in path.find_iter(&text) {
            assert!(root.join(named.as_str()).exists(), "{page} names {}", named.as_str());
        }
    }
}

/// `.ci/run` and the recipes of the justfile are the same commands.
#[test]
fn the_recipes_are_what_ci_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recipes = fs::read_to_string(root.join("justfile")).unwrap();
    let script = fs::read_to_string(root.join(".ci/run")).unwrap();
    let steps =
        script.lines().filter_map(|line| line.split_once("step cargo ")).map(|(_, rest)| rest);
    for step in steps.filter(|step| !step.starts_with("fmt")) {
        assert!(recipes.contains(&format!("cargo {step}")), "no recipe runs `cargo {step}`");
    }
}

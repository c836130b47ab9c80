//! `tieback schema`, held to the parser: what one accepts, the other does, as far as a schema can
//! say it.

mod agreement;
mod yaml;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tieback::provider::POLAR;
use tieback::scenario::builtin::BUILT_IN;

use self::yaml::json;
use crate::support::program::Test;

fn schema(kind: &str) -> Value {
    serde_json::from_str(&Test::new("schema").arg(kind).done().stdout).expect("the schema is JSON")
}

fn validator(kind: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&schema(kind)).expect("the schema is one")
}

/// Every file of a folder of the repository whose name ends like this.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, fs::read_to_string(&path).ok()?))
        })
        .collect();
    files.sort();
    files
}

/// App files that are right.
fn app_files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for example in ["examples/fastapi", "examples/hono-better-auth"] {
        found.extend(files(example, "tieback.yaml"));
    }
    for (name, text) in files("tests/it/init/expected", ".txt") {
        let file = text.split("--- ").find_map(|part| part.strip_prefix("tieback.yaml\n"));
        found.push((name, file.expect("an app file").to_owned()));
    }
    assert!(found.len() >= 12, "{}", found.len());
    found
}

#[test]
fn scenarios_are_meant_where_nothing_is_named() {
    let shown = Test::new("schema").done().stdout;
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), schema("scenario"));
    for kind in ["scenario", "app"] {
        assert!(jsonschema::meta::is_valid(&schema(kind)), "{kind}");
    }
    Test::new("schema").arg("report").status(2).done();
}

#[test]
fn everything_that_ships_is_accepted() {
    let scenarios = validator("scenario");
    let full = files("tests/it/check/good", ".yaml");
    let warned = files("tests/it/check/warned", ".yaml");
    let own =
        [("init".to_owned(), include_str!("../../../src/cli/init/first-purchase.yaml").to_owned())];
    let built_in = BUILT_IN.iter().map(|it| (it.name.to_owned(), it.text.to_owned()));
    for (name, text) in full.into_iter().chain(warned).chain(own).chain(built_in) {
        let value = json(&text).unwrap_or_else(|| panic!("{name} is not JSON"));
        let errors: Vec<_> = scenarios.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    let apps = validator("app");
    for (name, text) in app_files() {
        tieback::scenario::read_app_file(name.clone(), &text, &POLAR).unwrap();
        let value = json(&text).unwrap_or_else(|| panic!("{name} is not JSON"));
        let errors: Vec<_> = apps.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// What is refused for a reason that a schema does not know: how YAML was written, what names
/// refer to, what stands inside a text.
const BEYOND_A_SCHEMA: &[&str] = &[
    "bare-dot",
    "body-empty",
    "boolean-capital",
    "boolean-no",
    "capture-element-variable",
    "capture-in-vars",
    "capture-over-var",
    "capture-regex-bad",
    "capture-too-early",
    "carriage-return",
    "control-character",
    "each-and-vars",
    "each-other-keys",
    "each-variable",
    "env-name",
    "event-far",
    "event-granted",
    "event-misspelt",
    "event-sibling",
    "expect-body-empty",
    "exponent",
    "foreign-braces",
    "foreign-comment",
    "foreign-dollar",
    "foreign-key",
    "foreign-path",
    "foreign-unquoted-braces",
    "foreign-vars",
    "foreign-workflow",
    "header-twice",
    "hexadecimal",
    "infinity",
    "key-boolean",
    "leading-zeros",
    "matcher-empty",
    "matcher-regex",
    "no-space-after-colon",
    "null-capital",
    "octal",
    "plus-sign",
    "secrets-unknown",
    "sexagesimal",
    "too-deep",
    "too-large",
    "too-precise",
    "two-documents",
    "underscore",
    "undo-too-early",
    "var-built-in",
    "variable-far",
    "variable-in-block",
    "variable-in-escapes",
    "variable-later",
    "variable-name",
    "variable-part",
    "variable-run",
    "variable-spaces",
    "variable-unclosed",
    "variable-unknown",
    "within-long",
    "within-order",
];

#[test]
fn refused_files_are_refused_by_the_schema_where_it_can_know() {
    let scenarios = validator("scenario");
    let mut accepted = Vec::new();
    for (name, text) in files("tests/it/check/bad", ".yaml") {
        if json(&text).is_some_and(|value| scenarios.is_valid(&value)) {
            accepted.push(name.trim_end_matches(".yaml").to_owned());
        }
    }
    assert_eq!(accepted, BEYOND_A_SCHEMA);
}

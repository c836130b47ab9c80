//! Facts about a provider stand in `src/provider/` and nowhere else: no string of the checker holds
//! one of its paths, event types, headers or fields.

use std::path::Path;

use regex::Regex;
use tieback::provider::{POLAR, Provider};

use super::{files, source};

/// What may name the provider: its facts, its imitation, the command line, which picks it and has
/// examples in its help, and the sample that the reports' own tests print.
const MAY_NAME_IT: [&str; 4] = ["provider", "sandbox", "cli", "report/sample.rs"];

/// Codes of diagnoses and variables of scenarios are names of this program, and look alike.
const OWN_NAMES: [&str; 5] = [
    "external_id_missing",
    "external_id_wrong",
    "external_id_lost",
    "external_id_changed",
    "email_domain",
];

/// Text that only the provider's API has.
fn facts() -> Vec<String> {
    let Provider {
        customer,
        webhook,
        endpoint,
        delivery_log,
        stream,
        organizations,
        live,
        token,
        ..
    } = &POLAR;
    let mut facts = vec![
        "polar",
        "/v1/",
        customer.collection,
        customer.external_id,
        customer.created_at,
        customer.metadata,
        customer.reference,
        webhook.id_header,
        webhook.timestamp_header,
        webhook.signature_header,
        webhook.secret_prefix,
        endpoint.collection,
        delivery_log.collection,
        delivery_log.event,
        stream.path,
        organizations.collection,
        organizations.reference,
        live.host,
        token.variable,
        token.prefix,
    ];
    facts.extend(webhook.event_types);
    facts.into_iter().map(str::to_lowercase).collect()
}

/// The string literals of a file, comments left out.
fn strings(text: &str) -> Vec<(usize, String)> {
    let literal = Regex::new(concat!(
        r"(?s)//[^\n]*",
        r##"|b?r#+"(?P<hashed>.*?)"#+"##,
        r#"|b?r"(?P<raw>[^"]*)""#,
        r#"|b?"(?P<plain>(?:\\.|[^"\\])*)""#,
        r"|'(?:\\.|[^'\\])'",
    ));
    let literal = literal.expect("a pattern");
    let found = literal.captures_iter(text).filter_map(|found| {
        ["hashed", "raw", "plain"].into_iter().find_map(|name| found.name(name))
    });
    found
        .map(|found| {
            (1 + text[..found.start()].matches('\n').count(), found.as_str().to_lowercase())
        })
        .collect()
}

#[test]
fn facts_about_the_provider_stand_in_its_folder_alone() {
    let facts = facts();
    let mut offences = Vec::new();
    for (path, text) in files(&source()) {
        let relative = path.strip_prefix(source()).unwrap();
        if MAY_NAME_IT.iter().any(|folder| relative.starts_with(Path::new(folder))) {
            continue;
        }
        for (line, string) in strings(&text) {
            let string = OWN_NAMES.iter().fold(string, |string, own| string.replace(own, ""));
            if let Some(fact) = facts.iter().find(|fact| string.contains(fact.as_str())) {
                offences.push(format!("{}:{line} names `{fact}`", relative.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{} offences: {offences:#?}", offences.len());
}

#[test]
fn strings_are_told_from_comments_and_characters() {
    let text = "a \"one\" // \"no\"\n'\"' r#\"two \"\"# \"th\\\"ree\" /// \"no\"\n";
    let found: Vec<_> = strings(text).into_iter().map(|(_, string)| string).collect();
    assert_eq!(found, ["one", "two \"", "th\\\"ree"]);
}

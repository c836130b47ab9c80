//! From a tree to a [`Scenario`]: every key known, every value of the right type. What names refer
//! to is not looked at here but in `check`.

pub(super) mod app_file;
mod capture;
mod deliver;
mod event;
mod expect;
mod fields;
mod headers;
mod matcher;
mod request;
mod step;
mod template;
mod times;
mod value;

use std::collections::HashSet;
use std::sync::Arc;

use self::fields::{Fields, line, list, variable_name, wrong_type};
pub use self::matcher::{Op, TYPES};
use super::diagnostic::Diagnostic;
use super::findings::Findings;
use super::node::{Node, NodeKind};
use super::{Action, Need, Scenario, Span, Step, TargetName, Var, foreign, yaml};

const KEYS: [&str; 10] =
    ["name", "title", "tags", "needs", "alone", "webhooks", "each", "vars", "secrets", "steps"];

/// Reads a scenario. None, or a finding, where something is wrong with it.
pub(super) fn scenario(findings: &mut Findings) -> Option<Scenario> {
    let root = yaml::read(findings)?;
    findings.know(foreign::defined(&root));
    let mut fields = Fields::of(root, "a scenario", findings)?;
    let name = fields.require("name", "a scenario", findings).and_then(|node| name(node, findings));
    let title = fields.take("title").map(|node| line(node, "`title`", findings));
    let tags = fields.take("tags").map_or_else(Vec::new, |node| tags(node, findings));
    let needs = fields.take("needs").map_or_else(Vec::new, |node| needs(node, findings));
    let alone = fields.take("alone").and_then(|node| deliver::flag(&node, "alone", findings));
    let live = fields.take("webhooks").and_then(|node| live(node, findings));
    let rows = fields.take("each").map_or_else(Vec::new, |node| rows(node, findings));
    let vars = fields.take("vars").map_or_else(Vec::new, |node| vars(node, "`vars`", findings));
    let secrets = fields.take("secrets").map_or_else(Vec::new, |node| secrets(node, findings));
    let steps = fields.require("steps", "a scenario", findings).map(|node| steps(node, findings));
    fields.finish("a scenario", &KEYS, findings);
    let (name, name_span) = name?;
    let title = match title {
        Some(given) => given?.value,
        None => String::new(),
    };
    let (source, warnings) = (Arc::clone(findings.source()), Vec::new());
    let steps = steps?;
    let needs = needed(needs, &steps, live.is_some());
    Some(Scenario {
        source,
        name,
        name_span,
        title,
        tags,
        needs,
        alone: alone.unwrap_or(false),
        live,
        rows,
        vars,
        secrets,
        steps,
        warnings,
    })
}

/// `[app, sandbox]`, or one of them.
fn needs(node: Node, findings: &mut Findings) -> Vec<Need> {
    let nodes = match node.kind {
        NodeKind::Sequence(items) => items,
        _ => vec![node],
    };
    let options = [(Need::App, "app"), (Need::Sandbox, "sandbox")];
    nodes.into_iter().filter_map(|node| deliver::word(node, "needs", &options, findings)).collect()
}

/// `webhooks: live`, and where that stands.
fn live(node: Node, findings: &mut Findings) -> Option<Span> {
    let span = node.span;
    deliver::word(node, "webhooks", &[(span, "live")], findings)
}

/// What a scenario cannot run without: what it says, and what its steps show.
fn needed(mut needs: Vec<Need>, steps: &[Step], live: bool) -> Vec<Need> {
    let about_the_app = steps.iter().any(|step| step.target() == TargetName::App);
    let faults = steps.iter().any(|step| matches!(step.action, Action::Fault(_)));
    for (need, is_needed) in [(Need::App, about_the_app || live), (Need::Sandbox, faults)] {
        if is_needed && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

/// A name is typed on command lines, so it needs no quoting there.
fn name(node: Node, findings: &mut Findings) -> Option<(String, Span)> {
    let text = line(node, "`name`", findings)?;
    let typeable =
        |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_".contains(char);
    if text.value.chars().all(typeable) && !text.value.starts_with(['-', '_']) {
        return Some((text.value, text.span));
    }
    let finding =
        Diagnostic::new(text.span, "a name has only lower-case letters, digits, `-` and `_`");
    let lower = text.value.to_lowercase();
    let words: Vec<_> =
        lower.split(|char| !typeable(char)).filter(|word| !word.is_empty()).collect();
    let meant = words.join("-");
    let meant = meant.trim_start_matches(['-', '_']);
    findings
        .add(finding.suggest((!meant.is_empty()).then_some(meant), "such as `customer-mapping`"));
    None
}

fn tags(node: Node, findings: &mut Findings) -> Vec<String> {
    let NodeKind::Sequence(items) = node.kind else {
        wrong_type(&node, "`tags`", "a list", findings);
        return Vec::new();
    };
    items
        .into_iter()
        .filter_map(|item| line(item, "a tag", findings))
        .map(|text| text.value)
        .collect()
}

/// The table of `each`: every row sets the same variables.
fn rows(node: Node, findings: &mut Findings) -> Vec<Vec<Var>> {
    let items = match node.kind {
        NodeKind::Sequence(items) if !items.is_empty() => items,
        _ => {
            wrong_type(&node, "`each`", "a list of mappings", findings);
            return Vec::new();
        }
    };
    let mut rows: Vec<Vec<Var>> = Vec::new();
    for item in items {
        let span = item.span;
        if matches!(&item.kind, NodeKind::Mapping(entries) if entries.is_empty()) {
            let finding = Diagnostic::new(span, "a row of `each` without a variable");
            findings.add(finding.help("write what differs: `{ user_id: \"007\" }`"));
        }
        let row = vars(item, "a row of `each`", findings);
        // What is wrong with it was said.
        if row.is_empty() {
            continue;
        }
        let names = |row: &[Var]| row.iter().map(|var| var.name.clone()).collect::<HashSet<_>>();
        let written = |row: &[Var]| {
            let value = |var: &Var| (var.name.clone(), var.value.clone().into_json());
            row.iter().map(value).collect::<serde_json::Value>()
        };
        if let Some(first) = rows.first().filter(|first| names(first) != names(&row)) {
            let known: Vec<_> = first.iter().map(|var| var.name.as_str()).collect();
            let finding = Diagnostic::new(span, "a row of `each` with other variables");
            findings.add(finding.help(format!("every row sets {}", list(&known))));
        } else if let Some(same) = rows.iter().position(|other| written(other) == written(&row)) {
            let finding = Diagnostic::new(span, "a row of `each` that stands here twice");
            findings.add(finding.help(format!("it is the same as row {}", same + 1)));
        }
        rows.push(row);
    }
    rows
}

fn secrets(node: Node, findings: &mut Findings) -> Vec<(String, Span)> {
    let NodeKind::Sequence(items) = node.kind else {
        wrong_type(&node, "`secrets`", "a list of variables", findings);
        return Vec::new();
    };
    let names = items.into_iter().filter_map(|item| line(item, "a variable's name", findings));
    names.map(|text| (text.value, text.span)).collect()
}

fn vars(node: Node, what: &str, findings: &mut Findings) -> Vec<Var> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, what, "a mapping", findings);
        return Vec::new();
    };
    let vars = entries.into_iter().filter_map(|entry| {
        let value = value::value(entry.value, findings);
        variable_name(&entry.key, findings)?;
        Some(Var { name: entry.key.value, span: entry.key.span, value: value? })
    });
    vars.collect()
}

fn steps(node: Node, findings: &mut Findings) -> Vec<super::Step> {
    match node.kind {
        NodeKind::Sequence(items) if items.is_empty() => {
            findings.add(
                Diagnostic::new(node.span, "a scenario without a step")
                    .help("a step is a `request` or an `event`"),
            );
            Vec::new()
        }
        NodeKind::Sequence(items) => {
            items.into_iter().filter_map(|item| step::step(item, findings)).collect()
        }
        _ => {
            wrong_type(&node, "`steps`", "a list", findings);
            Vec::new()
        }
    }
}

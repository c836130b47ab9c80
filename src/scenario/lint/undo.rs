//! Creations that nothing takes back.

use crate::provider::Provider;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::{Action, Part, Request, ShapeKind, StatusPattern, Step, TargetName};

/// Warns where a step creates something and does not say what removes it.
pub(super) fn undo(step: &Step, findings: &mut Findings) {
    let Action::Request(request) = &step.action else { return };
    if !request.undo.is_empty()
        || !creates(request, step.expect.status.as_ref(), findings.provider())
        || belongs_to_a_customer(request, findings.provider())
    {
        return;
    }
    let path = path(request).trim_end_matches('/');
    let finding = Diagnostic::new(
        request.path.span,
        "what this request creates stays: the step has no `undo`",
    );
    findings.warn(finding.help(match step.capture.first() {
        _ if request.method == "PUT" => format!("add `undo: DELETE {path}` to the step"),
        None => {
            let id = findings.provider().customer.id;
            format!("add `capture: {{ id: {id} }}` and `undo: DELETE {path}/${{id}}` to the step")
        }
        Some(id) => format!("add `undo: DELETE {path}/${{{}}}` to the step", id.name),
    }));
}

/// Whether a request, answered as its step expects, leaves a record of its own. What is made below
/// a record (a path with a variable) goes with that record.
fn creates(request: &Request, expected: Option<&StatusPattern>, provider: &Provider) -> bool {
    let path = path(request);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let not_kept = provider.bodies.not_kept.iter().any(|kept| last.ends_with(kept));
    let control = path.starts_with(provider.sandbox.control);
    // What an app makes for its users is the app's.
    if has_variable(request) || control || not_kept || request.target == TargetName::App {
        return false;
    }
    let collection = last.ends_with('s');
    match (request.method.as_str(), expected) {
        ("POST" | "PUT", Some(StatusPattern::Code(201))) => true,
        ("POST", None | Some(StatusPattern::Class(2) | StatusPattern::Code(200 | 202 | 203))) => {
            collection
        }
        (_, Some(StatusPattern::AnyOf(all))) => {
            all.iter().any(|each| creates(request, Some(each), provider))
        }
        _ => false,
    }
}

/// Whether the body names the customer that the record belongs to: it ends with that customer.
fn belongs_to_a_customer(request: &Request, provider: &Provider) -> bool {
    let customer = &provider.customer;
    let keys = [customer.reference, customer.external_reference];
    let shape = request.body.shape().map(|shape| &shape.kind);
    matches!(shape, Some(ShapeKind::Object(entries)) if entries.iter().any(|(key, _)| keys.contains(&key.as_str())))
}

/// The path as far as it is written out, without its query.
fn path(request: &Request) -> &str {
    match request.path.parts.first() {
        Some(Part::Text(text)) => text.split('?').next().unwrap_or(text),
        _ => "",
    }
}

/// Whether a variable stands in the path itself, and not in its query.
fn has_variable(request: &Request) -> bool {
    let before_query = request.path.parts.iter().take_while(|part| match part {
        Part::Text(text) => !text.contains('?'),
        Part::Variable { .. } => true,
    });
    before_query.into_iter().any(|part| matches!(part, Part::Variable { .. }))
}

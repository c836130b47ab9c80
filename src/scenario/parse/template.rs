//! Strings with variables in them.

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::foreign::{Position, foreign};
use crate::scenario::node::Text;
use crate::scenario::template::{TemplateErrorKind, is_reference};
use crate::scenario::{Span, Template};

/// A string that may hold variables.
pub(super) fn template(text: &Text, findings: &mut Findings) -> Option<Template> {
    template_at(text, 0, Position::Value, findings)
}

/// The path that starts at the byte `from` of `text`.
pub(super) fn path_template(text: &Text, from: usize, findings: &mut Findings) -> Option<Template> {
    template_at(text, from, Position::Path, findings)
}

fn template_at(
    text: &Text,
    from: usize,
    position: Position,
    findings: &mut Findings,
) -> Option<Template> {
    let part = text.value.get(from..).unwrap_or("");
    let span =
        if from == 0 { text.span } else { text.place(Span { start: from, end: text.value.len() }) };
    let place = |at: Span| text.place(Span { start: at.start + from, end: at.end + from });
    let foreign = foreign(part, position, findings.variables());
    if !foreign.is_empty() {
        for each in foreign {
            let explained = each.explain(place(each.at), findings.variables());
            findings.add(explained);
        }
        return None;
    }
    match Template::parse(part, span, place) {
        Ok(template) => Some(template),
        Err(error) => {
            findings.add(match error.kind {
                TemplateErrorKind::Unclosed => {
                    Diagnostic::new(place(error.at), "`${` without a `}`")
                        .help("a variable is written `${name}`; `$${` stands for a literal `${`")
                }
                TemplateErrorKind::BadName(name) => bad_name(place(error.at), &name),
            });
            None
        }
    }
}

fn bad_name(span: Span, name: &str) -> Diagnostic {
    let meant = name.trim();
    if is_reference(meant) {
        return Diagnostic::new(span, "spaces inside `${ }`").help(format!("write `${{{meant}}}`"));
    }
    let title = if meant.is_empty() {
        "a variable without a name".to_owned()
    } else {
        format!("invalid variable name `{name}`")
    };
    Diagnostic::new(span, title).help(
        "a name has letters, digits and `_`, and does not start with a digit; `$${` stands for \
             a literal `${`",
    )
}

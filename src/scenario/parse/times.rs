//! Lengths of time.

use std::time::Duration;

use super::fields::string;
use crate::duration::{DurationError, parse_duration};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};

/// A length of time under `key`.
pub(super) fn duration(node: Node, key: &str, findings: &mut Findings) -> Option<Duration> {
    // `within: 30` deserves better than "has to be a string".
    let text = match node.kind {
        NodeKind::Number(number) => {
            let help = format!("add the unit: `{number}s`");
            findings.add(Diagnostic::new(node.span, "a duration without a unit").help(help));
            return None;
        }
        _ => string(node, &format!("`{key}`"), findings)?,
    };
    let finding = match parse_duration(&text.value) {
        Ok(duration) if !duration.is_zero() => return Some(duration),
        Ok(_) => Diagnostic::new(text.span, "no time at all")
            .help(format!("leave `{key}` out, or give it some time: `30s`")),
        Err(error) => {
            let title = match error {
                DurationError::TooLong => format!("`{}` is too long", text.value),
                DurationError::NoUnit(_) => "a duration without a unit".to_owned(),
                _ => format!("invalid duration `{}`", text.value),
            };
            Diagnostic::new(text.span, title).help(error.to_string())
        }
    };
    findings.add(finding);
    None
}

/// An age in seconds: `10m` ago, or `-10m` in the future.
pub(super) fn age(node: Node, findings: &mut Findings) -> Option<i64> {
    let text = string(node, "`age`", findings)?;
    let (sign, written) = match text.value.strip_prefix('-') {
        Some(written) => (-1, written),
        None => (1, text.value.as_str()),
    };
    let seconds = parse_duration(written).ok().and_then(|age| i64::try_from(age.as_secs()).ok());
    if seconds.is_none() {
        let finding = Diagnostic::new(text.span, format!("invalid age `{}`", text.value));
        findings.add(finding.help("write how old it is, `10m`, or `-10m` for the future"));
    }
    seconds.map(|seconds| sign * seconds)
}

//! Variables in a YAML file of their own, for `--var-file`.

use std::sync::Arc;

use super::findings::Findings;
use super::node::{Node, NodeKind};
use super::template::is_name;
use super::{Source, yaml};
use crate::provider::Provider;

/// Reads a mapping of names to texts, numbers or booleans, as `NAME=VALUE` would give them. The
/// error is the line of the first mistake, and nothing of what stands there: it may be a secret.
pub fn read_variables(
    text: &str,
    provider: &'static Provider,
) -> Result<Vec<(String, String)>, usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let source = Arc::new(Source { name: String::new(), built_in: false, text });
    let mut findings = Findings::new(&source, provider);
    let root = yaml::read(&mut findings);
    let root = findings
        .finish(root)
        .map_err(|found| found.first().map_or(1, |first| source.line(first.span.start)))?;
    let wrong = |node: &Node| source.line(node.span.start);
    let NodeKind::Mapping(entries) = root.0.kind else { return Err(wrong(&root.0)) };
    let variable = |entry: super::node::Entry| match entry.value.kind {
        _ if !is_name(&entry.key.value) => Err(source.line(entry.key.span.start)),
        NodeKind::Text(text) => Ok((entry.key.value, text.value)),
        NodeKind::Number(number) => Ok((entry.key.value, number.to_string())),
        NodeKind::Bool(bool) => Ok((entry.key.value, bool.to_string())),
        _ => Err(source.line(entry.key.span.start)),
    };
    entries.into_iter().map(variable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;

    #[test]
    fn values_are_texts_and_mistakes_have_a_line() {
        let read = |text: &str| read_variables(text, &POLAR);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("# ours\nuser_id: \"0042\"\ncount: 7\nenabled: true\n"),
            Ok(vec![pair("user_id", "0042"), pair("count", "7"), pair("enabled", "true")])
        );
        for (text, line) in [
            ("a: 1\nb: 0042\n", 2),
            ("a: 1\n\nb: [x]\n", 3),
            ("a: 1\nb-c: x\n", 2),
            ("- a\n", 1),
            ("", 1),
        ] {
            assert_eq!(read(text), Err(line), "{text}");
        }
    }
}

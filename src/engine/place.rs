//! On which line of its scenario a check stands.

use crate::event::Check;
use crate::scenario::{Shape, ShapeKind, Source, Step};

/// Gives each check of `step` its line, where it has none yet and is written in the file.
pub(super) fn add_lines(source: &Source, step: &Step, checks: &mut [Check]) {
    for check in checks.iter_mut().filter(|check| check.line.is_none()) {
        check.line = offset(step, &check.path).map(|offset| source.line(offset));
    }
}

/// Where a check with this path is written.
fn offset(step: &Step, path: &str) -> Option<usize> {
    let expect = &step.expect;
    if path == "status" {
        return expect.status_span.map(|span| span.start);
    }
    if let Some(name) = path.strip_prefix("headers.") {
        let header = expect.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        return header.map(|(_, pattern)| pattern.span.start);
    }
    let within = path.strip_prefix("body")?;
    expect.body.as_ref().map(|body| deepest(body, within.strip_prefix('.').unwrap_or_default()))
}

/// Where the part of `pattern` begins that a dotted path leads to, as far as it leads. Keys may
/// hold dots themselves.
fn deepest(pattern: &Shape, path: &str) -> usize {
    let rest =
        |key: &str| path.strip_prefix(key).filter(|rest| rest.is_empty() || rest.starts_with('.'));
    let next = match &pattern.kind {
        ShapeKind::Object(entries) => {
            entries.iter().find_map(|(key, each)| Some((each, rest(key)?)))
        }
        ShapeKind::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, each)| Some((each, rest(&index.to_string())?))),
        _ => None,
    };
    match next {
        Some((each, rest)) => deepest(each, rest.strip_prefix('.').unwrap_or_default()),
        None => pattern.span.start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Status;
    use crate::provider::POLAR;
    use crate::scenario;
    use serde_json::Value;

    const SCENARIO: &str = "name: places
title: Places
steps:
  - name: A step
    request: GET /
    expect:
      status: 200
      headers:
        X-One: a
      body:
        id: { $type: uuid }
        a.b:
          c: 1
        list:
          - 1
          - deep: 2
            other: 3
";

    #[test]
    fn every_check_has_the_line_on_which_it_is_written() {
        let scenario = scenario::read("a.yaml", SCENARIO, &POLAR).unwrap();
        for (path, line) in [
            ("status", Some(7)),
            ("headers.x-one", Some(9)),
            ("headers.x-two", None),
            ("body", Some(11)),
            ("body.id", Some(11)),
            ("body.a.b.c", Some(13)),
            ("body.list.0", Some(15)),
            ("body.list.1.other", Some(17)),
            ("body.list.1.other.more", Some(17)),
        ] {
            let check = Check {
                path: path.to_owned(),
                expected: Value::Null,
                actual: Value::Null,
                missing: false,
                status: Status::Failed,
                line: None,
            };
            let mut checks = [check];
            add_lines(&scenario.source, &scenario.steps[0], &mut checks);
            assert_eq!(checks[0].line, line, "{path}");
        }
    }
}

//! Whether a scenario names a key of what it sends or gets.

use super::{
    Action, Body, CaptureFrom, Matcher, Pattern, PatternKind, Scenario, Step, Value, ValueKind,
};

impl Scenario {
    /// Whether `key` is written out in a body that is sent, in what is expected, or in what is captured.
    #[must_use]
    pub fn names_key(&self, key: &str) -> bool {
        self.steps.iter().any(|step| in_step(step, key))
    }
}

fn in_step(step: &Step, key: &str) -> bool {
    let sent = match &step.action {
        Action::Request(request) => {
            matches!(&request.body, Body::Json(body) if in_value(body, key))
        }
        Action::Event(event) => event.filter.iter().any(|filter| in_pattern(filter, key)),
    };
    let in_path = |path: &str| path.split('.').any(|part| part == key);
    let captured = step.capture.iter().any(|capture| match &capture.from {
        CaptureFrom::Body(path) => in_path(path),
        CaptureFrom::Header(_) => false,
        CaptureFrom::Element { list, filter, path } => {
            in_path(list) || in_pattern(filter, key) || in_path(path)
        }
    });
    sent || captured || step.expect.body.iter().any(|body| in_pattern(body, key))
}

fn in_value(value: &Value, key: &str) -> bool {
    match &value.kind {
        ValueKind::Literal(_) | ValueKind::Text(_) => false,
        ValueKind::Array(items) => items.iter().any(|item| in_value(item, key)),
        ValueKind::Object(entries) => {
            entries.iter().any(|(name, value)| name == key || in_value(value, key))
        }
    }
}

fn in_pattern(pattern: &Pattern, key: &str) -> bool {
    match &pattern.kind {
        PatternKind::Literal(_) | PatternKind::Text(_) => false,
        PatternKind::Array(items) => items.iter().any(|item| in_pattern(item, key)),
        PatternKind::Object(entries) => {
            entries.iter().any(|(name, value)| name == key || in_pattern(value, key))
        }
        PatternKind::Matchers(matchers) => matchers.iter().any(|matcher| match matcher {
            Matcher::Equals(value) => in_value(value, key),
            Matcher::Not(pattern) | Matcher::Contains(pattern) => in_pattern(pattern, key),
            Matcher::AnyOf(options) => options.iter().any(|option| in_pattern(option, key)),
            Matcher::Type(_) | Matcher::Matches(_) | Matcher::Exists(_) | Matcher::Length(_) => {
                false
            }
        }),
    }
}

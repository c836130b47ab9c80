//! Subset matching: a filled-in shape, compared with what came.

use serde_json::Value as Json;

use super::values::{equal, has_part_of_type, has_type, length, order, subset};
use crate::event::{Check, Status};
use crate::scenario::{Matcher, Op, Shape, ShapeKind};

impl Shape {
    /// Whether `actual` matches; `None` is a value that is not there. A variable that is not filled
    /// in matches nothing.
    #[must_use]
    pub fn matches(&self, actual: Option<&Json>) -> bool {
        match &self.kind {
            ShapeKind::Literal(expected) => actual.is_some_and(|actual| subset(expected, actual)),
            ShapeKind::Array(items) => actual.and_then(Json::as_array).is_some_and(|actual| {
                items.len() == actual.len()
                    && items.iter().zip(actual).all(|(item, actual)| item.matches(Some(actual)))
            }),
            ShapeKind::Object(entries) => {
                let object = actual.and_then(Json::as_object);
                object.is_some_and(|object| {
                    entries.iter().all(|(key, each)| each.matches(object.get(key)))
                })
            }
            ShapeKind::Matchers(matchers) => matchers.iter().all(|each| each.holds(actual)),
            ShapeKind::Regex(regex) => {
                actual.and_then(Json::as_str).is_some_and(|text| regex.is_match(text))
            }
            ShapeKind::Text(_) => false,
        }
    }

    /// Compares, one check for every leaf of the shape, under `path`.
    pub fn check(&self, path: &str, actual: Option<&Json>, checks: &mut Vec<Check>) {
        let child = |key: &dyn std::fmt::Display| format!("{path}.{key}");
        match &self.kind {
            // A variable may hold an object: its parts are checks of their own as well.
            ShapeKind::Literal(Json::Object(entries)) => {
                let part = |value: &Json| ShapeKind::Literal(value.clone());
                let entries = entries
                    .iter()
                    .map(|(key, each)| (key.clone(), Self { span: self.span, kind: part(each) }));
                let kind = ShapeKind::Object(entries.collect());
                Self { span: self.span, kind }.check(path, actual, checks);
            }
            ShapeKind::Object(entries)
                if !entries.is_empty() && actual.is_none_or(Json::is_object) =>
            {
                for (key, each) in entries {
                    each.check(&child(key), actual.and_then(|object| object.get(key)), checks);
                }
            }
            ShapeKind::Array(items)
                if !items.is_empty()
                    && actual
                        .and_then(Json::as_array)
                        .is_some_and(|found| found.len() == items.len()) =>
            {
                for (index, each) in items.iter().enumerate() {
                    each.check(&child(&index), actual.and_then(|array| array.get(index)), checks);
                }
            }
            ShapeKind::Matchers(matchers) => {
                for each in matchers {
                    let kind = ShapeKind::Matchers(vec![each.clone()]);
                    let expected = Self { span: self.span, kind }.into_json();
                    checks.push(leaf(path, expected, actual, each.holds(actual)));
                }
            }
            _ => checks.push(leaf(path, self.clone().into_json(), actual, self.matches(actual))),
        }
    }

    /// Whether some part of `text` matches. Of several matchers each may hold of another part.
    fn is_in(&self, text: &str) -> bool {
        match &self.kind {
            ShapeKind::Literal(Json::String(part)) => text.contains(part.as_str()),
            ShapeKind::Regex(regex) => regex.is_match(text),
            ShapeKind::Matchers(matchers) => matchers.iter().all(|each| each.holds_in(text)),
            _ => false,
        }
    }

    /// Whether it asks for a text, so that a body which is not JSON can be compared with it.
    #[must_use]
    pub fn is_of_text(&self) -> bool {
        match &self.kind {
            ShapeKind::Literal(value) => value.is_string(),
            ShapeKind::Regex(_) => true,
            ShapeKind::Matchers(matchers) => matchers.iter().all(Matcher::is_of_text),
            _ => false,
        }
    }

    /// Whether `holds` of a text, or of one in a list of them.
    fn any_text(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        match &self.kind {
            ShapeKind::Literal(value) => value.as_str().is_some_and(holds),
            _ => self.options().iter().any(|each| each.any_text(holds)),
        }
    }

    /// Whether `keys` are these, in any order, or match as a list.
    fn holds_of_keys<'a>(&self, keys: impl ExactSizeIterator<Item = &'a String>) -> bool {
        if let ShapeKind::Matchers(_) = self.kind {
            return self.matches(Some(&keys.map(String::as_str).collect()));
        }
        self.options().len() == keys.len() && { keys }
            .all(|key| self.any_text(&|wanted| wanted == key))
    }

    fn literal(&self) -> Option<&Json> {
        match &self.kind {
            ShapeKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of a list, each a shape.
    fn options(&self) -> &[Self] {
        match &self.kind {
            ShapeKind::Array(items) => items,
            _ => &[],
        }
    }
}

impl Matcher {
    fn is_of_text(&self) -> bool {
        let Self { op, argument } = self;
        match op {
            Op::Matches | Op::Length => true,
            Op::Equals | Op::Not | Op::Contains => argument.is_of_text(),
            Op::AnyOf => argument.options().iter().all(Shape::is_of_text),
            Op::Type => {
                argument.any_text(&|name| matches!(name, "string" | "uuid" | "timestamp" | "email"))
            }
            Op::Exists | Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::Keys | Op::Continues => false,
        }
    }

    /// Whether it holds of `actual`. `$not` is plain negation, so it holds of what is missing
    /// wherever its argument does not.
    fn holds(&self, actual: Option<&Json>) -> bool {
        let Self { op, argument } = self;
        let literal = argument.literal();
        match op {
            Op::Exists => literal.is_some_and(|wanted| *wanted == actual.is_some()),
            Op::Not => !argument.matches(actual),
            Op::AnyOf => argument.options().iter().any(|each| each.matches(actual)),
            Op::Matches => argument.matches(actual),
            Op::Type => {
                actual.is_some_and(|actual| argument.any_text(&|name| has_type(name, actual)))
            }
            Op::Equals => actual.is_some_and(|actual| equal(&argument.clone().into_json(), actual)),
            Op::Length => {
                let found = actual.and_then(length);
                found.is_some_and(|found| literal.is_some_and(|wanted| *wanted == found))
            }
            Op::Gt | Op::Gte | Op::Lt | Op::Lte => {
                let order = literal.zip(actual).and_then(|(bound, actual)| order(actual, bound));
                order.is_some_and(|order| match op {
                    Op::Gt => order.is_gt(),
                    Op::Gte => order.is_ge(),
                    Op::Lt => order.is_lt(),
                    _ => order.is_le(),
                })
            }
            Op::Continues => match argument.options() {
                [first, second] => {
                    let steps = first.clone().into_json();
                    actual.is_some_and(|it| continues(&steps, &second.clone().into_json(), it))
                }
                _ => false,
            },
            Op::Keys => {
                let keys = actual.and_then(Json::as_object).map(|object| object.keys());
                keys.is_some_and(|keys| argument.holds_of_keys(keys))
            }
            Op::Contains => match actual {
                Some(Json::Array(items)) => items.iter().any(|item| argument.matches(Some(item))),
                Some(Json::String(text)) => argument.is_in(text),
                _ => false,
            },
        }
    }

    /// Whether it holds of some part of `text`. `$not` holds where no such part exists: some part
    /// is always another.
    fn holds_in(&self, text: &str) -> bool {
        let Self { op, argument } = self;
        let literal = argument.literal();
        match op {
            Op::Type => argument.any_text(&|name| has_part_of_type(name, text)),
            Op::Exists => literal.is_some_and(|wanted| *wanted == true),
            Op::Not => !argument.is_in(text),
            Op::AnyOf => argument.options().iter().any(|each| each.is_in(text)),
            Op::Length => {
                let most = text.chars().count() as u64;
                literal.and_then(Json::as_u64).is_some_and(|wanted| most >= wanted)
            }
            Op::Equals | Op::Matches | Op::Contains => argument.is_in(text),
            Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::Keys | Op::Continues => false,
        }
    }
}

/// Whether `third` is to `second` what that is to `first`, as far as numbers and the lengths of
/// lists go.
fn continues(first: &Json, second: &Json, third: &Json) -> bool {
    match (first, second, third) {
        (Json::Number(first), Json::Number(second), Json::Number(third)) => {
            let [first, second, third] =
                [first, second, third].map(|it| it.as_f64().unwrap_or(f64::NAN));
            ((second - first) - (third - second)).abs() < 1e-6
        }
        (Json::Array(first), Json::Array(second), Json::Array(third)) => {
            second.len() * 2 == first.len() + third.len()
        }
        (Json::Object(_), Json::Object(second), Json::Object(_)) => {
            second.iter().all(|(key, second)| match (first.get(key), third.get(key)) {
                (Some(first), Some(third)) => continues(first, second, third),
                _ => true,
            })
        }
        _ => true,
    }
}

fn leaf(path: &str, expected: Json, actual: Option<&Json>, holds: bool) -> Check {
    Check {
        path: path.to_owned(),
        expected,
        actual: actual.cloned().unwrap_or(Json::Null),
        missing: actual.is_none(),
        status: if holds { Status::Passed } else { Status::Failed },
        line: None,
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;

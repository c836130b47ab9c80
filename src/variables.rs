//! The variables of one scenario in one run, and how they fill templates. No I/O.
//!
//! Three places, three rules: in JSON a lone `${x}` keeps its type; in a path each variable is one
//! percent-encoded segment, so that a captured id can never climb out of it; in a query it is one
//! value.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::Value as Json;
use thiserror::Error;

use crate::http::{BadHeader, encode};
use crate::scenario::{Matcher, Op, Part, Shape, ShapeKind, Template};

/// Names with their values.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, Json>,
}

/// Why a template could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FillError {
    /// The variable has no value: it was never captured.
    #[error("`{0}` was never captured")]
    Unknown(String),
    /// A path would not go where its author meant it to.
    #[error("the path segment made of `{template}` would be `{segment}`, which leads elsewhere")]
    BadSegment {
        /// The variables of the segment.
        template: String,
        /// What they make.
        segment: String,
    },
    /// Only text, numbers and booleans fit into a path or a query.
    #[error("`{name}` is {found}, which does not fit into a URL")]
    NotText {
        /// The variable.
        name: String,
        /// `null`, `an array` or `an object`.
        found: &'static str,
    },
    /// A header that cannot be sent.
    #[error("the header `{name}` cannot be sent: {why}")]
    BadHeader {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: BadHeader,
    },
    /// A regular expression that does not compile.
    #[error("invalid regular expression `{0}`")]
    BadRegex(String),
}

impl Variables {
    /// Gives `name` a value, in place of an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: Json) {
        self.values.insert(name.into(), value);
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Result<&Json, FillError> {
        self.values.get(name).ok_or_else(|| FillError::Unknown(name.to_owned()))
    }

    /// The values that are text or numbers, as text.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.values.values().filter_map(|value| match value {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        })
    }

    /// Fills a string. A value that is not a string is written as JSON.
    pub fn text(&self, template: &Template) -> Result<String, FillError> {
        self.concat(template, str::to_owned)
    }

    /// Fills a string, with `escape` applied to each variable's text.
    pub fn concat(
        &self,
        template: &Template,
        escape: impl Fn(&str) -> String,
    ) -> Result<String, FillError> {
        let mut filled = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Variable { name, .. } => match self.get(name)? {
                    Json::String(text) => filled.push_str(&escape(text)),
                    other => filled.push_str(&escape(&other.to_string())),
                },
            }
        }
        Ok(filled)
    }

    /// Fills a string into JSON: a lone variable keeps its type.
    pub fn json(&self, template: &Template) -> Result<Json, FillError> {
        match template.lone_variable() {
            Some(name) => self.get(name).cloned(),
            None => self.text(template).map(Json::String),
        }
    }

    /// Fills a shape: what is left holds no variable.
    pub fn fill(&self, shape: &Shape) -> Result<Shape, FillError> {
        let kind = match &shape.kind {
            ShapeKind::Text(template) => ShapeKind::Literal(self.json(template)?),
            ShapeKind::Array(items) => ShapeKind::Array(
                items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?,
            ),
            ShapeKind::Object(entries) => ShapeKind::Object(
                entries
                    .iter()
                    .map(|(key, each)| Ok((key.clone(), self.fill(each)?)))
                    .collect::<Result<_, FillError>>()?,
            ),
            ShapeKind::Matchers(matchers) => ShapeKind::Matchers(
                matchers.iter().map(|each| self.matcher(each)).collect::<Result<_, _>>()?,
            ),
            filled @ (ShapeKind::Literal(_) | ShapeKind::Regex(_)) => filled.clone(),
        };
        Ok(Shape { span: shape.span, kind })
    }

    fn matcher(&self, Matcher { op, argument }: &Matcher) -> Result<Matcher, FillError> {
        let argument = match (op, &argument.kind) {
            (Op::Matches, ShapeKind::Text(template)) => {
                let source = self.concat(template, regex::escape)?;
                let regex = Regex::new(&source).map_err(|_| FillError::BadRegex(source))?;
                Shape { span: argument.span, kind: ShapeKind::Regex(regex) }
            }
            _ => self.fill(argument)?,
        };
        Ok(Matcher { op: *op, argument })
    }

    /// Fills a value.
    pub fn value(&self, value: &Shape) -> Result<Json, FillError> {
        self.fill(value).map(Shape::into_json)
    }

    /// Fills a path, with the query it may hold, ready to stand in a URL.
    pub fn path(&self, template: &Template) -> Result<String, FillError> {
        let mut path = String::new();
        let mut segment = Segment::default();
        let mut query: Option<String> = None;
        for part in &template.parts {
            match (part, &mut query) {
                (Part::Text(text), Some(query)) => query.push_str(text),
                (Part::Text(text), None) => {
                    let (before, after) =
                        text.split_once('?').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
                    for (index, piece) in before.split('/').enumerate() {
                        if index > 0 {
                            segment.finish(&mut path)?;
                            path.push('/');
                        }
                        for char in piece.chars() {
                            match char {
                                '#' => segment.encoded.push_str("%23"),
                                '\\' => segment.encoded.push_str("%5C"),
                                _ => segment.encoded.push(char),
                            }
                        }
                    }
                    query = after.map(str::to_owned);
                }
                (Part::Variable { name, .. }, Some(query)) => {
                    query.push_str(&encode(self.plain(name)?.as_str()));
                }
                (Part::Variable { name, .. }, None) => {
                    segment.encoded.push_str(&encode(self.plain(name)?.as_str()));
                    segment.variables.push(name.clone());
                }
            }
        }
        segment.finish(&mut path)?;
        if let Some(query) = query {
            path.push('?');
            path.push_str(&query.replace('#', "%23"));
        }
        Ok(path)
    }

    /// Fills a query: encoded pairs joined with `&`; a list repeats its name.
    pub fn query(&self, pairs: &[(String, Shape)]) -> Result<String, FillError> {
        let mut filled = Vec::new();
        for (name, value) in pairs {
            let values = match self.value(value)? {
                Json::Array(items) => items,
                single => vec![single],
            };
            for value in values {
                filled.push(format!("{}={}", encode(name), encode(&plain(name, &value)?)));
            }
        }
        Ok(filled.join("&"))
    }

    fn plain(&self, name: &str) -> Result<String, FillError> {
        plain(name, self.get(name)?)
    }
}

/// A value as the text that a URL can hold.
fn plain(name: &str, value: &Json) -> Result<String, FillError> {
    let found = match value {
        Json::String(text) => return Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => return Ok(value.to_string()),
        Json::Null => "null",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    Err(FillError::NotText { name: name.to_owned(), found })
}

/// A path segment under construction.
#[derive(Default)]
struct Segment {
    encoded: String,
    variables: Vec<String>,
}

impl Segment {
    /// Appends the segment to `path` and starts the next one.
    fn finish(&mut self, path: &mut String) -> Result<(), FillError> {
        let Self { encoded, variables } = std::mem::take(self);
        // A URL parser also takes `%2e` for a dot.
        let decoded = percent_decode_str(&encoded).decode_utf8_lossy().into_owned();
        if matches!(decoded.as_str(), "." | "..") || (decoded.is_empty() && !variables.is_empty()) {
            let template =
                variables.iter().map(|name| format!("${{{name}}}")).collect::<Vec<_>>().concat();
            return Err(FillError::BadSegment { template, segment: decoded });
        }
        path.push_str(&encoded);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Span;
    use proptest::prelude::*;
    use serde_json::json;

    fn template(text: &str) -> Template {
        Template::parse(text, Span::default(), |at| at).unwrap()
    }

    fn variables(pairs: &[(&str, Json)]) -> Variables {
        let mut variables = Variables::default();
        for (name, value) in pairs {
            variables.set(*name, value.clone());
        }
        variables
    }

    #[test]
    fn a_lone_variable_keeps_its_type_and_others_become_text() {
        let known = variables(&[("n", json!(3)), ("list", json!([1, null])), ("s", json!("a\"b"))]);
        assert_eq!(known.json(&template("${n}")), Ok(json!(3)));
        assert_eq!(known.json(&template("${list}")), Ok(json!([1, null])));
        assert_eq!(
            known.json(&template("${n} of ${s} in ${list}")),
            Ok(json!("3 of a\"b in [1,null]"))
        );
        assert_eq!(known.json(&template("$${n}")), Ok(json!("${n}")));
        assert_eq!(known.json(&template("${gone}")), Err(FillError::Unknown("gone".to_owned())));
    }

    #[test]
    fn a_variable_is_one_segment_or_one_query_value() {
        let known = variables(&[("id", json!("a/../b?c#d%2e é")), ("n", json!(7))]);
        let encoded = "a%2F..%2Fb%3Fc%23d%252e%20%C3%A9";
        assert_eq!(
            known.path(&template("/v1/x/${id}/${n}")).unwrap(),
            format!("/v1/x/{encoded}/7")
        );
        assert_eq!(
            known.path(&template("/v1/?q=${id}&n=${n}")).unwrap(),
            format!("/v1/?q={encoded}&n=7")
        );
    }

    #[test]
    fn a_segment_that_leads_elsewhere_is_refused() {
        for value in ["", ".", ".."] {
            let known = variables(&[("id", json!(value))]);
            assert!(
                matches!(known.path(&template("/v1/x/${id}")), Err(FillError::BadSegment { .. })),
                "{value:?}"
            );
        }
        let dots = variables(&[("a", json!(".")), ("b", json!("")), ("c", json!("x"))]);
        for path in ["/${a}${a}", "/.${a}/x", "/%2e${a}", "/${b}${b}/x", "/x/%2E%2e/y"] {
            assert!(
                matches!(dots.path(&template(path)), Err(FillError::BadSegment { .. })),
                "{path}"
            );
        }
        assert_eq!(dots.path(&template("/${c}${a}/")).unwrap(), "/x./");
        for nothing in [json!(null), json!([1]), json!({})] {
            let known = variables(&[("id", nothing)]);
            assert!(matches!(known.path(&template("/v1/${id}")), Err(FillError::NotText { .. })));
        }
    }

    proptest! {
        #[test]
        fn no_value_changes_the_shape_of_a_path(value in any::<String>()) {
            let known = variables(&[("id", json!(value))]);
            if let Ok(path) = known.path(&template("/v1/x/${id}/state")) {
                let url = url::Url::parse(&format!("http://target{path}")).unwrap();
                prop_assert_eq!(url.host_str(), Some("target"));
                let segments: Vec<_> = url.path_segments().unwrap().map(str::to_owned).collect();
                prop_assert_eq!(segments.len(), 4);
                prop_assert_eq!(percent_decode_str(&segments[2]).decode_utf8().unwrap(), value);
                prop_assert_eq!(url.query(), None);
                prop_assert_eq!(url.fragment(), None);
            }
        }
    }
}

//! JSON shapes: one tree for what is sent, for what must hold of what comes, and for both once
//! their variables are filled in.
//!
//! The YAML tree (`node`) is another one because a file says more than its values do: quotes, what
//! is left empty, where every character of a text stands. All of that is gone here.

use regex::Regex;
use serde_json::Value as Json;

use super::{Op, Span, Template};

/// A JSON value as a scenario writes it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ShapeKind,
}

/// The kinds of [`Shape`].
#[derive(Debug, Clone)]
pub enum ShapeKind {
    /// A value as it was written, or as a variable holds it.
    Literal(Json),
    /// A string that may hold `${…}`; a lone one keeps the type of its value.
    Text(Template),
    /// A list; compared, as many elements, each matching.
    Array(Vec<Shape>),
    /// A mapping, whose keys are not interpolated. Compared, each key has to be there and match,
    /// and others are ignored; `$$x` in the file is the key `$x` here.
    Object(Vec<(String, Shape)>),
    /// A mapping with `$`-keys, all of which must hold. Only in what is compared.
    Matchers(Vec<Matcher>),
    /// A regular expression. Only as an argument of a matcher.
    Regex(Regex),
}

/// One `$`-key.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Which one.
    pub op: Op,
    /// What it was given.
    pub argument: Shape,
}

/// A use of a variable: its name and where it stands.
pub type Use<'a> = (&'a str, Span);

impl Shape {
    /// Calls `visit` for this shape and everything in it, in the order of the file.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ShapeKind::Literal(_) | ShapeKind::Text(_) | ShapeKind::Regex(_) => {}
            ShapeKind::Array(items) => items.iter().for_each(|item| item.walk(visit)),
            ShapeKind::Object(entries) => entries.iter().for_each(|(_, each)| each.walk(visit)),
            ShapeKind::Matchers(all) => all.iter().for_each(|each| each.argument.walk(visit)),
        }
    }

    /// The variables in it, in order.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        self.walk(&mut |shape| {
            if let ShapeKind::Text(template) = &shape.kind {
                uses.extend(template.variables());
            }
        });
        uses
    }

    /// Whether a mapping in it has this key.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        let mut found = false;
        self.walk(&mut |shape| {
            if let ShapeKind::Object(entries) = &shape.kind {
                found |= entries.iter().any(|(name, _)| name == key);
            }
        });
        found
    }

    /// The value that it is, matchers and all, as it would be written in a scenario.
    #[must_use]
    pub fn into_json(self) -> Json {
        match self.kind {
            ShapeKind::Literal(value) => value,
            ShapeKind::Text(template) => Json::String(template.to_string()),
            ShapeKind::Array(items) => items.into_iter().map(Self::into_json).collect(),
            ShapeKind::Object(entries) => Json::Object(
                entries.into_iter().map(|(key, each)| (key, each.into_json())).collect(),
            ),
            ShapeKind::Matchers(matchers) => Json::Object(
                matchers
                    .into_iter()
                    .map(|each| (each.op.name().to_owned(), each.argument.into_json()))
                    .collect(),
            ),
            ShapeKind::Regex(regex) => Json::String(regex.as_str().to_owned()),
        }
    }
}

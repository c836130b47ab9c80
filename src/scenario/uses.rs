//! Which variables a part of a scenario uses, and where.

use super::{
    Action, Body, CaptureFrom, Expect, Matcher, Pattern, PatternKind, Request, Span, Step,
    Template, Value, ValueKind,
};

/// A use of a variable: its name and where it stands.
pub type Use<'a> = (&'a str, Span);

impl Value {
    /// The variables in it, in order.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        value(self, &mut uses);
        uses
    }
}

impl Step {
    /// The variables that the step needs before it can run, in the order in which they are filled.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        match &self.action {
            Action::Request(action) => request(action, &mut uses),
            Action::Event(event) => uses.extend(event.filter.iter().flat_map(Pattern::uses)),
        }
        expect(&self.expect, &mut uses);
        for capture in &self.capture {
            if let CaptureFrom::Element { filter, .. } = &capture.from {
                pattern(filter, &mut uses);
            }
        }
        uses
    }

    /// The variables that its undo requests need; what the step itself captures is known by then.
    #[must_use]
    pub fn undo_uses(&self) -> Vec<Use<'_>> {
        match &self.action {
            Action::Request(request) => {
                request.undo.iter().flat_map(|undo| undo.path.variables()).collect()
            }
            Action::Event(_) => Vec::new(),
        }
    }
}

impl Pattern {
    /// The variables in it, in order.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let mut uses = Vec::new();
        pattern(self, &mut uses);
        uses
    }
}

fn template<'a>(template: &'a Template, uses: &mut Vec<Use<'a>>) {
    uses.extend(template.variables());
}

fn value<'a>(this: &'a Value, uses: &mut Vec<Use<'a>>) {
    match &this.kind {
        ValueKind::Literal(_) => {}
        ValueKind::Text(text) => template(text, uses),
        ValueKind::Array(items) => items.iter().for_each(|item| value(item, uses)),
        ValueKind::Object(entries) => entries.iter().for_each(|(_, each)| value(each, uses)),
    }
}

fn request<'a>(request: &'a Request, uses: &mut Vec<Use<'a>>) {
    template(&request.path, uses);
    request.query.iter().for_each(|(_, each)| value(each, uses));
    request.headers.iter().for_each(|(_, each)| template(each, uses));
    match &request.body {
        Body::None => {}
        Body::Json(body) => value(body, uses),
        Body::Raw(text) => template(text, uses),
    }
}

fn expect<'a>(expect: &'a Expect, uses: &mut Vec<Use<'a>>) {
    expect.headers.iter().for_each(|(_, each)| pattern(each, uses));
    expect.body.iter().for_each(|each| pattern(each, uses));
}

fn pattern<'a>(this: &'a Pattern, uses: &mut Vec<Use<'a>>) {
    match &this.kind {
        PatternKind::Literal(_) => {}
        PatternKind::Text(text) => template(text, uses),
        PatternKind::Array(items) => items.iter().for_each(|each| pattern(each, uses)),
        PatternKind::Object(entries) => entries.iter().for_each(|(_, each)| pattern(each, uses)),
        PatternKind::Matchers(matchers) => matchers.iter().for_each(|each| matcher(each, uses)),
    }
}

fn matcher<'a>(this: &'a Matcher, uses: &mut Vec<Use<'a>>) {
    match this {
        Matcher::Equals(each) => value(each, uses),
        Matcher::Matches(text) => template(text, uses),
        Matcher::Not(each) | Matcher::Contains(each) => pattern(each, uses),
        Matcher::AnyOf(options) => options.iter().for_each(|each| pattern(each, uses)),
        Matcher::Type(_) | Matcher::Exists(_) | Matcher::Length(_) => {}
    }
}

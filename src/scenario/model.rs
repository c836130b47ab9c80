//! A scenario as data. Every part that a later check may have to point at carries its span.

use std::sync::Arc;
use std::time::Duration;

use super::{Diagnostic, Template};

/// A range of bytes in a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// The text of a scenario and where it came from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it; `built-in NAME` for one that ships with the program.
    pub name: String,
    /// Whether it ships with the program, so that there is no file of that name.
    pub built_in: bool,
    /// All of it.
    pub text: String,
}

impl Source {
    /// Where `offset` stands, for people: `mine.yaml:12`, or `built-in customer-mapping, line 12`.
    #[must_use]
    pub fn place(&self, offset: usize) -> String {
        let line = self.line(offset);
        if self.built_in {
            format!("{}, line {line}", self.name)
        } else {
            format!("{}:{line}", self.name)
        }
    }

    /// The line on which `offset` stands, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

/// One scenario: one file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Where it stands.
    pub source: Arc<Source>,
    /// Unique among the selected ones; what people type.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// One line for people; may be empty.
    pub title: String,
    /// What `--tag` selects.
    pub tags: Vec<String>,
    /// In the order of the file: each may use built-ins and earlier ones.
    pub vars: Vec<Var>,
    /// In the order in which they run; never empty.
    pub steps: Vec<Step>,
    /// What its author probably did not mean, in the order of the file.
    pub warnings: Vec<Diagnostic>,
}

/// A variable with its default.
#[derive(Debug, Clone)]
pub struct Var {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// What it is unless the command line says otherwise.
    pub value: Value,
}

/// A JSON value whose strings may hold `${…}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ValueKind,
}

/// The kinds of [`Value`].
#[derive(Debug, Clone, PartialEq)]
pub enum ValueKind {
    /// A null, a boolean or a number.
    Literal(serde_json::Value),
    /// A string.
    Text(Template),
    /// A list.
    Array(Vec<Value>),
    /// A mapping; keys are not interpolated.
    Object(Vec<(String, Value)>),
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// For people; what the step does where it was given none. Need not be unique.
    pub name: String,
    /// Where the step starts.
    pub span: Span,
    /// A remark that the report shows.
    pub note: Option<String>,
    /// What it does.
    pub action: Action,
    /// What must hold.
    pub expect: Expect,
    /// What later steps may use.
    pub capture: Vec<Capture>,
    /// How long to poll a GET or to wait for an event.
    pub within: Option<Duration>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Sends a request.
    Request(Box<Request>),
    /// Waits for a webhook.
    Event(EventWait),
}

impl Step {
    /// The server that it depends on: webhooks come from the API.
    #[must_use]
    pub fn target(&self) -> TargetName {
        match &self.action {
            Action::Request(request) => request.target,
            Action::Event(_) => TargetName::Api,
        }
    }
}

/// The name of a server that a run talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetName {
    /// The billing API.
    Api,
}

/// A request to send.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it goes.
    pub target: TargetName,
    /// Upper case: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD` or `OPTIONS`.
    pub method: String,
    /// Starts with exactly one `/`. May hold a query after a `?`.
    pub path: Template,
    /// Appended to the path; a list repeats its name.
    pub query: Vec<(String, Value)>,
    /// Beside the ones the program sends.
    pub headers: Vec<(String, Template)>,
    /// What is sent.
    pub body: Body,
    /// Whether the token goes with it.
    pub auth: Auth,
    /// Whether what it creates is marked with the run's id, where that is done.
    pub mark: bool,
    /// What takes back what this request makes, tried in order until one works.
    pub undo: Vec<UndoRequest>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None at all.
    None,
    /// Sent as JSON.
    Json(Value),
    /// Sent as it is, under `content-type: application/json` unless `headers` says otherwise.
    Raw(Template),
}

/// Whether the token goes with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// As a bearer token, where there is one.
    Token,
    /// `auth: none`
    None,
}

/// A request that takes something back.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoRequest {
    /// As in [`Request::method`].
    pub method: String,
    /// As in [`Request::path`].
    pub path: Template,
}

/// A webhook to wait for.
#[derive(Debug, Clone)]
pub struct EventWait {
    /// Such as `customer.created`.
    pub event_type: String,
    /// Where the type stands.
    pub span: Span,
    /// Which of that type, by the whole payload; any when left out.
    pub filter: Option<Pattern>,
}

/// What must hold of a response or a webhook.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Of a response; 2xx when left out. Never on an event.
    pub status: Option<StatusPattern>,
    /// Where that stands.
    pub status_span: Option<Span>,
    /// By name, in any case.
    pub headers: Vec<(String, Pattern)>,
    /// Of the JSON body.
    pub body: Option<Pattern>,
}

/// Which status codes are expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// This one.
    Code(u16),
    /// `2xx` is `Class(2)`.
    Class(u16),
}

impl StatusPattern {
    /// Whether `status` is one of them.
    #[must_use]
    pub fn holds(self, status: u16) -> bool {
        match self {
            Self::Code(code) => status == code,
            Self::Class(class) => status / 100 == class,
        }
    }
}

/// What a value must be like: a subset match.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Where it stands.
    pub span: Span,
    /// What it asks for.
    pub kind: PatternKind,
}

/// The kinds of [`Pattern`].
#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// A null (the key must be there), a boolean or a number.
    Literal(serde_json::Value),
    /// A string, or whatever a lone `${…}` holds.
    Text(Template),
    /// As many elements, each matching.
    Array(Vec<Pattern>),
    /// Each key there and matching; other keys are ignored. `$$x` in the file is the key `$x` here.
    Object(Vec<(String, Pattern)>),
    /// A mapping with `$`-keys: all of them must hold.
    Matchers(Vec<Matcher>),
}

/// One `$`-key.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// `$type`
    Type(TypeName),
    /// `$equals`: exactly this, no subset.
    Equals(Value),
    /// `$matches`: a regular expression somewhere in a string. Interpolated values are escaped.
    Matches(Template),
    /// `$exists`
    Exists(bool),
    /// `$not`
    Not(Box<Pattern>),
    /// `$any_of`
    AnyOf(Vec<Pattern>),
    /// `$length`: characters of a string, elements of an array, keys of an object.
    Length(u64),
    /// `$contains`: a part of a string, or an element of an array that matches.
    Contains(Box<Pattern>),
}

/// The names `$type` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeName {
    /// A JSON string.
    String,
    /// Any JSON number.
    Number,
    /// A number without a fraction; 3.0 is one.
    Integer,
    /// A JSON boolean.
    Boolean,
    /// A JSON null.
    Null,
    /// A JSON array.
    Array,
    /// A JSON object.
    Object,
    /// A string: 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// A string: an RFC 3339 date and time with its offset.
    Timestamp,
    /// A string that looks like an e-mail address.
    Email,
}

impl TypeName {
    /// Every name with its type, in the order of the documentation.
    pub const ALL: [(&'static str, Self); 10] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("integer", Self::Integer),
        ("boolean", Self::Boolean),
        ("null", Self::Null),
        ("array", Self::Array),
        ("object", Self::Object),
        ("uuid", Self::Uuid),
        ("timestamp", Self::Timestamp),
        ("email", Self::Email),
    ];

    /// The name as it is written in a scenario.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// A value to keep for later steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Where the value comes from.
    pub from: CaptureFrom,
}

/// Where a captured value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum CaptureFrom {
    /// A dotted path into the JSON body: `data.items.0.id`.
    Body(String),
    /// A header of the response or the webhook, by name in any case.
    Header(String),
    /// A part of the first element of a list that fits.
    Element {
        /// The dotted path to the list in the JSON body.
        list: String,
        /// What the element has to match.
        filter: Pattern,
        /// The dotted path within the element.
        path: String,
    },
}

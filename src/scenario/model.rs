//! A scenario as data. Every part that a later check may have to point at carries its span.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;

use super::deliver::{Deliver, Exec, FaultStep, FromApp};
use super::word::Word;
use super::{Diagnostic, Shape, Template};

/// A range of bytes in a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// The text of a scenario and where it came from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it; `built-in NAME` for one that ships with the program.
    pub name: String,
    /// Whether it ships with the program, so that no such file exists.
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
    /// What it cannot run without: what `needs` names, and an app where a step is about one.
    pub needs: Vec<Need>,
    /// Whether no other scenario may run meanwhile.
    pub alone: bool,
    /// Where it says that the API sends its webhooks to the app, if it does. Otherwise the app has
    /// those alone that steps deliver.
    pub live: Option<Span>,
    /// A table: the scenario runs once for each row, whose variables come before `vars`. Every row
    /// has the same ones. Empty where the scenario runs once.
    pub rows: Vec<Vec<Var>>,
    /// In the order of the file: each may use built-ins and earlier ones.
    pub vars: Vec<Var>,
    /// The variables whose values are never printed, and where they are named.
    pub secrets: Vec<(String, Span)>,
    /// In the order in which they run; never empty.
    pub steps: Vec<Step>,
    /// What its author probably did not mean, in the order of the file.
    pub warnings: Vec<Diagnostic>,
}

/// What a scenario cannot run without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// An app under test.
    App,
    /// A sandbox of this program as the API: it can be told to fail, and its clock to advance.
    Sandbox,
}

/// A variable with its default.
#[derive(Debug, Clone)]
pub struct Var {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// What it is unless the command line says otherwise.
    pub value: Shape,
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
    /// How long a GET has to go on as expected, or no event may come.
    pub stays: Option<Duration>,
    /// How long a state has to be the same before it is looked at.
    pub settles: Option<Duration>,
    /// Whose cookies and variables it uses, where it is not the first user's.
    pub session: Option<String>,
    /// Whether the steps after it start while it goes on. One that uses what it captures, or its
    /// session, waits for it.
    pub background: bool,
    /// What it is in the app's terms.
    pub role: Role,
    /// Dotted paths into an answer whose values are never printed.
    pub hidden: Vec<String>,
}

/// What a step is in the app's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing in particular.
    Plain,
    /// It makes a user: `use: user`.
    User,
    /// It looks at what the app knows about the user: `use: state`.
    State {
        /// Whether the user has to have access, or must not have it; `None` where either is fine.
        access: Option<bool>,
    },
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Sends a request.
    Request(Box<Request>),
    /// Waits for a webhook.
    Event(EventWait),
    /// Does what the app file says, which takes its place when a plan is made.
    Use(FromApp),
    /// Runs a program, which the app file names.
    Exec(Exec),
    /// Sends webhooks to the app.
    Deliver(Box<Deliver>),
    /// Arms a fault of the sandbox.
    Fault(FaultStep),
}

impl Step {
    /// The server that it depends on: webhooks come from the API.
    #[must_use]
    pub fn target(&self) -> TargetName {
        match &self.action {
            Action::Request(request) => request.target,
            Action::Event(_) | Action::Fault(_) => TargetName::Api,
            Action::Use(_) | Action::Exec(_) | Action::Deliver(_) => TargetName::App,
        }
    }
}

/// The name of a server that a run talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetName {
    /// The billing API.
    Api,
    /// The app under test.
    App,
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
    pub query: Vec<(String, Shape)>,
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
    /// Whether redirects are followed; only an app's are.
    pub follow: bool,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub enum Body {
    /// None at all.
    None,
    /// Sent as JSON.
    Json(Shape),
    /// A mapping, sent as a form: `a[b]=c` for what is nested.
    Form(Shape),
    /// Sent as it is, under `content-type: application/json` unless `headers` says otherwise.
    Raw(Template),
}

impl Body {
    /// What is sent, where the scenario gives it as keys and values.
    #[must_use]
    pub fn shape(&self) -> Option<&Shape> {
        match self {
            Self::Json(shape) | Self::Form(shape) => Some(shape),
            Self::None | Self::Raw(_) => None,
        }
    }

    /// The same, to change it.
    pub fn shape_mut(&mut self) -> Option<&mut Shape> {
        match self {
            Self::Json(shape) | Self::Form(shape) => Some(shape),
            Self::None | Self::Raw(_) => None,
        }
    }
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
#[derive(Debug, Clone)]
pub struct UndoRequest {
    /// As in [`Request::method`].
    pub method: String,
    /// As in [`Request::path`].
    pub path: Template,
    /// As in [`Request::headers`].
    pub headers: Vec<(String, Template)>,
    /// As in [`Request::body`].
    pub body: Body,
    /// As in [`Request::auth`].
    pub auth: Auth,
}

/// A webhook to wait for.
#[derive(Debug, Clone)]
pub struct EventWait {
    /// Such as `customer.created`.
    pub event_type: String,
    /// Where the type stands.
    pub span: Span,
    /// Which of that type, by the whole payload; any when left out.
    pub filter: Option<Shape>,
    /// The name under which it is kept, to be delivered to the app.
    pub keep: Option<Word>,
}

/// What must hold of a response or a webhook.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Of a response; 2xx when left out. Never on an event.
    pub status: Option<StatusPattern>,
    /// Where that stands.
    pub status_span: Option<Span>,
    /// By name, in any case.
    pub headers: Vec<(String, Shape)>,
    /// Of the JSON body.
    pub body: Option<Shape>,
}

/// Which status codes are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusPattern {
    /// This one.
    Code(u16),
    /// `2xx` is `Class(2)`.
    Class(u16),
    /// Any of these, which are codes and classes.
    AnyOf(Vec<StatusPattern>),
}

impl StatusPattern {
    /// Whether `status` is one of them.
    #[must_use]
    pub fn holds(&self, status: u16) -> bool {
        match self {
            Self::Code(code) => status == *code,
            Self::Class(class) => status / 100 == *class,
            Self::AnyOf(all) => all.iter().any(|each| each.holds(status)),
        }
    }

    /// Whether a 2xx is asked for, or among what is asked for.
    #[must_use]
    pub fn wants_success(&self) -> bool {
        match self {
            Self::Code(code) => code / 100 == 2,
            Self::Class(class) => *class == 2,
            Self::AnyOf(all) => all.iter().any(Self::wants_success),
        }
    }

    /// Whether every status that is asked for is 400 or more.
    #[must_use]
    pub fn wants_refusal(&self) -> bool {
        match self {
            Self::Code(code) => *code >= 400,
            Self::Class(class) => *class >= 4,
            Self::AnyOf(all) => all.iter().all(Self::wants_refusal),
        }
    }
}

impl fmt::Display for StatusPattern {
    /// `201`, `2xx`, `201 or 409`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "{code}"),
            Self::Class(class) => write!(formatter, "{class}xx"),
            Self::AnyOf(all) => {
                let all: Vec<_> = all.iter().map(ToString::to_string).collect();
                formatter.write_str(&all.join(" or "))
            }
        }
    }
}

/// A value to keep for later steps.
#[derive(Debug, Clone)]
pub struct Capture {
    /// `[A-Za-z_][A-Za-z0-9_]*`
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Where the value comes from.
    pub from: CaptureFrom,
}

/// Where a captured value comes from.
#[derive(Debug, Clone)]
pub enum CaptureFrom {
    /// A dotted path into the JSON body: `data.items.0.id`; `.` is all of it, as text where it is
    /// not JSON.
    Body(String),
    /// What the first group of a regular expression finds in the text of the body.
    Regex(Regex),
    /// A cookie that the response sets.
    Cookie(String),
    /// A header of the response or the webhook, by name in any case.
    Header(String),
    /// A part of the first element of a list that fits.
    Element {
        /// The dotted path to the list in the JSON body.
        list: String,
        /// What the element has to match.
        filter: Shape,
        /// The dotted path within the element.
        path: String,
    },
}

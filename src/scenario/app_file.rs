//! An app file as data: how the app under test is reached, and what its state says.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::model::{Action, Capture, Expect, Source};
use super::word::Word;
use super::{Span, Template};

/// One app file.
#[derive(Debug, Clone)]
pub struct AppFile {
    /// Where it stands.
    pub source: Arc<Source>,
    /// Where the app answers: scheme, host and port.
    pub url: Template,
    /// How it is started; `None` where it runs already.
    pub start: Option<Start>,
    /// Whether its calls to the API's own hosts are led to the API under test.
    pub intercept: bool,
    /// Where webhooks go.
    pub handler: Handler,
    /// How a user is made.
    pub user: Option<AppStep>,
    /// What the app knows about a user.
    pub state: Option<AppStep>,
    /// How a user's account is deleted.
    pub delete: Option<AppStep>,
    /// What the state is like while the user has access.
    pub access: Option<Expect>,
    /// Keys of the state that change by themselves, at any depth.
    pub ignore: Vec<String>,
    /// Made in the embedded sandbox before the app starts.
    pub products: Vec<Product>,
    /// Where the embedded sandbox listens; a free port when left out.
    pub sandbox: Option<SocketAddr>,
}

/// How an app is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// For the shell, in the app file's folder.
    pub command: Template,
    /// Method and path; any answer below 500 says that the app is ready.
    pub ready: (String, Template),
    /// How long that may take.
    pub within: Duration,
    /// Added to the environment.
    pub env: Vec<(String, Template)>,
}

/// Where the app takes webhooks.
#[derive(Debug, Clone, Default)]
pub struct Handler {
    /// Its path; the usual ones are tried when left out.
    pub path: Option<Word>,
    /// The address at which the API reaches it, such as a tunnel's; the app's own when left out.
    pub public_url: Option<Template>,
    /// What webhooks are signed with; made up for an app that is started when left out.
    pub secret: Option<Template>,
}

/// What a step with `use` does: a request to the app, or a program.
#[derive(Debug, Clone)]
pub struct AppStep {
    /// Where it stands.
    pub span: Span,
    /// [`Action::Request`] or [`Action::Exec`].
    pub action: Action,
    /// What must hold beside what the scenario's step expects.
    pub expect: Expect,
    /// What is kept beside what the scenario's step captures.
    pub capture: Vec<Capture>,
    /// Dotted paths into the answer whose values are never printed.
    pub hidden: Vec<String>,
}

/// A product that the app is configured with.
#[derive(Debug, Clone)]
pub struct Product {
    /// The id that the app knows it by.
    pub id: Template,
    /// What it is called.
    pub name: String,
    /// In the smallest unit of the currency; 0 is free.
    pub price: u64,
    /// `day`, `week`, `month` or `year`; `None` where it is bought once.
    pub interval: Option<&'static str>,
}

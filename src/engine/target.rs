//! The servers that a run talks to.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::event::Code;
use crate::http::{Client, FailureKind};
use crate::scenario::TargetName;
use crate::secret::Secret;

/// The servers that a run talks to, by name. A client carries what belongs to its target alone: the
/// base URL, the credentials and what may be printed of them.
#[derive(Debug, Clone)]
pub struct Targets {
    api: Client,
    /// Whether the API is a sandbox of this program.
    is_sandbox: bool,
    app: Option<Result<AppTarget, AppDown>>,
}

/// Why the app cannot be tested.
#[derive(Debug, Clone)]
pub struct AppDown {
    /// The diagnosis.
    pub code: Code,
    /// What happened, as a sentence fragment.
    pub why: String,
}

impl AppDown {
    /// Nothing is known of the app yet.
    #[must_use]
    pub fn none() -> Self {
        Self { code: Code::AppUnreachable, why: "it was not started".to_owned() }
    }
}

/// The app under test.
#[derive(Debug, Clone)]
pub struct AppTarget {
    /// For its users' requests: no token, and no redirect is followed.
    pub client: Client,
    /// Where it takes webhooks, or why none can be delivered.
    pub handler: Result<WebhookHandler, String>,
    /// Where the programs of its app file run.
    pub folder: PathBuf,
}

/// Where the app takes webhooks.
#[derive(Debug, Clone)]
pub struct WebhookHandler {
    /// A client with the time that the API gives a handler; no redirect is followed.
    pub client: Client,
    /// Its path.
    pub path: String,
    /// What its webhooks are signed with.
    pub secret: Secret,
}

impl Targets {
    /// The billing API, and no other server.
    #[must_use]
    pub fn api(api: Client) -> Self {
        Self { api, is_sandbox: false, app: None }
    }

    /// The same, where the API may be a sandbox of this program.
    #[must_use]
    pub fn sandbox(self, is_sandbox: bool) -> Self {
        Self { is_sandbox, ..self }
    }

    /// Whether the API is a sandbox of this program.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.is_sandbox
    }

    /// The same, and an app under test, or why it cannot be tested.
    #[must_use]
    pub fn with_app(self, app: Result<AppTarget, AppDown>) -> Self {
        Self { app: Some(app), ..self }
    }

    /// The client of one target, where there is that target.
    #[must_use]
    pub fn client(&self, name: TargetName) -> Option<&Client> {
        match name {
            TargetName::Api => Some(&self.api),
            TargetName::App => self.app().map(|app| &app.client),
        }
    }

    /// The client of the billing API.
    #[must_use]
    pub fn billing(&self) -> &Client {
        &self.api
    }

    /// The app under test.
    #[must_use]
    pub fn app(&self) -> Option<&AppTarget> {
        self.app.as_ref()?.as_ref().ok()
    }

    /// Why the app cannot be tested, if that is so; where the API is to send its webhooks to it
    /// (`live`), it needs a handler.
    #[must_use]
    pub fn app_down(&self, live: bool) -> Option<AppDown> {
        match self.app.as_ref()? {
            Err(down) => Some(down.clone()),
            Ok(app) => {
                let why = app.handler.as_ref().err().filter(|_| live)?.clone();
                Some(AppDown { code: Code::AppNoHandler, why })
            }
        }
    }

    /// The same targets, whose requests wait for no rate limit once `stop` is cancelled.
    pub(super) fn until(&self, stop: &CancellationToken) -> Self {
        let until = |app: AppTarget| AppTarget { client: app.client.until(stop), ..app };
        let app = self.app.clone().map(|app| app.map(until));
        Self { api: self.api.until(stop), is_sandbox: self.is_sandbox, app }
    }
}

/// Why nothing more can be sent to a target after a failure, if that is so.
pub(super) fn down(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::Unreachable | FailureKind::Tls => Some("the target cannot be reached"),
        FailureKind::Unauthorized => Some("the target answers 401"),
        FailureKind::RateLimited => Some("the target's rate limit does not pass"),
        FailureKind::TimedOut | FailureKind::ConnectionLost | FailureKind::Undecodable => None,
    }
}

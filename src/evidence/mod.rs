//! What a scenario's steps brought to light, as data: the engine collects it, the diagnosis reads
//! it. What of it reports have is made in `summary`, within a `budget`.

mod budget;
mod delivered;
pub mod summary;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value as Json;

pub use budget::Budget;
pub use delivered::{Answer, Delivered, SentWebhook};

use crate::event::{Code, StepResult};
use crate::http::reasons::{self, Said};
use crate::http::{Failure, Response};
use crate::scenario::{Role, StatusPattern, TargetName};
use crate::variables::FillError;
use crate::webhook::RejectReason;

/// A step that ended, with what there is to know about it.
#[derive(Debug, Clone)]
pub struct StepEvidence {
    /// What is reported; the diagnosis is added to it.
    pub result: StepResult,
    /// What it is made of.
    pub outcome: Outcome,
    /// What the step is in the app's terms.
    pub role: Role,
    /// Whose session it belongs to.
    pub session: Option<String>,
    /// The server that it is about.
    pub target: TargetName,
    /// The user that it made.
    pub user: Option<User>,
    /// Whether it armed a fault.
    pub fault: bool,
}

/// A user of the app.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The app's id.
    pub id: Option<String>,
    /// The address that the sign-up gave.
    pub email: Option<String>,
}

impl StepEvidence {
    /// A step that is not about the app.
    #[must_use]
    pub fn plain(result: StepResult, outcome: Outcome) -> Self {
        let (role, target) = (Role::Plain, TargetName::Api);
        Self { result, outcome, role, session: None, target, user: None, fault: false }
    }
}

/// What a step has to show.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Nothing: it was skipped or interrupted.
    Nothing,
    /// The request could not be made from what was captured.
    Unsendable(FillError),
    /// The request was not sent, because what it would change is not known to be this run's.
    Forbidden {
        /// Method and path.
        request: String,
        /// What is wrong with the record, as it stands after "the record there".
        why: String,
    },
    /// There was no usable answer.
    Failed(Failure),
    /// An answer came.
    Exchange(Box<Exchange>),
    /// A webhook decided.
    Arrived(Json),
    /// No webhook did.
    Missing(Box<Missing>),
    /// There is nowhere to wait; says why.
    NoSource(String),
    /// Webhooks went to the app.
    Delivered(Box<Delivered>),
    /// The app cannot be tested: the diagnosis, and what happened.
    AppDown(Code, String),
}

/// A request with its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Upper case.
    pub method: String,
    /// As it was sent.
    pub path: String,
    /// Whether the token went with it.
    pub with_token: bool,
    /// The JSON body that was sent.
    pub sent: Option<Json>,
    /// The status that was asked for.
    pub expected: StatusPattern,
    /// The answer.
    pub response: Response,
    /// Its body, where that is JSON.
    pub json: Option<Json>,
    /// Whether the scenario looks into the body.
    pub wants_json: bool,
}

/// A wait that ended without a valid delivery that fits.
#[derive(Debug, Clone)]
pub struct Missing {
    /// What was waited for.
    pub event_type: String,
    /// What `where` asks for: paths in the payload, with what is wanted there.
    pub wanted: Vec<(String, Json)>,
    /// How long, from the last request on.
    pub waited: Duration,
    /// Why deliveries that would have fitted must be rejected.
    pub fitting: Vec<RejectReason>,
    /// Why others, which may or may not have fitted, must be rejected.
    pub unreadable: Vec<RejectReason>,
    /// The valid deliveries that did arrive, as people would name them, with how often.
    pub others: Vec<(String, usize)>,
    /// Whether a fitting one had been used by an earlier step.
    pub used_up: bool,
}

impl Exchange {
    /// Method and path, as sentences name a request.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What the answer says of why it is what it is.
    #[must_use]
    pub fn said(&self) -> Said {
        reasons::said(&self.response, self.json.as_ref())
    }

    /// Whether the status decides by itself, whatever the body says: see [`decides_alone`].
    #[must_use]
    pub fn decides_alone(&self) -> bool {
        decides_alone(&self.expected, self.response.status)
    }
}

/// Whether an answer with `status`, where `expected` was asked for, is another than the one that
/// the checks of a body are written for: a refusal in place of a record, a page of a proxy.
#[must_use]
pub fn decides_alone(expected: &StatusPattern, status: u16) -> bool {
    let wanted_success = expected.holds(200) || (200..300).any(|success| expected.holds(success));
    !expected.holds(status)
        && match status {
            401 | 403 | 100..=199 | 300..=399 | 500..=599 => true,
            400..=499 => wanted_success,
            _ => false,
        }
}

/// How many values are looked at in search of one, and how many places are reported.
const MOST_VALUES: usize = 20_000;
const MOST_PLACES: usize = 3;

/// Where `wanted` stands in a body, as paths below `root`, the shallowest first. It has to be a
/// whole value; a number counts as its digits.
#[must_use]
pub fn places(body: &Json, wanted: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut queue = VecDeque::from([(root.to_owned(), body)]);
    for _ in 0..MOST_VALUES {
        let Some((path, value)) = queue.pop_front() else { break };
        match value {
            Json::String(text) if text == wanted => found.push(path),
            Json::Number(number) if number.to_string() == wanted => found.push(path),
            Json::Array(items) => {
                queue.extend(
                    items.iter().enumerate().map(|(index, item)| (format!("{path}.{index}"), item)),
                );
            }
            Json::Object(entries) => {
                queue.extend(entries.iter().map(|(key, value)| (format!("{path}.{key}"), value)));
            }
            _ => {}
        }
        if found.len() == MOST_PLACES {
            break;
        }
    }
    found
}

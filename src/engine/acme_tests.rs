//! The engine against a provider that does not exist, with names of its own for everything: marks,
//! ownership and look-ups depend on the facts that are handed in alone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value as Json, json};

use super::{Events, RunOptions, RunOutcome, Stop, Targets};
use crate::event::Status;
use crate::http::{BaseUrl, Client, ClientOptions};
use crate::plan::{Inputs, Plan};
use crate::provider::made_up::ACME;
use crate::scenario;

/// The people of a target, newest last.
#[derive(Clone, Default)]
struct People {
    all: Arc<Mutex<Vec<Json>>>,
    /// Answers a creation with a server error, once it is done.
    loses_answers: bool,
}

impl People {
    fn all(&self) -> Vec<Json> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, method: &str, path: &str, body: &[u8]) -> (StatusCode, Json) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let path = path.strip_prefix("/people/").unwrap_or_default();
        let (key, value) = match path.strip_prefix("by-ref/") {
            Some(value) => ("ref", value),
            None => ("key", path),
        };
        match (method, all.iter().position(|person| person[key] == value)) {
            ("POST", _) => {
                let mut person: Json = serde_json::from_slice(body).unwrap_or_default();
                person["key"] = json!(format!("p{}", all.len()));
                person["since"] = json!(jiff::Timestamp::now().to_string());
                all.push(person.clone());
                let status = if self.loses_answers { 500 } else { 201 };
                (StatusCode::from_u16(status).unwrap(), person)
            }
            ("GET", Some(index)) => (StatusCode::OK, all[index].clone()),
            ("DELETE", Some(index)) => (StatusCode::OK, all.remove(index)),
            _ => (StatusCode::NOT_FOUND, json!({ "detail": "no such person" })),
        }
    }
}

async fn handle(State(people): State<People>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap_or_default();
    let (status, answer) = people.answer(parts.method.as_str(), parts.uri.path(), &body);
    (status, axum::Json(answer)).into_response()
}

/// Runs one scenario against `people`.
async fn run(people: &People, steps: &str) -> RunOutcome {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let router = Router::new().fallback(handle).with_state(people.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client::new(ClientOptions::new(base)).unwrap();
    let scenario =
        scenario::read("acme.yaml", &format!("name: acme\nsteps:\n{steps}"), &ACME).unwrap();
    let id = || "abcdef123456".to_owned();
    let plan = Plan::new(vec![scenario], &ACME, &Inputs::default(), id).unwrap();
    let options = RunOptions {
        began: std::time::Instant::now(),
        jobs: 1,
        wait: Duration::ZERO,
        fail_fast: false,
        keep: false,
        keep_passed: true,
    };
    let (sink, _events) = tokio::sync::mpsc::unbounded_channel();
    let outcome =
        super::run(&plan, &Targets::api(client), &Events::Off, &options, &Stop::default(), &sink)
            .await;
    server.abort();
    outcome
}

const CREATE: &str = "  - request: POST /people/
    body: { mail: \"a+${run.id}@example.com\", ref: \"user_${run.id}\", labels: { a: 1 } }
    expect: { status: 201, body: { labels: { $equals: { a: 1 } } } }
    capture: { person: key }
    undo: DELETE /people/${person}
";

#[tokio::test]
async fn a_mark_goes_with_a_creation_and_is_not_seen_by_its_scenario() {
    let people = People::default();
    let keeps = CREATE.replace("    undo: DELETE /people/${person}\n", "");
    let outcome = run(&people, &keeps).await;
    assert_eq!(outcome.scenarios[0].status, Status::Passed, "{outcome:?}");
    assert_eq!(people.all()[0]["labels"], json!({ "a": 1, "tieback_run": "abcdef123456" }));
    assert_eq!(outcome.left_behind[0].request, "DELETE /people/p0");
}

#[tokio::test]
async fn what_is_made_is_undone() {
    let people = People::default();
    let outcome = run(&people, CREATE).await;
    assert_eq!(outcome.scenarios[0].status, Status::Passed, "{outcome:?}");
    assert_eq!((people.all(), outcome.left_behind), (vec![], vec![]));
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_looked_up_by_its_external_id() {
    let people = People { loses_answers: true, ..People::default() };
    let outcome = run(&people, CREATE).await;
    assert_eq!(outcome.scenarios[0].undo[0].request, "DELETE /people/p0");
    assert_eq!((people.all(), outcome.left_behind), (vec![], vec![]));
}

#[tokio::test]
async fn a_record_that_was_there_before_is_not_changed() {
    let people = People::default();
    let old = json!({ "key": "old", "since": "2020-01-01T00:00:00Z", "mail": "a@example.com" });
    people.all.lock().unwrap().push(old.clone());
    let steps = "  - request: GET /people/old
    capture: { person: key }
  - request: DELETE /people/${person}
";
    let outcome = run(&people, steps).await;
    assert_eq!(outcome.scenarios[0].steps[1].status, Status::Failed, "{outcome:?}");
    assert_eq!(people.all(), [old]);
}

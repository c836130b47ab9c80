//! Whatever fails inside the program itself, what a run made is taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tieback::engine::{self, Events, RunOptions, RunOutcome, Stop, Targets};
use tieback::event::Status;
use tieback::http::{BaseUrl, Client, ClientOptions, RateLimitPolicy};
use tieback::plan::{Inputs, Plan};
use tieback::provider::POLAR;
use tieback::scenario;
use tieback::secret::Secret;

use crate::support::server::{Behaviour, Kind, Reply, Server};

const SCENARIO: &str = "
name: panics
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com, external_id: 'user_${run.id}' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
- name: Break
  request: GET /v1/customers/${id}
- name: Never reached
  request: GET /v1/customers/
";

/// Runs the scenario with something that panics so many times when it is told of a rate limit.
async fn run(server: &Server, panics: usize) -> RunOutcome {
    let told = AtomicUsize::new(0);
    let tell = move |_| {
        assert!(told.fetch_add(1, Ordering::Relaxed) >= panics, "whoever is told of a wait fails");
    };
    let policy = RateLimitPolicy { tell: Arc::new(tell), ..RateLimitPolicy::default() };
    let base = BaseUrl::parse(&server.url()).unwrap();
    let token = Some(Secret::new("any"));
    let client = Client::new(ClientOptions { token, policy, ..ClientOptions::new(base) }).unwrap();
    let scenarios = vec![scenario::read("panics.yaml", SCENARIO, &POLAR).unwrap()];
    let plan =
        Plan::new(scenarios, &POLAR, &Inputs::default(), || "abcdef123456".to_owned()).unwrap();
    let options = RunOptions {
        began: std::time::Instant::now(),
        jobs: 1,
        wait: Duration::ZERO,
        fail_fast: false,
        keep: false,
        keep_passed: true,
    };
    let (sink, _events) = tokio::sync::mpsc::unbounded_channel();
    engine::run(&plan, &Targets::api(client), &Events::Off, &options, &Stop::default(), &sink).await
}

#[tokio::test]
async fn a_panic_in_a_step_is_an_error_of_that_step_and_what_can_be_undone_is() {
    // Each wait is longer than the one before it, or it would not be told.
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let seconds = if request.nth == 3 { "2" } else { "1" };
        (request.kind == Kind::Read && matches!(request.nth, 0 | 2 | 3))
            .then(|| Reply::empty(429).header("retry-after", seconds))
    }));
    for (panics, left) in [(1, 0), (2, 1)] {
        let outcome = run(&server, panics).await;
        let result = &outcome.scenarios[0];
        let statuses: Vec<_> = result.steps.iter().map(|step| step.status).collect();
        assert_eq!(statuses, [Status::Passed, Status::Errored, Status::Skipped]);
        assert!(
            result.steps[1]
                .reason
                .as_ref()
                .is_some_and(|reason| reason.contains("tieback itself failed"))
        );
        assert_eq!((outcome.left_behind.len(), server.customers().len()), (left, left));
    }
}

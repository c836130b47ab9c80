//! Hand-made runs for the tests of the reporters.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::event::{
    Arrival, Body, Call, Check, Code, Diagnosis, Event, EventSource, EventSummary, Headers,
    RequestSummary, ResponseSummary, RunInfo, RunReport, SCHEMA, ScenarioInfo, ScenarioResult,
    Status, StepKind, StepResult, Summary, Target, TargetKind, UndoResult,
};

/// A writer whose clones share what was written.
#[derive(Clone, Default)]
pub struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const BASE: &str = "http://127.0.0.1:40123";
const ID: &str = "0b6c8e52-6a3f-4a53-9a5e-3c1f0d2b7a10";

pub fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

pub fn check(path: &str, expected: Value, actual: Value) -> Check {
    let status = if expected == actual { Status::Passed } else { Status::Failed };
    Check { path: path.to_owned(), expected, actual, missing: false, status, line: None }
}

/// A check that held though the values differ: a matcher.
pub fn fits(path: &str, expected: Value, actual: Value) -> Check {
    Check { status: Status::Passed, ..check(path, expected, actual) }
}

pub fn missing(path: &str, expected: Value) -> Check {
    Check { missing: true, status: Status::Failed, ..check(path, expected, Value::Null) }
}

pub fn diagnosis(code: Code, message: &str, hint: &str) -> Diagnosis {
    Diagnosis { code, message: message.to_owned(), hint: hint.to_owned() }
}

pub fn step(name: &str, kind: StepKind, line: usize) -> StepResult {
    StepResult {
        name: name.to_owned(),
        kind,
        status: Status::Passed,
        at: micros(0),
        duration: micros(2_100),
        line,
        note: None,
        reason: None,
        calls: Vec::new(),
        rate_limited: Vec::new(),
        request: None,
        response: None,
        event: None,
        arrived: Vec::new(),
        checks: Vec::new(),
        diagnosis: None,
    }
}

pub fn skipped(name: &str, kind: StepKind, line: usize, reason: &str) -> StepResult {
    StepResult {
        status: Status::Skipped,
        reason: Some(reason.to_owned()),
        ..step(name, kind, line)
    }
}

pub fn create() -> StepResult {
    StepResult {
        duration: micros(12_340),
        request: Some(posted("/v1/customers/", &json!({ "external_id": "user_8f2" }))),
        response: Some(answer(201, &record(Some("user_8f2")))),
        checks: vec![
            check("status", json!(201), json!(201)),
            fits("body.id", json!({"$type": "uuid"}), json!(ID)),
            check("body.external_id", json!("user_8f2"), json!("user_8f2")),
        ],
        ..step("Create the customer", StepKind::Request, 8)
    }
}

pub fn read_back() -> StepResult {
    StepResult {
        request: Some(request("GET", &format!("/v1/customers/{ID}"))),
        response: Some(answer(200, &record(Some("user_8f2")))),
        checks: vec![
            check("status", json!(200), json!(200)),
            check("body.external_id", json!("user_8f2"), json!("user_8f2")),
        ],
        ..step("Read it back", StepKind::Request, 22)
    }
}

/// [`read_back`] from an API that forgot the user.
pub fn read_back_unmapped() -> StepResult {
    StepResult {
        status: Status::Failed,
        response: Some(answer(200, &record(None))),
        checks: vec![
            check("status", json!(200), json!(200)),
            Check { line: Some(29), ..check("body.external_id", json!("user_8f2"), Value::Null) },
        ],
        diagnosis: Some(diagnosis(
            Code::ExternalIdLost,
            "the customer is found again, but its external_id is gone: nothing ties this billing \
             customer to user_8f2 any more",
            "send external_id when the customer is created, and check that nothing between your \
             app and the API drops it",
        )),
        ..read_back()
    }
}

pub fn webhook() -> StepResult {
    StepResult {
        duration: micros(3_250),
        event: Some(EventSummary {
            webhook_id: "msg_2f9".to_owned(),
            event_type: "customer.created".to_owned(),
            signature: "standard",
            at: micros(0),
            waited: micros(3_100),
            headers: headers(&[("content-type", "application/json"), ("webhook-id", "msg_2f9")]),
            payload: payload("user_8f2"),
        }),
        checks: vec![check("body.data.external_id", json!("user_8f2"), json!("user_8f2"))],
        ..step("customer.created names the same user", StepKind::Event, 32)
    }
}

pub fn headers(pairs: &[(&str, &str)]) -> Headers {
    Headers(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

pub fn payload(external_id: &str) -> Body {
    let data = json!({ "id": ID, "external_id": external_id });
    Body::of(json!({ "type": "customer.created", "data": data }).to_string().as_bytes())
}

/// [`request`] with the run's token, and a body.
pub fn posted(path: &str, body: &Value) -> RequestSummary {
    RequestSummary {
        headers: headers(&[
            ("accept", "application/json"),
            ("authorization", "Bearer $POLAR_ACCESS_TOKEN"),
            ("content-type", "application/json"),
        ]),
        body: Some(Body::of(body.to_string().as_bytes())),
        token: Some("POLAR_ACCESS_TOKEN"),
        ..request("POST", path)
    }
}

pub fn request(method: &str, path: &str) -> RequestSummary {
    RequestSummary {
        method: method.to_owned(),
        url: format!("{BASE}{path}"),
        attempts: 1,
        headers: Headers::default(),
        body: None,
        token: None,
    }
}

pub fn answer(status: u16, body: &str) -> ResponseSummary {
    ResponseSummary { status, headers: Headers::default(), body: Body::of(body.as_bytes()) }
}

fn record(external_id: Option<&str>) -> String {
    json!({
        "id": ID, "email": "buyer+8f2@example.com", "name": "Test Buyer", "external_id": external_id,
    })
    .to_string()
}

/// One step after the other, with everything at its time.
fn timed(steps: &mut [StepResult]) -> Vec<Arrival> {
    let (mut now, mut webhooks) = (micros(1_000), Vec::new());
    for step in steps {
        step.at = now;
        if let Some(request) = &step.request {
            let what = format!("{} {}", request.method, request.url.replacen(BASE, "", 1));
            let status = step.response.as_ref().map(|response| response.status);
            step.calls = vec![Call { what, at: now, duration: step.duration, status }];
        }
        if let Some(event) = &mut step.event {
            event.at = now + event.waited;
            webhooks.push(Arrival {
                at: event.at,
                webhook_id: event.webhook_id.clone(),
                event_type: event.event_type.clone(),
                signature: event.signature,
            });
        }
        now += step.duration;
    }
    webhooks
}

/// A scenario with the worst status of its steps.
pub fn scenario(name: &str, mut steps: Vec<StepResult>) -> ScenarioResult {
    let webhooks = timed(&mut steps);
    let worst = [Status::Interrupted, Status::Failed, Status::Errored, Status::Passed]
        .into_iter()
        .find(|status| steps.iter().any(|step| step.status == *status));
    ScenarioResult {
        name: name.to_owned(),
        title: "A new customer can be tied back to the user who started the flow".to_owned(),
        file: format!("scenarios/{name}.yaml"),
        built_in: false,
        app: false,
        status: worst.unwrap_or(Status::Skipped),
        at: micros(500),
        duration: micros(31_200),
        steps,
        webhooks,
        undo: vec![UndoResult {
            request: format!("DELETE /v1/customers/{ID}"),
            status: Status::Passed,
            at: micros(20_000),
            duration: micros(1_800),
            reason: None,
        }],
        notices: Vec::new(),
    }
}

pub fn mapping() -> ScenarioResult {
    scenario("customer-mapping", vec![create(), read_back(), webhook()])
}

pub fn mapping_lost() -> ScenarioResult {
    scenario("customer-mapping", vec![create(), read_back_unmapped(), webhook()])
}

/// A report on `scenarios`, counted.
pub fn report(scenarios: Vec<ScenarioResult>) -> RunReport {
    let count = |status| scenarios.iter().filter(|scenario| scenario.status == status).count();
    let summary = Summary {
        scenarios: scenarios.len(),
        passed: count(Status::Passed),
        failed: count(Status::Failed),
        skipped: count(Status::Skipped),
        errored: count(Status::Errored),
        interrupted: count(Status::Interrupted),
        skipped_steps: scenarios
            .iter()
            .flat_map(|scenario| &scenario.steps)
            .filter(|step| step.status == Status::Skipped)
            .count(),
    };
    let status = [Status::Interrupted, Status::Failed, Status::Errored, Status::Skipped]
        .into_iter()
        .find(|status| count(*status) > 0)
        .unwrap_or(Status::Passed);
    RunReport {
        schema: SCHEMA,
        version: "0.1.0",
        status,
        target: Target {
            base_url: BASE.to_owned(),
            kind: TargetKind::Embedded,
            events: EventSource::Listener,
        },
        started_at: Timestamp::UNIX_EPOCH,
        duration: micros(812_400),
        summary,
        troubles: None,
        left_behind: Vec::new(),
        notices: Vec::new(),
        comparison: None,
        scenarios,
    }
}

/// What a run with this result would have sent, the scenarios finishing last first.
pub fn events(report: &RunReport) -> Vec<Event> {
    let scenarios = report.scenarios.iter().map(|scenario| ScenarioInfo {
        name: scenario.name.clone(),
        steps: scenario.steps.iter().map(|step| step.name.clone()).collect(),
    });
    let mut events = vec![Event::RunStarted(RunInfo {
        target: report.target.clone(),
        scenarios: scenarios.collect(),
    })];
    for (scenario, result) in report.scenarios.iter().enumerate().rev() {
        events.push(Event::ScenarioStarted { scenario });
        for (step, finished) in result.steps.iter().enumerate() {
            events.push(Event::StepStarted { scenario, step });
            events.push(Event::StepFinished { scenario, step, status: finished.status });
        }
        events.push(Event::ScenarioFinished { scenario, result: Box::new(result.clone()) });
    }
    events.extend(report.notices.iter().cloned().map(Event::Notice));
    events.push(Event::RunFinished(Box::new(report.clone())));
    events
}

/// A run that holds one of everything that can go wrong.
pub fn everything() -> RunReport {
    let mut lost = mapping_lost();
    lost.notices.push(
        "customer.created (msg_2f9) was delivered twice; the second copy was ignored".to_owned(),
    );
    let lookup = scenario(
        "customer-lookup",
        vec![
            StepResult {
                status: Status::Errored,
                duration: micros(10_000_400),
                response: None,
                request: create().request.map(|request| RequestSummary { attempts: 3, ..request }),
                checks: Vec::new(),
                reason: Some("no answer within 10 s".to_owned()),
                diagnosis: Some(diagnosis(
                    Code::TimedOut,
                    "the target took the request and did not answer within 10 s",
                    "raise --timeout, or look at the target's own log",
                )),
                ..create()
            },
            skipped(
                "Find it by external id",
                StepKind::Request,
                30,
                "needs customer_id, which was never captured",
            ),
        ],
    );
    let mut lookup =
        ScenarioResult { file: "built-in customer-lookup".to_owned(), built_in: true, ..lookup };
    lookup.undo = vec![UndoResult {
        request: format!("DELETE /v1/customers/{ID}"),
        status: Status::Failed,
        at: micros(10_013_000),
        duration: micros(2_000),
        reason: Some("the target answered 500".to_owned()),
    }];
    let mut report = report(vec![mapping(), lost, lookup]);
    report.left_behind.push(crate::event::LeftBehind {
        request: format!("DELETE {BASE}/v1/customers/{ID}"),
        reason: "the target answered 500".to_owned(),
    });
    report
        .notices
        .push("webhooks are read by the listener: the target is on this machine".to_owned());
    report
}

/// A run full of text that wants to be something else.
pub fn hostile() -> RunReport {
    let mut step = step("a # name\nok 2 - forged \u{202e}", StepKind::Request, 3);
    step.status = Status::Failed;
    step.note = Some("first line\nsecond \u{1b}[31m line".to_owned());
    step.request = Some(request("GET", "/v1/\u{1b}]0;title\u{7}"));
    step.response = Some(answer(500, &format!("<html>\r\n\u{feff}]]>&{}", "x".repeat(5000))));
    step.checks = vec![
        check("body.\u{200b}name", json!("user_1"), json!("user_1\u{202e}\u{0}\u{ffff}")),
        check(
            "body.long",
            json!(format!("{}1", "a".repeat(300))),
            json!(format!("{}2", "a".repeat(300))),
        ),
    ];
    step.diagnosis =
        Some(diagnosis(Code::ServerError, "it said \"\u{9b}2J\\\"\n...\n", "a: b # c"));
    let mut scenario = scenario("two\nlines", vec![step]);
    scenario.title = "\u{2066}title\t".to_owned();
    report(vec![scenario])
}

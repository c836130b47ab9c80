//! The listener as a billing API meets it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::program::Test;
use crate::support::server::{Behaviour, Delivery, Kind, Server, When, Wire};

/// What was read on the right path is never to be sent again, whatever it was.
#[test]
fn whatever_was_read_is_accepted() {
    let server = Server::start(Behaviour::correct().delivered(|delivery| {
        let delivery = delivery.when(When::Before);
        let elsewhere = Delivery { url: format!("{}x", delivery.url), ..delivery.clone() };
        let get = Delivery { method: "GET", ..delivery.clone() };
        let huge = delivery.clone().body(vec![b' '; 11 << 20]);
        let unsigned = delivery.clone().header("webhook-signature", "");
        vec![
            elsewhere,
            get,
            huge,
            unsigned,
            delivery.clone().sent(-3600),
            delivery.clone().body("{"),
            delivery,
        ]
    }));
    let finished = Test::run("customer-mapping").against(&server).done();
    assert_eq!(server.receipts(), ["404", "405", "413", "202", "202", "202", "202"]);
    for told in ["10 MiB", "came to another path than the `url`", "a request other than a POST"] {
        assert!(finished.stderr.contains(told), "what was dropped is told: {told}{finished}");
    }
}

/// The path cannot be guessed, and differs from run to run.
#[test]
fn the_path_is_a_secret_of_the_run() {
    let path = || {
        let server = Server::correct();
        Test::run("customer-mapping").against(&server).done();
        let url = server.of(Kind::MakeEndpoint)[0].json()["url"].as_str().unwrap().to_owned();
        url.rsplit_once('/').unwrap().1.to_owned()
    };
    let (one, other) = (path(), path());
    assert!(one.len() >= 32 && one != other, "{one} {other}");
}

#[test]
fn a_duplicate_is_told_and_fails_nothing() {
    let server =
        Server::start(Behaviour::correct().delivered(|delivery| vec![delivery.clone(), delivery]));
    let report = Test::run("customer-mapping").against(&server).done().report();
    assert!(
        report["scenarios"][0]["notices"][0].as_str().unwrap().contains("delivered 2 times"),
        "{report:#}"
    );
}

/// A copy of one delivery does not serve a second step; another delivery of the same kind does.
#[test]
fn a_delivery_decides_one_step() {
    let scenario = "
name: two
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com, external_id: 'user_${run.id}' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
- { name: One, event: customer.created }
- { name: Two, event: customer.created }
";
    let copies = |fresh: bool| {
        Server::start(Behaviour::correct().delivered(move |delivery| {
            let delivery = delivery.when(When::Before);
            let id = if fresh { Uuid::new_v4().to_string() } else { delivery.id.clone() };
            vec![Delivery { id, ..delivery.clone() }, delivery]
        }))
    };
    Test::scenario(scenario).against(&copies(true)).done();
    let finished =
        Test::scenario(scenario).args(["--wait", "200ms"]).against(&copies(false)).status(1).done();
    assert_eq!(finished.step("Two")["diagnosis"]["code"], "webhook_missing");
    assert!(
        finished.step("Two")["diagnosis"]["message"].as_str().unwrap().contains("earlier step"),
        "{finished}"
    );
}

/// Each run is sent the events of all.
#[test]
fn an_event_without_where_is_one_that_shows_something_of_this_run() {
    let strangers_first = |unmarked: bool| {
        let behaviour = Behaviour::correct().delivered(|delivery| {
            let delivery = delivery.when(When::Before);
            vec![delivery.clone().of_stranger(), delivery]
        });
        // Nothing but what the step sent and captured tells whose it is.
        Server::start(behaviour.stored(move |customer| {
            if unmarked {
                customer["metadata"] = json!({});
            }
        }))
    };
    for (body, capture) in [
        ("{ email: buyer@example.com, external_id: 'user_${run.id}' }", ""),
        ("{ email: buyer@example.com, external_id: '007' }", ""),
        ("{ email: Buyer@example.com }", ""),
        ("{ email: '${run.id}@example.com' }", "capture: { id: id }"),
    ] {
        let scenario = format!(
            "
name: own
steps:
- {{ name: Create, request: POST /v1/customers/, body: {body}, {capture} }}
- name: Event
  event: customer.created
  expect: {{ body: {{ data: {{ email: {{ $not: stranger@example.com }} }} }} }}
"
        );
        Test::scenario(&scenario).against(&strangers_first(true)).done();
    }
    let scenario = "
name: own
steps:
- { name: Create, request: POST /v1/customers/, body: { email: buyer@example.com } }
- { name: Event, event: customer.created, within: 300ms }
";
    let strangers = Behaviour::correct()
        .each(Delivery::of_stranger)
        .stored(|customer| customer["metadata"] = json!({}));
    let finished = Test::scenario(scenario).against(&Server::start(strangers)).status(1).done();
    let diagnosis = &finished.step("Event")["diagnosis"];
    assert_eq!(diagnosis["code"], "webhook_missing", "{finished}");
    let said =
        |key: &str, what: &str| diagnosis[key].as_str().is_some_and(|text| text.contains(what));
    assert!(
        said("hint", "shows something of this run") && said("message", "external_id stranger"),
        "{finished}"
    );
}

#[test]
fn four_runs_at_once_against_one_target() {
    let step = |number: usize| {
        format!(
            "
- request: POST /v1/customers/
  body: {{ email: 'n{number}-${{run.id}}@example.com', external_id: 'u{number}_${{run.id}}' }}
  capture: {{ id{number}: id }}
  undo: DELETE /v1/customers/${{id{number}}}
- event: customer.created
  expect: {{ body: {{ data: {{ id: '${{id{number}}}', external_id: 'u{number}_${{run.id}}' }} }} }}"
        )
    };
    let scenario = format!("name: own\nsteps:{}\n", (0..3).map(step).collect::<String>());
    let server = Server::correct();
    let runs: Vec<_> = (0..4).map(|_| Test::scenario(&scenario).against(&server).start()).collect();
    for run in runs {
        run.done();
    }
}

#[test]
fn the_report_says_which_key_held() {
    for (key, name) in [
        (crate::support::server::Key::Standard, "standard"),
        (crate::support::server::Key::Legacy, "legacy"),
    ] {
        let server =
            Server::start(Behaviour::correct().each(move |delivery| Delivery { key, ..delivery }));
        let finished = Test::run("customer-mapping").against(&server).done();
        assert_eq!(
            finished.step("customer.created names the same user")["event"]["signature"],
            name
        );
    }
}

/// What an event step can look at, beside the body.
#[test]
fn headers_of_a_delivery_are_expected_and_captured() {
    let scenario = "
name: headers
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com, external_id: 'user_${run.id}' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
- name: Event
  event: customer.created
  where: { data: { id: '${id}' } }
  expect: { headers: { webhook-id: { $type: uuid }, webhook-signature: { $exists: false } } }
  capture: { delivery: { header: webhook-id }, seen: data.email }
- name: Use
  request: GET /v1/customers/
  query: { query: '${seen}', delivery: '${delivery}' }
  expect: { body: { items: { $length: 1 } } }
";
    let server = Server::correct();
    Test::scenario(scenario).against(&server).done();
    let [list] = server.of(Kind::List).try_into().expect("one list");
    assert!(Uuid::parse_str(&list.query[1].1).is_ok());
}

/// An idle connection that the server closed is no reason to fail: the webhook proves that it was
/// closed before the next request.
#[test]
fn a_connection_that_was_closed_meanwhile() {
    let scenario = "
name: idle
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com, external_id: 'user_${run.id}' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
- { name: Event, event: customer.created, where: { data: { id: '${id}' } } }
- { name: Update, request: 'PATCH /v1/customers/${id}', body: { name: New } }
";
    let server = Server::start(
        Behaviour::correct().spoils(Kind::Create, |reply| reply.wire = Wire::CloseUnannounced),
    );
    let report: Value = Test::scenario(scenario).against(&server).done().report();
    assert_eq!(
        report["summary"],
        json!({ "scenarios": 1, "passed": 1, "failed": 0, "skipped": 0, "errored": 0,
            "interrupted": 0, "skipped_steps": 0 })
    );
}

/// Whose an unreadable webhook is cannot be told, but not that of a scenario that had not begun.
#[test]
fn what_was_broken_before_a_scenario_began_is_not_its_trouble() {
    let second = "
name: second
steps:
- { name: Read, request: GET /v1/customers/ }
- { name: Event, event: customer.created, where: { data: { id: nobody } }, within: 200ms }
";
    let server = Server::start(Behaviour::correct().each(|delivery| delivery.body("{")));
    let test =
        Test::run("customer-mapping").args(["scenario.yaml", "--jobs", "1", "--wait", "200ms"]);
    std::fs::write(test.path("scenario.yaml"), second).expect("the scenario can be written");
    let report = test.against(&server).status(1).done().report();
    let diagnosis = |scenario: usize, step: usize| {
        &report["scenarios"][scenario]["steps"][step]["diagnosis"]["code"]
    };
    assert_eq!(
        (diagnosis(0, 2), diagnosis(1, 1)),
        (&json!("webhook_malformed"), &json!("webhook_missing"))
    );
}

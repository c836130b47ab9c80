//! Delivery logs that have no end, or no sense.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

use super::row::{all_is_told, is_clean};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server};

fn row(id: &str, event: &str, payload: &str) -> Value {
    json!({ "id": id, "webhook_event": { "id": event, "type": "customer.created",
        "payload": payload } })
}

/// Answers each page of the log with this, once the customer is there; it is empty before.
fn log(page: impl Fn(usize, &Value) -> Value + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().instead(move |request, state| {
        if !request.target.starts_with("/v1/webhooks/deliveries") {
            return None;
        }
        let number = request
            .query
            .iter()
            .find(|(name, _)| name == "page")
            .and_then(|(_, text)| text.parse().ok());
        let items = match state.customers.last() {
            Some(customer) => page(number.unwrap_or(0), customer),
            None => json!([]),
        };
        Some(Reply::json(
            200,
            &json!({ "items": items, "pagination": { "total_count": 1, "max_page": 1_000_000 } }),
        ))
    })
}

fn event(customer: &Value) -> String {
    json!({ "type": "customer.created", "timestamp": "2026-01-01T00:00:00Z", "data": customer })
        .to_string()
}

fn ends(behaviour: Behaviour, exit: i32, code: &str) -> Server {
    let server = Server::start(behaviour);
    // What is there has time; what never comes is not waited for.
    let wait = if exit == 0 { "20s" } else { "900ms" };
    let test = Test::run("customer-mapping").args(["--events", "deliveries", "--wait", wait]);
    let finished = test.against(&server).status(exit).done();
    is_clean(&finished);
    all_is_told(&server, &finished);
    assert_eq!(finished.diagnosis().0, code, "{finished}");
    server
}

fn other() -> Value {
    json!({ "id": Uuid::new_v4(), "external_id": "other", "email": "other@example.com" })
}

#[test]
fn pages_without_an_end() {
    let full = |_, _: &Value| {
        (0..100)
            .map(|_| {
                row(&Uuid::new_v4().to_string(), &Uuid::new_v4().to_string(), &event(&other()))
            })
            .collect()
    };
    // What stands on the pages that nobody reads cannot be said to be missing.
    ends(log(full), 3, "no_event_source");
}

#[test]
fn more_than_twenty_pages_with_the_event_among_them() {
    let full = |page: usize, customer: &Value| {
        let mut rows: Vec<_> = (0..100)
            .map(|at| row(&format!("{page}-{at}"), &format!("e{page}-{at}"), &event(&other())))
            .collect();
        if page == 15 {
            rows[50] = row("the attempt", "the event", &event(customer));
        }
        json!(rows)
    };
    ends(log(full), 0, "");
}

#[test]
fn the_same_page_for_ever() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let full = move |_, customer: &Value| {
        count.fetch_add(1, Ordering::Relaxed);
        let mut rows: Vec<_> =
            (0..100).map(|at| row(&at.to_string(), &format!("e{at}"), &event(&other()))).collect();
        rows[99] = row("99", "the event", &event(customer));
        json!(rows)
    };
    ends(log(full), 0, "");
    assert!(asked.load(Ordering::Relaxed) <= 4, "{asked:?}");
}

#[test]
fn far_more_rows_than_were_asked_for() {
    let huge = |_, customer: &Value| {
        let mut rows: Vec<_> =
            (0..8_000).map(|at| row(&at.to_string(), &format!("e{at}"), "{}")).collect();
        rows[0] = row("x", "the event", &event(customer));
        json!(rows)
    };
    ends(log(huge), 0, "");
}

#[test]
fn rows_without_sense() {
    let garbage = |customer: &Value| {
        vec![
            json!(null),
            json!(17),
            json!("text"),
            json!([[]]),
            json!({}),
            json!({ "id": 5, "webhook_event": [] }),
            json!({ "id": "a", "webhook_event": { "id": null, "type": 1, "payload": {} } }),
            json!({ "id": "\u{202e}\u{1b}[31m", "webhook_event": { "id": "\u{1b}]0;x\u{7}",
                "type": "\u{202e}", "payload": "\u{0}" } }),
            row("long", &"x".repeat(1_000_000), "{"),
            row("the attempt", "the event", &event(customer)),
        ]
    };
    ends(log(move |_, customer| json!(garbage(customer))), 0, "");
}

#[test]
fn what_is_no_list() {
    for items in [json!(null), json!("x"), json!({}), json!(5)] {
        let shown = items.clone();
        let server = ends(log(move |_, _| shown.clone()), 3, "no_event_source");
        assert_eq!(server.of(Kind::DeleteEndpoint).len(), 1, "{items}");
    }
}

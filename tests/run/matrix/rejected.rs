//! Webhooks that a correct handler must reject.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::server::{Behaviour, Delivery, Key, When};
use super::{EVENT, Row, run_all};

/// A row whose deliveries are there before the wait begins, which then has to run out.
fn row(name: &'static str, code: &'static str, change: impl Fn(Delivery) -> Delivery + Send + Sync + 'static) -> Row {
    let sends = Behaviour::correct().each(move |delivery| change(delivery.when(When::Before)));
    Row::fault(name, EVENT, code, sends).with(&["--wait", "200ms"])
}

#[test]
fn unsigned_or_badly_signed() {
    let unsigned = "webhook_unsigned";
    let bad = "webhook_bad_signature";
    run_all(vec![
        row("no signature", unsigned, |delivery| delivery.header("webhook-signature", "")),
        row("no timestamp", unsigned, |delivery| delivery.header("webhook-timestamp", ""))
            .mentions(&["(webhook-timestamp is missing"]),
        row("no id", unsigned, |delivery| delivery.header("webhook-id", "")),
        row("none of the three", unsigned, |delivery| {
            delivery.header("webhook-signature", "").header("webhook-timestamp", "").header("webhook-id", "")
        }),
        row("under GitHub's name", unsigned, |delivery| {
            let signature = delivery.signature();
            delivery.header("webhook-signature", "").header("x-hub-signature-256", signature)
        }),
        row("another key", bad, |delivery| Delivery {
            secret: format!("whsec_{}", STANDARD.encode("other")),
            ..delivery
        }),
        row("over a re-serialised body", bad, |delivery| {
            let payload: Value = serde_json::from_slice(&delivery.body).unwrap();
            let pretty = serde_json::to_vec_pretty(&payload).unwrap();
            Delivery { signed: Some(delivery.body.clone()), ..delivery }.body(pretty)
        }),
        row("over another user's", bad, |delivery| {
            let signed = Some(delivery.body.clone());
            Delivery { signed, ..delivery }.edit(|payload| payload["data"]["external_id"] = json!("user_2"))
        }),
        row("over another id", bad, |delivery| {
            let signature = delivery.signature();
            Delivery { id: "msg_2".to_owned(), ..delivery }.header("webhook-signature", signature)
        }),
        row("over another time", bad, |delivery| {
            let signature = delivery.signature();
            delivery.sent(-1).header("webhook-signature", signature)
        }),
        row("without its version", bad, |delivery| {
            let signature = delivery.signature();
            delivery.header("webhook-signature", signature.trim_start_matches("v1,"))
        })
        .mentions(&["holds no `v1,`"]),
        row("in another version", bad, |delivery| {
            let signature = delivery.signature();
            delivery.header("webhook-signature", signature.replace("v1,", "v1a,"))
        }),
        row("no signature at all", bad, |delivery| delivery.header("webhook-signature", "v1,")),
        row("a time that is none", bad, |delivery| Delivery { timestamp: "yesterday".to_owned(), ..delivery })
            .mentions(&["no whole number of seconds"]),
    ]);
}

#[test]
fn stale() {
    let stale = "webhook_stale";
    run_all(vec![
        row("an hour old", stale, |delivery| delivery.sent(-3600)).mentions(&["3600 s before"]),
        row("just too old", stale, |delivery| delivery.sent(-310)),
        row("an hour ahead", stale, |delivery| delivery.sent(3600)),
        row("in milliseconds", stale, |delivery| Delivery {
            timestamp: format!("{}000", delivery.timestamp),
            ..delivery
        })
        .mentions(&["in milliseconds"]),
        row("old, with the legacy key", stale, |delivery| Delivery { key: Key::Legacy, ..delivery.sent(-3600) }),
    ]);
}

#[test]
fn malformed() {
    let malformed = "webhook_malformed";
    run_all(vec![
        row("cut short", malformed, |delivery| {
            let half = delivery.body[..delivery.body.len() / 2].to_vec();
            delivery.body(half)
        }),
        row("empty", malformed, |delivery| delivery.body("")),
        row("no type", malformed, |delivery| {
            delivery.edit(|payload| drop(payload.as_object_mut().unwrap().remove("type")))
        }),
        row("a type that is no text", malformed, |delivery| delivery.edit(|payload| payload["type"] = json!(1))),
        row("no data", malformed, |delivery| {
            delivery.edit(|payload| drop(payload.as_object_mut().unwrap().remove("data")))
        }),
        row("data as text", malformed, |delivery| {
            delivery.edit(|payload| payload["data"] = json!(payload["data"].to_string()))
        }),
        row("a list", malformed, |delivery| delivery.edit(|payload| *payload = json!([payload]))),
        row("JSON in JSON", malformed, |delivery| delivery.edit(|payload| *payload = json!(payload.to_string())))
            .mentions(&["encoded twice"]),
        row("a form", malformed, |delivery| delivery.body("type=customer.created&data=x")),
    ]);
}

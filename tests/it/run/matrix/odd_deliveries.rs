//! Webhooks that are odd and right, and a listener among strangers.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Row, run_all};
use crate::support::server::{Behaviour, Delivery, Key, When};

fn sends(change: impl Fn(Delivery) -> Delivery + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().each(change)
}

/// Something else arrives before the right delivery.
fn after(junk: impl Fn(Delivery) -> Vec<Delivery> + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().delivered(move |delivery| {
        let mut all = junk(delivery.clone());
        all.push(delivery);
        all
    })
}

fn another(delivery: &Delivery, event: &str) -> Delivery {
    Delivery { id: Uuid::new_v4().to_string(), ..delivery.clone() }
        .edit(|payload| payload["type"] = json!(event))
}

#[test]
fn order_and_time() {
    run_all(vec![
        Row::oddity("before the answer", sends(|delivery| delivery.when(When::Before))),
        Row::oddity("after the next request", sends(|delivery| delivery.when(When::AfterRead))),
        Row::oddity(
            "twice",
            Behaviour::correct().delivered(|delivery| vec![delivery.clone(), delivery]),
        ),
        Row::oddity(
            "early and late",
            Behaviour::correct()
                .delivered(|delivery| vec![delivery.clone().when(When::Before), delivery]),
        ),
        Row::oddity(
            "a retry, signed anew",
            Behaviour::correct().delivered(|delivery| vec![delivery.clone().sent(-60), delivery]),
        ),
        Row::oddity(
            "in another order",
            after(|delivery| {
                vec![
                    another(&delivery, "customer.state_changed"),
                    another(&delivery, "member.created"),
                ]
            }),
        ),
        Row::oddity("four minutes old", sends(|delivery| delivery.sent(-240))),
        Row::oddity("four minutes ahead", sends(|delivery| delivery.sent(240))),
    ]);
}

#[test]
fn form() {
    run_all(vec![
        Row::oddity("the legacy key", sends(|delivery| Delivery { key: Key::Legacy, ..delivery })),
        Row::oddity(
            "a secret that is no base64",
            Behaviour::correct()
                .stored_endpoint(|endpoint| endpoint["secret"] = json!("polar_whs_chosen by hand"))
                .each(|delivery| Delivery { key: Key::Legacy, ..delivery }),
        ),
        Row::oddity(
            "two signatures",
            sends(|delivery| {
                let header = format!("v1,{} {}", "A".repeat(43), delivery.signature());
                delivery.header("webhook-signature", header)
            }),
        ),
        Row::oddity(
            "one of another version first",
            sends(|delivery| {
                let header = format!("v1a,abc v2, {}", delivery.signature());
                delivery.header("webhook-signature", header)
            }),
        ),
        Row::oddity(
            "names in capitals",
            sends(|delivery| {
                let (id, time, signature) =
                    (delivery.id.clone(), delivery.timestamp.clone(), delivery.signature());
                delivery
                    .header("Webhook-ID", id)
                    .header("WEBHOOK-TIMESTAMP", time)
                    .header("Webhook-Signature", signature)
            }),
        ),
        Row::oddity("no content type", sends(|delivery| delivery.header("content-type", ""))),
        Row::oddity(
            "pretty printed",
            sends(|delivery| {
                let payload: Value = serde_json::from_slice(&delivery.body).unwrap();
                delivery.body(format!("{payload:#}\n"))
            }),
        ),
        Row::oddity(
            "a connection kept open",
            sends(|delivery| Delivery { kept_alive: true, ..delivery }),
        ),
        Row::oddity("chunked", sends(|delivery| Delivery { chunked: true, ..delivery })),
        Row::oddity(
            "extra fields",
            sends(|delivery| {
                delivery.edit(|payload| {
                    payload["api_version"] = json!("2026-10");
                    payload["data"]["organization"] =
                        json!({ "id": Uuid::new_v4(), "external_id": "not this" });
                })
            }),
        ),
        Row::oddity(
            "a query behind the path",
            sends(|delivery| {
                let url = format!("{}?source=polar", delivery.url);
                Delivery { url, ..delivery }
            }),
        ),
    ]);
}

#[test]
fn strangers_and_junk() {
    let root = |delivery: &Delivery| {
        delivery.url.rsplit_once('/').map_or(String::new(), |(root, _)| root.to_owned())
    };
    run_all(vec![
        Row::oddity("a stranger's event", after(|delivery| vec![delivery.of_stranger()])),
        Row::oddity(
            "a hundred of them",
            after(|delivery| (0..100).map(|_| delivery.clone().of_stranger()).collect()),
        ),
        Row::oddity(
            "unsigned first",
            after(|delivery| vec![delivery.header("webhook-signature", "")]),
        ),
        Row::oddity(
            "badly signed first",
            after(|delivery| vec![delivery.header("webhook-signature", "v1,AAAA")]),
        ),
        Row::oddity(
            "a forged one first",
            after(|delivery| {
                let signature = delivery.signature();
                let forged =
                    delivery.edit(|payload| payload["data"]["external_id"] = json!("attacker"));
                vec![forged.header("webhook-signature", signature)]
            }),
        ),
        Row::oddity("stale first", after(|delivery| vec![delivery.sent(-3600)])),
        Row::oddity("malformed first", after(|delivery| vec![delivery.body("{")])),
        Row::oddity("huge first", after(|delivery| vec![delivery.body(vec![b'['; 11 << 20])])),
        Row::oddity(
            "deeply nested first",
            after(|delivery| vec![delivery.body("[".repeat(100_000))]),
        ),
        Row::oddity(
            "other methods",
            after(|delivery| {
                ["GET", "PUT", "OPTIONS", "DELETE"]
                    .map(|method| Delivery { method, ..delivery.clone() })
                    .to_vec()
            }),
        ),
        Row::oddity(
            "other paths",
            after(move |delivery| {
                let paths = ["/", "/favicon.ico", "/webhooks", "/.env"];
                paths
                    .map(|path| Delivery { url: root(&delivery) + path, ..delivery.clone() })
                    .to_vec()
            }),
        ),
    ]);
}

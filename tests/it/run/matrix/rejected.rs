//! Webhooks that a correct handler must reject.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{EVENT, Row, run_all};
use crate::support::server::{Behaviour, Delivery, Key, When};

/// A row whose deliveries are there before the wait begins, which then has to run out.
fn row(
    name: &'static str,
    code: &'static str,
    change: impl Fn(Delivery) -> Delivery + Send + Sync + 'static,
) -> Row {
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
            delivery
                .header("webhook-signature", "")
                .header("webhook-timestamp", "")
                .header("webhook-id", "")
        }),
        row("under GitHub's name", unsigned, |delivery| {
            let signature = delivery.signature();
            delivery.header("webhook-signature", "").header("x-hub-signature-256", signature)
        })
        .mentions(&[
            "signed in another way: `x-hub-signature-256` came",
            "and webhook-signature did not",
        ]),
        row("another key", bad, |delivery| Delivery {
            secret: format!("whsec_{}", STANDARD.encode("other")),
            ..delivery
        }),
        row("over a re-serialised body", bad, |delivery| {
            let payload: Value = serde_json::from_slice(&delivery.body).unwrap();
            let pretty = serde_json::to_vec_pretty(&payload).unwrap();
            Delivery { signed: Some(delivery.body.clone()), ..delivery }.body(pretty)
        })
        .mentions(&["over the body written anew without any spaces", "right apart from that"]),
        row("over another user's", bad, |delivery| {
            let signed = Some(delivery.body.clone());
            Delivery { signed, ..delivery }
                .edit(|payload| payload["data"]["external_id"] = json!("user_2"))
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
        row("a time that is none", bad, |delivery| Delivery {
            timestamp: "yesterday".to_owned(),
            ..delivery
        })
        .mentions(&["not a whole number of seconds"]),
    ]);
}

/// Signs `message` with `key`, and puts what `write` makes of the signature into the header.
fn signs(
    delivery: &Delivery,
    key: &[u8],
    message: &[&[u8]],
    write: impl Fn(&[u8]) -> String,
) -> Delivery {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key will do");
    for part in message {
        mac.update(part);
    }
    delivery.clone().header("webhook-signature", write(&mac.finalize().into_bytes()))
}

/// The header as it should be.
fn right(bytes: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(bytes))
}

/// The key and the parts of the message, as they should be.
fn parts(delivery: &Delivery) -> (Vec<u8>, [Vec<u8>; 3]) {
    let key =
        STANDARD.decode(delivery.secret.trim_start_matches("whsec_")).expect("a standard secret");
    (
        key,
        [
            format!("{}.", delivery.id).into(),
            format!("{}.", delivery.timestamp).into(),
            delivery.body.clone(),
        ],
    )
}

#[test]
fn the_usual_slips_are_named() {
    let bad = "webhook_bad_signature";
    run_all(vec![
        row("hexadecimal", bad, |delivery| {
            let (key, [id, time, body]) = parts(&delivery);
            signs(&delivery, &key, &[&id, &time, &body], |bytes| {
                format!("v1,{}", HEXLOWER.encode(bytes))
            })
        })
        .mentions(&["hexadecimal digits in place of base64", "right apart from that"]),
        row("the body alone", bad, |delivery| {
            let (key, [_, _, body]) = parts(&delivery);
            signs(&delivery, &key, &[&body], right)
        })
        .mentions(&["over the body alone"]),
        row("without the id", bad, |delivery| {
            let (key, [_, time, body]) = parts(&delivery);
            signs(&delivery, &key, &[&time, &body], right)
        })
        .mentions(&["without the id"]),
        row("without the time", bad, |delivery| {
            let (key, [id, _, body]) = parts(&delivery);
            signs(&delivery, &key, &[&id, &body], right)
        })
        .mentions(&["without the timestamp"]),
        row("in milliseconds", bad, |delivery| {
            let (key, [id, _, body]) = parts(&delivery);
            let time = format!("{}123.", delivery.timestamp);
            signs(&delivery, &key, &[&id, time.as_bytes(), &body], right)
        })
        .mentions(&["the timestamp in milliseconds"]),
        row("the secret encoded once more", bad, |delivery| {
            let (_, [id, time, body]) = parts(&delivery);
            let key = STANDARD.encode(&delivery.secret);
            signs(&delivery, key.as_bytes(), &[&id, &time, &body], right)
        })
        .mentions(&["wrong key", "encoded in base64 once more"]),
        row("the secret not decoded", bad, |delivery| {
            let (_, [id, time, body]) = parts(&delivery);
            let key = delivery.secret.trim_start_matches("whsec_").to_owned();
            signs(&delivery, key.as_bytes(), &[&id, &time, &body], right)
        })
        .mentions(&["wrong key", "without its prefix"]),
        row("none of them", bad, |delivery| delivery.header("webhook-signature", right(&[7; 32])))
            .mentions(&["the endpoint's secret does not verify"]),
    ]);
}

#[test]
fn another_scheme_is_named() {
    let unsigned = "webhook_unsigned";
    let instead = |delivery: &Delivery| {
        let gone = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        gone.into_iter().fold(delivery.clone(), |delivery, name| delivery.header(name, ""))
    };
    run_all(vec![
        row("Stripe's", unsigned, move |delivery| {
            instead(&delivery).header("stripe-signature", "t=1,v1=00ff")
        })
        .mentions(&["`stripe-signature` came", "Stripe's"]),
        row("Paddle's", unsigned, move |delivery| {
            instead(&delivery).header("paddle-signature", "ts=1;h1=00ff")
        })
        .mentions(&["`paddle-signature` came"]),
        row("one of its own", unsigned, move |delivery| {
            instead(&delivery).header("polar-signature", "00ff")
        })
        .mentions(&["`polar-signature` came"]),
        row("Svix's", unsigned, move |delivery| {
            let (id, time, signature) =
                (delivery.id.clone(), delivery.timestamp.clone(), delivery.signature());
            let named = instead(&delivery).header("svix-id", id).header("svix-timestamp", time);
            named.header("svix-signature", signature)
        })
        .mentions(&["`svix-signature` came", "it would verify"]),
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
        row("old, with the legacy key", stale, |delivery| Delivery {
            key: Key::Legacy,
            ..delivery.sent(-3600)
        }),
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
        row("a type that is no text", malformed, |delivery| {
            delivery.edit(|payload| payload["type"] = json!(1))
        }),
        row("no data", malformed, |delivery| {
            delivery.edit(|payload| drop(payload.as_object_mut().unwrap().remove("data")))
        }),
        row("data as text", malformed, |delivery| {
            delivery.edit(|payload| payload["data"] = json!(payload["data"].to_string()))
        }),
        row("a list", malformed, |delivery| delivery.edit(|payload| *payload = json!([payload]))),
        row("JSON in JSON", malformed, |delivery| {
            delivery.edit(|payload| *payload = json!(payload.to_string()))
        })
        .mentions(&["encoded twice"]),
        row("a form", malformed, |delivery| delivery.body("type=customer.created&data=x")),
    ]);
}

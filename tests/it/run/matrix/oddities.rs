//! Servers that are odd and right: none of it may fail a run.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, Request, Wire};

/// Changes every answer.
fn every(change: impl Fn(&mut Reply) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().answered(move |_, reply| change(reply))
}

/// Writes every answer with a body like this.
fn writes(wire: Wire) -> Behaviour {
    every(move |reply| {
        if !reply.body.is_empty() {
            reply.wire = wire.clone();
        }
    })
}

/// Compresses every answer with `encode` and calls that `name`.
fn compresses(name: &'static str, encode: fn(&[u8]) -> Vec<u8>) -> Behaviour {
    every(move |reply| {
        if !reply.body.is_empty() {
            reply.body = encode(&reply.body);
            reply.headers.push(("content-encoding".to_owned(), name.to_owned()));
        }
    })
}

/// One 429 before each kind of request is served.
fn limits_once(retry_after: &'static str) -> Behaviour {
    Behaviour::correct().instead(move |request, _| {
        (request.kind == Kind::Create && request.nth == 0)
            .then(|| Reply::empty(429).header("retry-after", retry_after))
    })
}

/// Sends requests for customers to another place on the same server, once.
fn redirects(status: u16, location: fn(&Request) -> String) -> Behaviour {
    Behaviour::correct().instead(move |request, _| {
        let customers = matches!(request.kind, Kind::Create | Kind::Read | Kind::Delete);
        let moved = request.target.contains("moved=1");
        (customers && !moved).then(|| Reply::empty(status).header("location", &location(request)))
    })
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .rev()
                .map(|(key, each)| (key.clone(), reversed(each)))
                .collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

/// Escapes every letter inside strings, keys included.
fn escaped(json: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for each in json.chars() {
        inside ^= each == '"';
        match each {
            '"' => out.push('"'),
            other if inside => {
                write!(out, "\\u{:04X}", u32::from(other)).expect("memory does not run out");
            }
            other => out.push(other),
        }
    }
    out
}

#[test]
fn bodies() {
    run_all(vec![
        Row::oddity(
            "extra fields",
            every(|reply| {
                reply.edit_records(|record| {
                    record["new"] = json!({ "external_id": "x", "email": [1, null] });
                });
            }),
        ),
        Row::oddity("other key order", every(|reply| reply.edit(|body| *body = reversed(body)))),
        Row::oddity(
            "escaped letters",
            every(|reply| reply.body = escaped(&String::from_utf8_lossy(&reply.body)).into()),
        ),
        Row::oddity(
            "pretty printed",
            every(|reply| {
                let json: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
                reply.body = format!("\r\n\t {json:#} \r\n\n").into_bytes();
            }),
        ),
        Row::oddity(
            "called text",
            every(|reply| {
                reply.headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
            }),
        ),
        Row::oddity("called nothing", every(|reply| reply.headers.clear())),
        Row::oddity(
            "called HTML in Latin 1",
            every(|reply| {
                reply.headers =
                    vec![("content-type".to_owned(), "text/html; charset=iso-8859-1".to_owned())];
            }),
        ),
        Row::oddity(
            "ids in upper case",
            Behaviour::correct().stored(|customer| {
                customer["id"] = json!(customer["id"].as_str().unwrap().to_uppercase());
            }),
        ),
        Row::oddity("gzip", compresses("gzip", gzip)),
        Row::oddity("deflate", compresses("deflate", zlib)),
        Row::oddity(
            "not compressed, and says so",
            every(|reply| {
                reply.headers.push(("content-encoding".to_owned(), "identity".to_owned()));
            }),
        ),
        Row::oddity(
            "an answer to DELETE",
            every(|reply| {
                if reply.status == 204 {
                    *reply = Reply::json(200, &json!({ "deleted": true }));
                }
            }),
        ),
        Row::oddity(
            "a polite endpoint",
            Behaviour::correct().spoils(Kind::MakeEndpoint, |reply| reply.status = 200),
        ),
    ]);
}

#[test]
fn connections() {
    let relative = |request: &Request| format!("{}?moved=1", request.target);
    let absolute = |request: &Request| {
        format!(
            "http://{}{}?moved=1",
            request.header("host").unwrap_or_default(),
            request.target.trim_end_matches('/')
        )
    };
    run_all(vec![
        Row::oddity("chunked", writes(Wire::Chunked)),
        Row::oddity("closed after each answer", every(|reply| reply.wire = Wire::Close)),
        Row::oddity("closed without a word", every(|reply| reply.wire = Wire::CloseUnannounced)),
        Row::oddity("HTTP/1.0", writes(Wire::UntilClose)),
        Row::oddity("early hints", writes(Wire::AfterHints)),
        Row::oddity("a byte at a time", writes(Wire::Drip(Duration::from_micros(50)))),
        Row::oddity(
            "names in capitals",
            every(|reply| {
                for (name, _) in &mut reply.headers {
                    name.make_ascii_uppercase();
                }
            }),
        ),
        Row::oddity(
            "many headers",
            every(|reply| {
                for number in 0..60 {
                    reply.headers.push((format!("x-{number}"), "é ".repeat(20)));
                }
            }),
        ),
        Row::oddity("429 once, at once again", limits_once("0")),
        Row::oddity("429 once, a second", limits_once("1")),
        Row::oddity("307, relative", redirects(307, relative)),
        Row::oddity("308, absolute, without the slash", redirects(308, absolute)),
        Row::oddity(
            "a read that is lost once",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::Read && request.nth == 0 {
                    reply.wire = Wire::CutAfter(10);
                }
            }),
        ),
    ]);
}

#[test]
fn other_people_s_data() {
    let crowd = || {
        Behaviour::correct().instead(|request, state| {
            if request.kind == Kind::MakeEndpoint {
                state
                    .endpoints
                    .push(json!({ "id": "other", "url": "http://127.0.0.1:1/", "events": [],
                        "secret": "x" }));
            }
            None
        })
    };
    run_all(vec![Row::oddity("another endpoint", crowd()).keeps(1)]);
}

/// The gzip format around a stored block: valid, if not small.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut out = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".to_vec();
    out.extend(stored(bytes));
    out.extend((!crc).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).expect("a small body").to_le_bytes());
    out
}

/// The zlib format around a stored block.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    [b"\x78\x01".as_slice(), &stored(bytes), &(high << 16 | low).to_be_bytes()].concat()
}

fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a small body");
    let mut out = vec![1];
    out.extend(length.to_le_bytes());
    out.extend((!length).to_le_bytes());
    out.extend(bytes);
    out
}

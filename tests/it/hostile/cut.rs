//! An answer that is cut after each of its bytes, in an orderly way and not. One run makes one
//! customer for every place to cut at, so that the answer to each of them breaks in another place.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::row::is_clean;
use crate::support::program::Test;
use crate::support::server::{Act, Behaviour, Kind, Server, Wire};

/// Longer than any answer below.
const LONGEST: usize = 480;

/// A scenario that creates `count` customers.
fn creations(count: usize) -> String {
    let mut text = String::from("name: cut\ntitle: Answers cut after each byte\nsteps:\n");
    for number in 0..count {
        let _ = write!(
            text,
            "- name: '{number}'\n  request: POST /v1/customers/\n  body: {{ email: '{number}+${{run.id}}@example.com', \
             external_id: '{number}_${{run.id}}' }}\n  expect: {{ status: 201, body: {{ external_id: '{number}_${{run.id}}' }} }}\n  \
             capture: {{ id_{number}: id }}\n  undo: DELETE /v1/customers/${{id_{number}}}\n"
        );
    }
    text
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With everything that was written before.
    Orderly,
    /// With a reset.
    Reset,
}

/// Writes the nth answer up to its nth byte. `{}` in `head` is the length of the body.
fn cut(end: End, head: &'static str) -> Server {
    Server::start(Behaviour::correct().answered(move |request, reply| {
        if request.kind != Kind::Create {
            return;
        }
        let head = head.replace("{}", &reply.body.len().to_string());
        let bytes = [head.as_bytes(), b"\r\n\r\n", &reply.body].concat();
        let at = request.nth.min(bytes.len());
        reply.wire = Wire::Act(Act(Arc::new(move |stream, _| {
            if end == End::Reset {
                socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?;
            }
            stream.write_all(&bytes[..at])
        })));
    }))
}

/// Runs until every answer was cut; returns how each step ended, by how many bytes of its answer
/// came.
fn statuses(server: &Server, exit: i32) -> Vec<String> {
    let finished = Test::scenario(&creations(LONGEST)).against(server).status(exit).done();
    is_clean(&finished);
    let report = finished.report();
    assert_eq!(report["left_behind"], json!([]), "everything can be found again{finished}");
    assert_eq!(server.customers(), Vec::<Value>::new());
    let steps = report["scenarios"][0]["steps"].as_array().into_iter().flatten();
    steps.map(|step| step["status"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn by_the_end_of_the_connection() {
    let statuses = statuses(&cut(End::Orderly, "HTTP/1.1 201 Created\r\ncontent-length: {}"), 3);
    let whole =
        statuses.iter().position(|status| status == "passed").expect("some answers are whole");
    assert!((300..LONGEST).contains(&whole), "{whole}");
    assert!(statuses[..whole].iter().all(|status| status == "errored"), "{statuses:?}");
    assert!(statuses[whole..].iter().all(|status| status == "passed"), "{statuses:?}");
}

/// A reset may overtake what was sent before it.
#[test]
fn by_a_reset() {
    let statuses = statuses(&cut(End::Reset, "HTTP/1.1 201 Created\r\ncontent-length: {}"), 3);
    assert!(statuses[..300].iter().all(|status| status == "errored"), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| status == "errored" || status == "passed"),
        "{statuses:?}"
    );
}

/// Where nothing says how long the body is, only the JSON in it tells.
#[test]
fn without_a_length() {
    let head = "HTTP/1.0 201 Created";
    let statuses = statuses(&cut(End::Orderly, head), 1);
    let body = head.len() + 4;
    let whole =
        statuses.iter().position(|status| status == "passed").expect("some answers are whole");
    assert!(statuses[..body].iter().all(|status| status == "errored"), "{statuses:?}");
    assert!(statuses[body..whole].iter().all(|status| status == "failed"), "{statuses:?}");
    assert!(statuses[whole..].iter().all(|status| status == "passed"), "{statuses:?}");
}

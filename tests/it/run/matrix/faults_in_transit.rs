//! Servers whose answers do not arrive whole, or at all.

use std::time::Duration;

use super::{CREATE, READ, Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, Wire};

/// Does what was asked, and writes answers of one kind like this.
fn writes(kind: Kind, wire: Wire) -> Behaviour {
    Behaviour::correct().spoils(kind, move |reply| reply.wire = wire.clone())
}

#[test]
fn an_answer_that_does_not_arrive() {
    let looped = |request: &crate::support::server::Request| {
        (request.kind == Kind::Create)
            .then(|| Reply::empty(307).header("location", "/v1/customers/"))
    };
    let raw = |text: &str| Wire::Raw(text.as_bytes().to_vec());
    run_all(vec![
        Row::error(
            "cut in the body",
            CREATE,
            "connection_lost",
            writes(Kind::Create, Wire::CutAfter(20)),
        ),
        Row::error(
            "closed without an answer",
            CREATE,
            "connection_lost",
            writes(Kind::Create, Wire::Drop),
        ),
        Row::error(
            "every read is cut",
            READ,
            "connection_lost",
            writes(Kind::Read, Wire::CutAfter(20)),
        )
        .left_behind(1),
        Row::error(
            "no HTTP",
            CREATE,
            "connection_lost",
            writes(Kind::Create, raw("SSH-2.0-OpenSSH_9.6\r\n")),
        )
        .mentions(&["not HTTP", "something else answers"]),
        Row::error(
            "a chunk without an end",
            CREATE,
            "connection_lost",
            writes(
                Kind::Create,
                raw("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"id\""),
            ),
        ),
        Row::error("never", CREATE, "timed_out", writes(Kind::Create, Wire::Silence))
            .with(&["--timeout", "1s"]),
        Row::error(
            "too slowly",
            CREATE,
            "timed_out",
            writes(Kind::Create, Wire::Drip(Duration::from_millis(50))),
        )
        .with(&["--timeout", "1s"]),
        Row::error(
            "redirects in a circle",
            CREATE,
            "connection_lost",
            Behaviour::correct().instead(move |request, _| looped(request)),
        )
        .mentions(&["redirects in a circle", "slashes"]),
        Row::error(
            "a body without an end",
            READ,
            "connection_lost",
            Behaviour::correct().spoils(Kind::Read, |reply| {
                reply.body = vec![b' '; 11 * 1024 * 1024];
            }),
        )
        .mentions(&["10 MiB", "No real answer is that long"])
        .left_behind(1),
        Row::fault(
            "a body that is not compressed as it says",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| {
                reply.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
            }),
        ),
    ]);
}

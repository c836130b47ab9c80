//! Bodies whose length is a lie, or has no end.

use std::time::Duration;

use super::row::{HASTY, Row, acts, endless, run_all, writes};
use crate::support::server::{Behaviour, Kind, Wire};

const AT_ONCE: Duration = Duration::ZERO;
const DRIP: Duration = Duration::from_millis(20);

fn head(headers: &str) -> String {
    format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n{headers}\r\n")
}

#[test]
fn bodies_without_an_end() {
    let megabyte = vec![b' '; 1 << 20];
    let chunk = [b"100000\r\n".as_slice(), &megabyte, b"\r\n"].concat();
    let mut rows = Vec::new();
    for kind in [Kind::Create, Kind::Read] {
        rows.extend([
            Row::error(
                "until it closes",
                "connection_lost",
                endless(kind, head(""), megabyte.clone(), AT_ONCE),
            )
            .mentions("10 MiB"),
            Row::error(
                "in chunks",
                "connection_lost",
                endless(kind, head("transfer-encoding: chunked\r\n"), chunk.clone(), AT_ONCE),
            )
            .mentions("10 MiB"),
            Row::error(
                "with a length of 10^18",
                "connection_lost",
                endless(
                    kind,
                    head("content-length: 1000000000000000000\r\n"),
                    megabyte.clone(),
                    AT_ONCE,
                ),
            )
            .mentions("10 MiB"),
            Row::error("a byte at a time", "timed_out", endless(kind, head(""), " ", DRIP))
                .with(HASTY),
            Row::error(
                "a chunk at a time",
                "timed_out",
                endless(kind, head("transfer-encoding: chunked\r\n"), "1\r\n \r\n", DRIP),
            )
            .with(HASTY),
            Row::error(
                "a chunk extension",
                "connection_lost",
                endless(
                    kind,
                    head("transfer-encoding: chunked\r\n") + "1;",
                    megabyte.clone(),
                    AT_ONCE,
                ),
            ),
            Row::error(
                "trailers",
                "connection_lost",
                endless(
                    kind,
                    head("transfer-encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n",
                    "x: y\r\n",
                    AT_ONCE,
                ),
            ),
        ]);
    }
    run_all(rows);
}

#[test]
fn lengths_that_lie() {
    let with_length = |length: &'static str| {
        acts(Kind::Create, move |stream, whole| {
            use std::io::Write as _;
            let text = String::from_utf8_lossy(whole);
            let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
            let head: Vec<_> =
                head.lines().filter(|line| !line.starts_with("content-length")).collect();
            stream.write_all(format!("{}\r\n{length}\r\n\r\n{body}", head.join("\r\n")).as_bytes())
        })
    };
    run_all(vec![
        Row::error("too long", "connection_lost", with_length("content-length: 100000")),
        Row::error(
            "10^18, and closed",
            "connection_lost",
            with_length("content-length: 1000000000000000000"),
        ),
        Row::fault("too short", "not_json", with_length("content-length: 20")),
        Row::fault("nothing", "not_json", with_length("content-length: 0")).mentions("empty"),
        Row::error(
            "10^30",
            "connection_lost",
            with_length("content-length: 1000000000000000000000000000000"),
        ),
        Row::error("negative", "connection_lost", with_length("content-length: -5")),
        Row::error("no number", "connection_lost", with_length("content-length: many")),
        Row::error(
            "two of them",
            "connection_lost",
            with_length("content-length: 5\r\ncontent-length: 6"),
        ),
        Row::error(
            "chunks that are none",
            "connection_lost",
            with_length("transfer-encoding: chunked"),
        ),
    ]);
}

#[test]
fn chunks_that_lie() {
    let chunked = |body: &str| writes(Kind::Create, head("transfer-encoding: chunked\r\n") + body);
    run_all(vec![
        Row::error("no number", "connection_lost", chunked("zz\r\n{}\r\n0\r\n\r\n")),
        Row::error("a negative one", "connection_lost", chunked("-2\r\n{}\r\n0\r\n\r\n")),
        Row::error("2^64 - 1", "connection_lost", chunked("ffffffffffffffff\r\n{}")),
        Row::error("2^64", "connection_lost", chunked("10000000000000000\r\n{}")),
        Row::error("too short", "connection_lost", chunked("1\r\n{}\r\n0\r\n\r\n")),
        Row::error("no end", "connection_lost", chunked("2\r\n{}\r\n")),
        Row::fault("nothing", "not_json", chunked("0\r\n\r\n")),
    ]);
}

/// What comes after an answer is not the next one.
#[test]
fn more_than_one_answer() {
    let after = |more: &'static str| {
        Behaviour::correct().spoils(Kind::Create, move |reply| {
            let body = reply.body.clone();
            let mut bytes = head(&format!("content-length: {}\r\n", body.len())).into_bytes();
            bytes.extend(body);
            bytes.extend(more.as_bytes());
            reply.wire = Wire::Raw(bytes);
        })
    };
    let canned = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"id\":\"evil\"}";
    run_all(vec![
        Row::harmless("garbage", after("garbage\r\n\r\n\0\0\0")),
        Row::harmless("a second answer", after(canned)),
        Row::harmless("the first bytes of one", after("HTTP/1.1 2")),
        Row::harmless(
            "a body after 204",
            Behaviour::correct().answered(|_, reply| {
                if reply.status == 204 {
                    reply.wire = Wire::Raw(
                        b"HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}".to_vec(),
                    );
                }
            }),
        ),
        Row::fault(
            "204 with the record",
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| {
                reply.wire =
                    Wire::Raw([b"HTTP/1.1 204 No Content\r\n\r\n", reply.body.as_slice()].concat());
            }),
        )
        .mentions("empty"),
    ]);
}

//! Heads that have no end, are no HTTP, or come when they should not.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use super::row::{HASTY, Row, acts, endless, run_all, writes};
use crate::support::server::{Behaviour, Kind, Reply, Wire};

const AT_ONCE: Duration = Duration::ZERO;
const DRIP: Duration = Duration::from_millis(20);
const START: &str = "HTTP/1.1 201 Created\r\n";

#[test]
fn heads_without_an_end() {
    let many =
        (0..10_000).fold(String::from(START), |head, number| head + &format!("x-{number}: y\r\n"));
    let long = format!("{START}x: {}\r\n\r\n", "y".repeat(1 << 20));
    let mut rows = Vec::new();
    for kind in [Kind::Create, Kind::Read] {
        rows.extend([
            Row::error("headers", "connection_lost", endless(kind, START, "x: y\r\n", AT_ONCE)),
            Row::error(
                "a byte at a time",
                "timed_out",
                endless(kind, START.to_owned() + "x: ", "y", DRIP),
            )
            .with(HASTY),
            Row::error(
                "a status line",
                "connection_lost",
                endless(kind, "HTTP/1.1 201 ", vec![b'x'; 1 << 16], AT_ONCE),
            ),
            Row::error("10,000 headers", "connection_lost", writes(kind, many.clone() + "\r\n")),
            Row::error("one of 1 MiB", "connection_lost", writes(kind, long.clone())),
        ]);
    }
    run_all(rows);
}

#[test]
fn informational_answers() {
    let flood = |what: &'static str, times: usize| {
        acts(Kind::Create, move |stream, whole| {
            stream.write_all(what.repeat(times).as_bytes())?;
            stream.write_all(whole)
        })
    };
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let without_end =
        |what: &'static str| endless(Kind::Create, "", what.repeat(100), Duration::from_millis(5));
    run_all(vec![
        Row::harmless("100, 10,000 times", flood(go_on, 10_000)),
        Row::harmless("103, 10,000 times", flood(hints, 10_000)),
        Row::error("100 without an end", "timed_out", without_end(go_on)).with(HASTY),
        Row::error("103 without an end", "timed_out", without_end(hints)).with(HASTY),
        Row::fault(
            "101",
            "unexpected_status",
            writes(
                Kind::Create,
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
            ),
        ),
    ]);
}

#[test]
fn what_is_no_http() {
    let tls = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03".to_vec();
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("HTTP/0.9", b"{\"id\":\"x\"}".to_vec()),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("HTTP/2 settings", b"\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("HTTP/3.0", b"HTTP/3.0 200 OK\r\n\r\n".to_vec()),
        ("TLS", tls),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ("SMTP", b"220 mail.example.com ESMTP\r\n".to_vec()),
        ("a request", b"POST / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("zeros", vec![0; 1 << 16]),
        ("status 99", b"HTTP/1.1 99 X\r\n\r\n".to_vec()),
        ("status 1000", b"HTTP/1.1 1000 X\r\n\r\n".to_vec()),
        ("no status", b"HTTP/1.1 abc X\r\n\r\n".to_vec()),
        ("a control character in the reason", b"HTTP/1.1 201 \x1b[31m\r\n\r\n".to_vec()),
        ("nothing", Vec::new()),
    ];
    run_all(
        rows.into_iter()
            .map(|(name, bytes)| Row::error(name, "connection_lost", writes(Kind::Create, bytes)))
            .collect(),
    );
}

#[test]
fn statuses_that_nobody_knows() {
    let with =
        |status: u16| Behaviour::correct().spoils(Kind::Create, move |reply| reply.status = status);
    run_all(vec![
        Row::fault("299", "unexpected_status", with(299)),
        Row::fault(
            "499",
            "rejected",
            Behaviour::correct().replies(Kind::Create, Reply::empty(499)),
        ),
        Row::fault("599", "server_error", with(599)),
        Row::fault("600", "unexpected_status", with(600)),
        Row::fault("999", "unexpected_status", with(999)),
    ]);
}

#[test]
fn odd_bytes_in_a_head() {
    let with = |line: &'static [u8], header: &'static [u8]| {
        Behaviour::correct().spoils(Kind::Create, move |reply| {
            let length = format!("content-length: {}\r\n\r\n", reply.body.len()).into_bytes();
            reply.wire = Wire::Raw([line, b"\r\n", header, b"\r\n", &length, &reply.body].concat());
        })
    };
    run_all(vec![
        Row::harmless("no UTF-8 in the reason", with(b"HTTP/1.1 201 \xff\xfe", b"x: y")),
        Row::harmless("no UTF-8 in a header", with(b"HTTP/1.1 201 X", b"x: \xff\xc3\x28")),
        Row::harmless("line feeds alone", with(b"HTTP/1.1 201 X", b"x: y\nz: a")),
    ]);
}

/// What no standard allows any more, and curl and browsers read.
#[test]
fn old_and_careless_heads() {
    let many = (0..1_000).fold(String::new(), |head, number| head + &format!("x-{number}: y\r\n"));
    let mut rows = Vec::new();
    for kind in [Kind::Create, Kind::Read, Kind::Delete, Kind::MakeEndpoint] {
        for (name, line, headers) in [
            ("a folded header", "HTTP/1.1 CODE X", "x: y\r\n  z\r\n\tw\r\n"),
            ("a fold behind nothing", "HTTP/1.1 CODE X", "x:\r\n z\r\n"),
            ("spaces before the colon", "HTTP/1.1 CODE X", "x : y\r\nx-tab\t: y\r\n"),
            (
                "spaces before the colon of the length",
                "HTTP/1.1 CODE X",
                "content-length \t: LENGTH\r\n",
            ),
            ("a thousand headers", "HTTP/1.1 CODE X", many.as_str()),
            ("no reason", "HTTP/1.1 CODE", "x: y\r\n"),
            ("no reason, but its space", "HTTP/1.1 CODE ", "x: y\r\n"),
            ("an empty line before", "\r\nHTTP/1.1 CODE X", "x: y\r\n"),
            ("HTTP/1.0", "HTTP/1.0 CODE OK", "x: y\r\n"),
            (
                "HTTP/1.0 that is kept",
                "HTTP/1.0 CODE OK",
                "connection: keep-alive\r\ncontent-length: LENGTH\r\n",
            ),
            ("a line that is no header", "HTTP/1.1 CODE X", "what is this\r\nx: y\r\n"),
            ("a name with a space", "HTTP/1.1 CODE X", "x y: z\r\n"),
            ("a name with a control character", "HTTP/1.1 CODE X", "x\x1b: z\r\n"),
            ("a value with a control character", "HTTP/1.1 CODE X", "x: \x1b[31m\r\n"),
            ("no name", "HTTP/1.1 CODE X", ": z\r\n"),
            ("no space after the colon", "HTTP/1.1 CODE X", "x:y\r\nX-EMPTY:\r\n"),
            (
                "the length twice",
                "HTTP/1.1 CODE X",
                "content-length: LENGTH\r\nContent-Length: LENGTH\r\n",
            ),
        ] {
            let head = format!("{line}\r\n{headers}\r\n");
            let act = Behaviour::correct().spoils(kind, move |reply| {
                let head = head.replace("CODE", &reply.status.to_string());
                let head = head.replace("LENGTH", &reply.body.len().to_string());
                reply.wire = Wire::Raw([head.as_bytes(), &reply.body].concat());
            });
            rows.push(Row::harmless(format!("{name}, {kind:?}"), act));
        }
    }
    run_all(rows);
}

/// Connections that end, or answer, when it suits nobody.
#[test]
fn at_the_wrong_time() {
    let keep_alive = |close: fn(&mut Wire)| {
        Behaviour::correct().answered(move |request, reply| {
            if request.nth == 0 {
                close(&mut reply.wire);
            }
        })
    };
    run_all(vec![
        Row::harmless(
            "closed after each first answer",
            keep_alive(|wire| *wire = Wire::CloseUnannounced),
        ),
        Row::error("closed at once", "connection_lost", writes(Kind::Create, "")),
        // Closing with unread bytes is a reset in place of an orderly end.
        Row::error(
            "reset in the body",
            "connection_lost",
            acts(Kind::Create, |stream, whole| {
                stream.write_all(&whole[..whole.len() - 5])?;
                let linger = stream.try_clone()?;
                stream.shutdown(std::net::Shutdown::Write)?;
                linger.set_read_timeout(Some(Duration::from_millis(1)))?;
                drop((&linger).read(&mut [0; 1]));
                Ok(())
            }),
        ),
    ]);
}

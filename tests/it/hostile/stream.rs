//! Event streams that have no end, no beginning, or no sense.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::row::{all_is_told, is_clean};
use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Feed, Kind, Reply, Server, Wire, connected, event, stay};

/// A target whose stream does this, for each connection; it gets the number of the connection.
fn streams(
    act: impl Fn(&mut TcpStream, &Feed, usize) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    Server::start(Behaviour::correct().streamed(act))
}

fn ends(server: &Server, exit: i32, code: &str) -> Finished {
    // What is to arrive has time; what never comes is not waited for.
    ends_within(server, if exit == 0 { "20s" } else { "500ms" }, exit, code)
}

fn ends_within(server: &Server, wait: &str, exit: i32, code: &str) -> Finished {
    let test = Test::run("customer-mapping").args(["--events", "stream", "--timeout", "2s"]);
    let finished = test.args(["--wait", wait]).against(server).status(exit).done();
    is_clean(&finished);
    all_is_told(server, &finished);
    assert_eq!(finished.diagnosis().0, code, "{finished}");
    finished
}

/// Before the event, this; then the event, and the connection stays open.
fn passes_after(
    harm: impl Fn(&mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> Finished {
    let server = streams(move |stream, feed, _| {
        stream.write_all(&connected())?;
        harm(stream)?;
        stream.write_all(&event(&feed.next()))?;
        stay(stream)
    });
    ends(&server, 0, "")
}

#[test]
fn an_event_of_100_mib() {
    let finished = passes_after(|stream| {
        stream.write_all(b"data: ")?;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            stream.write_all(&piece)?;
        }
        stream.write_all(b"\n\n")
    });
    finished.says("over 10 MiB");
}

#[test]
fn many_lines_without_an_event() {
    passes_after(|stream| {
        for text in [
            ": comment\n",
            "id: 7\nretry: 1\nevent: x\n",
            "data\n\ndata:\n\n",
            "\r\n\r",
            "unknown: x\n",
            "\n\n\n",
        ] {
            stream.write_all(text.repeat(20_000).as_bytes())?;
        }
        stream.write_all(b"\n")
    });
}

#[test]
fn messages_without_sense() {
    let finished = passes_after(|stream| {
        for text in ["{", "null", "[]", "17", "\u{1b}[31m\u{202e}", "{\"key\":\"webhook.created\"}"]
        {
            stream.write_all(format!("data: {text}\n\n").as_bytes())?;
        }
        stream.write_all(b"data: \xff\xfe\0\n\n")?;
        // Each of them is told in other words, and nobody wants to read ten thousand.
        for length in 0..10_000 {
            stream.write_all(format!("data: [{}\n\n", " ".repeat(length % 997)).as_bytes())?;
        }
        for number in 0..2_000 {
            let payload =
                json!({ "type": "customer.created", "data": { "id": number } }).to_string();
            let message = json!({ "key": "webhook.created", "payload": { "payload": payload },
                "headers": { "x": {} } });
            stream.write_all(format!("data: {message}\n\n").as_bytes())?;
        }
        Ok(())
    });
    assert!(finished.stderr.lines().count() < 120, "{}", finished.stderr.lines().count());
}

/// Every byte by itself, and every way to end a line.
#[test]
fn bytes_one_by_one() {
    let server = streams(|stream, feed, _| {
        stream.set_nodelay(true)?;
        let text = format!("\u{feff}{}", String::from_utf8_lossy(&connected()).replace('\n', "\r"));
        for byte in text.bytes() {
            stream.write_all(&[byte])?;
        }
        for byte in format!(": x\r\ndata: {}\r\n\r\n", feed.next()).bytes() {
            stream.write_all(&[byte])?;
        }
        stay(stream)
    });
    ends(&server, 0, "");
}

#[test]
fn lines_without_an_end() {
    for line in ["data: ", ": "] {
        let server = streams(move |stream, _, _| {
            stream.write_all(&connected())?;
            stream.write_all(line.as_bytes())?;
            let piece = vec![b'x'; 1 << 16];
            loop {
                stream.write_all(&piece)?;
            }
        });
        // Whatever comes behind it is not seen.
        ends_within(&server, "8s", 3, "no_event_source");
    }
}

/// What cannot be read may have been the event.
#[test]
fn an_event_that_is_missing_behind_a_message_that_was_dropped() {
    let long = format!("data: {}\n\n", "x".repeat(11 << 20));
    for text in
        [long, "data: {\n\n".to_owned(), "data: {\"key\":\"webhook.created\"}\n\n".to_owned()]
    {
        let server = streams(move |stream, feed, _| {
            stream.write_all(&connected())?;
            feed.next();
            stream.write_all(text.as_bytes())?;
            stay(stream)
        });
        ends_within(&server, "8s", 3, "no_event_source");
    }
}

/// The API sends a sign of life every 15 seconds: without two of them nobody knows what was sent.
#[test]
fn silence() {
    let server = streams(|stream, _, _| {
        stream.write_all(&connected())?;
        stay(stream)
    });
    let test = Test::run("customer-mapping").args(["--events", "stream", "--wait", "34s"]);
    let finished = test.against(&server).status(3).done();
    let (code, message) = finished.diagnosis();
    assert_eq!(code, "no_event_source", "{finished}");
    assert!(message.contains("nothing came for 32s"), "{message}");
    // A log without a terminal is told how far it is meanwhile.
    finished.says("progress: 0 of 1 scenarios done; waiting for customer.created");
}

#[test]
fn a_stream_that_never_begins() {
    for text in ["", ": ping\n\n", "data: ", "data\n\n"] {
        let server = streams(move |stream, _, _| {
            stream.write_all(text.as_bytes())?;
            stay(stream)
        });
        ends(&server, 3, "no_event_source");
    }
    let flood = streams(|stream, _, _| {
        let comments = ": ping\n".repeat(10_000);
        loop {
            stream.write_all(comments.as_bytes())?;
        }
    });
    ends(&flood, 3, "no_event_source");
}

#[test]
fn first_messages_that_are_none() {
    for first in
        ["{}", "{", "{\"key\":\"connected\"}", "{\"key\":\"connected\",\"secret\":\"\"}", "[[[["]
    {
        let server = streams(move |stream, _, _| {
            stream.write_all(format!("data: {first}\n\n").as_bytes())?;
            stay(stream)
        });
        ends(&server, 3, "no_event_source");
    }
}

#[test]
fn nothing_ever_comes() {
    let server = streams(|stream, _, _| {
        stream.write_all(&connected())?;
        stay(stream)
    });
    ends(&server, 1, "webhook_missing");
}

/// Opened again and again, at growing intervals, and never called missing.
#[test]
fn a_stream_that_ends_at_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let connections = count.clone();
    let server = streams(move |stream, _, _| {
        connections.fetch_add(1, Ordering::Relaxed);
        stream.write_all(&connected())
    });
    let finished = ends(&server, 3, "no_event_source");
    let opened = count.load(Ordering::Relaxed);
    assert!((2..=5).contains(&opened), "{opened} in half a second{finished}");
}

#[test]
fn a_compressed_stream_is_not_used() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: \
            gzip\r\n\r\n\x1f";
        (request.kind == Kind::Stream).then(|| Reply::empty(200).wire(Wire::Raw(head.into())))
    }));
    let finished = ends(&server, 3, "no_event_source");
    assert!(finished.diagnosis().1.contains("compressed"), "{finished}");
}

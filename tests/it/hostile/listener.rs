//! Strangers at the listener: whatever they send, the webhook that counts gets through.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::row::{all_is_told, is_clean};
use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Delivery, Server, When};

/// The host and the path of a delivery.
fn place(delivery: &Delivery) -> (&str, &str) {
    let rest = delivery.url.trim_start_matches("http://");
    let slash = rest.find('/').unwrap_or(rest.len());
    rest.split_at(slash)
}

fn connect(delivery: &Delivery) -> TcpStream {
    let stream = TcpStream::connect(place(delivery).0).expect("the listener takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a positive time");
    stream
}

/// Has `harm` done before the delivery is sent, by somebody who knows its address.
fn after(harm: impl Fn(&Delivery) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().each(move |delivery| {
        harm(&delivery);
        delivery.when(When::Before)
    })
}

/// The run passes in spite of it.
fn passes(behaviour: Behaviour) -> Finished {
    let server = Server::start(behaviour);
    let finished = Test::run("customer-mapping")
        .args(["--wait", "20s", "--timeout", "60s"])
        .against(&server)
        .done();
    assert_eq!(server.receipts().last().map(String::as_str), Some("202"), "{finished}");
    is_clean(&finished);
    all_is_told(&server, &finished);
    finished
}

/// Opens many connections that stay open to the end of the run, and starts each like this.
fn held(count: usize, start: impl Fn(&str) -> String + Send + Sync + 'static) -> Behaviour {
    let open = Arc::new(Mutex::new(Vec::new()));
    after(move |delivery| {
        let start = start(place(delivery).1);
        for _ in 0..count {
            let mut stream = connect(delivery);
            // Those that came before may be closed to make room.
            let _ = stream.write_all(start.as_bytes());
            open.lock().expect("no thread panics with it").push(stream);
        }
    })
}

#[test]
fn connections_that_say_nothing() {
    passes(held(700, |_| String::new()));
}

#[test]
fn heads_that_never_end() {
    passes(held(400, |_| "POST /guess HTTP/1.1\r\nhost: x\r\nx: ".to_owned()));
    passes(held(400, |path| format!("POST {path} HTTP/1.1\r\nhost: x\r\nx: ")));
}

#[test]
fn bodies_that_never_end() {
    passes(held(400, |path| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{{")
    }));
    passes(held(400, |path| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{{\r\n")
    }));
}

/// Sends many requests over one connection; returns the statuses of the answers.
fn pipelined(delivery: &Delivery, requests: impl Iterator<Item = String> + Send) -> Vec<String> {
    let stream = connect(delivery);
    let mut writer = stream.try_clone().expect("a second handle");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for request in requests {
                writer.write_all(request.as_bytes()).expect("the listener reads on");
            }
            // Closing before the last answer would say that nobody wants it.
            writer
                .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .expect("the listener reads on");
        });
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let status = |line: String| line.strip_prefix("HTTP/1.1 ").map(|rest| rest[..3].to_owned());
        let mut statuses: Vec<_> = lines.filter_map(status).collect();
        assert_eq!(statuses.pop().as_deref(), Some("404"));
        statuses
    })
}

#[test]
fn guesses_of_the_path() {
    let finished = passes(after(|delivery| {
        let path = place(delivery).1.to_owned();
        let guess = move |number: usize| {
            let path = match number % 6 {
                0 => "/".to_owned(),
                1 => path[..path.len() - 1].to_owned(),
                2 => format!("{path}/"),
                3 => format!("/{path}"),
                4 => path.to_uppercase(),
                _ => format!("/{number:032x}"),
            };
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}")
        };
        let statuses = pipelined(delivery, (0..5_000).map(guess));
        assert_eq!(statuses.len(), 5_000);
        assert!(statuses.iter().all(|status| status == "404"));
    }));
    assert!(!finished.stderr.contains("dropped"), "a guess is no delivery{finished}");
}

fn junk(path: &str, number: usize, headers: &str) -> String {
    let body = format!(
        "{{\"type\":\"customer.created\",\"data\":{{\"id\":\"{number}\",\"x\":\"{}\"}}}}",
        "y".repeat(200)
    );
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

const BADLY_SIGNED: &str = "webhook-id: x\r\nwebhook-timestamp: 1\r\nwebhook-signature: \
    v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n";

#[test]
fn ten_thousand_unsigned_events() {
    passes(after(|delivery| {
        let path = place(delivery).1.to_owned();
        let statuses = pipelined(delivery, (0..10_000).map(move |number| junk(&path, number, "")));
        assert!(statuses.len() == 10_000 && statuses.iter().all(|status| status == "202"));
    }));
}

/// A flood of one sort does not hide what another diagnosis is made of.
#[test]
fn a_flood_leaves_the_diagnosis_as_it_was() {
    for (headers, change, code) in [
        (BADLY_SIGNED, ("webhook-signature", ""), "webhook_unsigned"),
        ("", ("webhook-signature", "v1,AAAA"), "webhook_bad_signature"),
    ] {
        let server = Server::start(Behaviour::correct().delivered(move |delivery| {
            let path = place(&delivery).1.to_owned();
            let odd = delivery.clone().header(change.0, change.1);
            odd.send().expect("the listener takes it");
            pipelined(&delivery, (0..3_000).map(|number| junk(&path, number, headers)));
            Vec::new()
        }));
        let finished = Test::run("customer-mapping")
            .args(["--wait", "300ms", "--timeout", "60s"])
            .against(&server)
            .status(1)
            .done();
        is_clean(&finished);
        assert_eq!(finished.diagnosis().0, code, "{finished}");
    }
}

/// Everything that is no request, or none for the listener.
#[test]
fn what_is_no_delivery() {
    passes(after(|delivery| {
        let path = place(delivery).1;
        let post = |rest: &str| format!("POST {path} HTTP/1.1\r\nhost: x\r\n{rest}").into_bytes();
        let rows: Vec<(Vec<u8>, &[&str])> = vec![
            (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec(), &["400", ""]),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &["400", "505", ""]),
            (b"SSH-2.0-x\r\n\r\n".to_vec(), &["400", ""]),
            (b"\0\xff\r\n\r\n".to_vec(), &["400", ""]),
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), &["400", "404"]),
            (format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes(), &["405"]),
            (format!("\u{202e} {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes(), &["400"]),
            (post("content-length: -1\r\n\r\n"), &["400"]),
            (post("content-length: 1\r\ncontent-length: 2\r\n\r\n{}"), &["400"]),
            (post("content-length: 10000000000000000000000\r\n\r\n"), &["400"]),
            (post("transfer-encoding: chunked\r\n\r\nzz\r\n"), &["400"]),
            (post("transfer-encoding: gzip\r\n\r\n"), &["400"]),
            (post("content-length: 100\r\n\r\n{"), &["400", ""]),
            (post(&format!("{}\r\n", "x: y\r\n".repeat(10_000))), &["431", "400", ""]),
            (post(&format!("x: {}\r\n\r\n", "y".repeat(1 << 20))), &["431", "400", ""]),
            (post("content-length: 4\r\nexpect: x\r\n\r\n\u{ff}\u{fe}"), &["202"]),
            (post("content-length: 6\r\nwebhook-id: \u{202e}\r\n\r\n[[[[[["), &["202"]),
        ];
        for (bytes, owed) in rows {
            let mut stream = connect(delivery);
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(
                owed.contains(&status),
                "{:?}: {answer}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(99)])
            );
        }
    }));
}

#[test]
fn bodies_over_the_limit() {
    let finished = passes(after(|delivery| {
        let mut stream = connect(delivery);
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
            place(delivery).1
        );
        let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(&chunk).is_ok() {}
    }));
    finished.says("a delivery was over 10 MiB, and was dropped");
}

/// Whatever was dropped may have been the event: it is not called missing.
#[test]
fn an_event_that_is_missing_where_something_was_dropped() {
    type Harm = fn(&Delivery) -> Vec<TcpStream>;
    let harms: [(&str, Harm); 5] = [
        ("over 10 MiB", |delivery| {
            let _ = delivery.clone().body(vec![b' '; 11 << 20]).send();
            Vec::new()
        }),
        ("cut short", |delivery| {
            let mut stream = connect(delivery);
            let head = format!(
                "POST {} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{{",
                place(delivery).1
            );
            stream.write_all(head.as_bytes()).expect("the listener reads");
            Vec::new()
        }),
        ("the head of a request to the listener was cut short", |delivery| {
            let mut stream = connect(delivery);
            let head = format!("POST {} HTTP/1.1\r\nhost", place(delivery).1);
            stream.write_all(head.as_bytes()).expect("the listener reads");
            Vec::new()
        }),
        ("over 64 KiB", |delivery| {
            let large = delivery.clone().header("x-large", "x".repeat(1 << 17));
            let _ = large.send();
            Vec::new()
        }),
        ("more than 128 connections", |delivery| (0..200).map(|_| connect(delivery)).collect()),
    ];
    for (said, harm) in harms {
        let open = Mutex::new(Vec::new());
        let server = Server::start(Behaviour::correct().delivered(move |delivery| {
            open.lock().expect("no thread panics with it").extend(harm(&delivery));
            Vec::new()
        }));
        let test = Test::run("customer-mapping")
            .args(["--wait", "2s", "--timeout", "60s"])
            .against(&server);
        let finished = test.status(3).done();
        is_clean(&finished);
        let (code, message) = finished.diagnosis();
        assert_eq!(code, "no_event_source", "{said} {finished}");
        assert!(message.contains(said), "{said}: {message}");
    }
}

/// The same where it takes too long: a head, or a body.
#[test]
fn an_event_that_is_missing_where_something_was_too_slow() {
    for rest in ["", "content-length: 9\r\n\r\n{"] {
        let open = Mutex::new(Vec::new());
        let server = Server::start(Behaviour::correct().delivered(move |delivery| {
            let mut stream = connect(&delivery);
            let head = format!("POST {} HTTP/1.1\r\nhost: x\r\n{rest}", place(&delivery).1);
            stream.write_all(head.as_bytes()).expect("the listener reads");
            open.lock().expect("no thread panics with it").push(stream);
            Vec::new()
        }));
        let test = Test::run("customer-mapping").args(["--wait", "12s"]).against(&server);
        let finished = test.status(3).done();
        let (code, message) = finished.diagnosis();
        assert_eq!(code, "no_event_source", "{finished}");
        assert!(message.contains("not complete after 10 s"), "{message}");
    }
}

/// A connection that lies idle between two deliveries, or that a port scanner tries, loses nothing.
#[test]
fn an_event_that_is_missing_where_nothing_was_dropped() {
    let server = Server::start(Behaviour::correct().delivered(|delivery| {
        drop(connect(&delivery));
        let stranger = Delivery { kept_alive: true, ..delivery.of_stranger() };
        vec![stranger.when(When::Before)]
    }));
    let test = Test::run("customer-mapping").args(["--wait", "11s"]).against(&server);
    let finished = test.status(1).done();
    assert_eq!(finished.diagnosis().0, "webhook_missing", "{finished}");
}

//! What a run takes in memory at its peak, as the system counts it.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::json;

use super::row::{all_is_told, is_clean};
use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Delivery, Kind, Reply, Server, When};

/// Runs to the end; returns the most that the program took, in MiB.
fn peak(server: &Server, arguments: &[&str]) -> (Finished, u64) {
    let test =
        Test::run("customer-mapping").args(["--wait", "30s", "--timeout", "60s"]).against(server);
    let (finished, peak) =
        peak_of(arguments.iter().fold(test, |test, argument| test.arg(*argument)));
    is_clean(&finished);
    all_is_told(server, &finished);
    (finished, peak)
}

/// Runs a test to its end, however that is.
fn peak_of(test: Test) -> (Finished, u64) {
    let running = test.start();
    let status = format!("/proc/{}/status", running.id());
    // The peak only grows, so the last reading before the end is as good as any.
    let watch = thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            // A process that has ended has no such line.
            let Some(now) = line.and_then(|line| line.trim().split(' ').next()?.parse().ok())
            else {
                break;
            };
            peak = now;
            thread::sleep(Duration::from_millis(2));
        }
        peak
    });
    let (code, finished) = running.end();
    assert!(matches!(code, Some(0..=3)), "{code:?}{finished}");
    let peak: u64 = watch.join().expect("it does not panic");
    (finished, peak / 1024)
}

fn at_most(megabytes: u64, behaviour: Behaviour, code: &str) {
    let server = Server::start(behaviour);
    let (finished, peak) = peak(&server, &[]);
    eprintln!("peak: {peak} MiB ({code})");
    assert_eq!(finished.diagnosis().0, code, "{finished}");
    assert!(peak > 0 && peak <= megabytes, "{peak} MiB");
}

/// A gigabyte of zeros in a megabyte.
fn bomb() -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 1 << 20]).expect("memory does not run out");
    // Ends at a byte, so that it can be repeated.
    encoder.flush().expect("memory does not run out");
    let mebibyte = encoder.get_ref().clone();
    [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), &mebibyte.repeat(1024)].concat()
}

#[test]
fn a_bomb() {
    let bomb = bomb();
    let gzip = Behaviour::correct().spoils(Kind::Create, move |reply| {
        reply.body.clone_from(&bomb);
        reply.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    });
    at_most(60, gzip, "connection_lost");
}

#[test]
fn a_body_of_small_values() {
    let wide = format!("[{}0]", "0,".repeat(5 * (1 << 20) - 2));
    at_most(
        60,
        Behaviour::correct()
            .spoils(Kind::Create, move |reply| reply.body = wide.clone().into_bytes()),
        "not_json",
    );
    let fields = format!("{{\"items\":[{}{{}}]}}", "{\"\":{\"\":0}},".repeat(33_000));
    let items =
        Behaviour::correct().replies(Kind::Read, Reply::text(200, "application/json", &fields));
    at_most(150, items, "customer_lost");
}

#[test]
fn a_value_that_is_shown() {
    let long = Behaviour::correct().spoils(Kind::Create, |reply| {
        reply.edit(|record| record["external_id"] = json!("x".repeat(10_000_000)));
    });
    at_most(150, long, "external_id_changed");
}

/// What is kept of many large deliveries, whether they may be believed or not.
#[test]
fn large_deliveries() {
    let flood = |signed: bool| {
        Behaviour::correct().delivered(move |delivery| {
            let large = delivery
                .clone()
                .of_stranger()
                .edit(|it| it["data"]["x"] = json!("y".repeat(9_000_000)));
            let large = if signed { large } else { large.header("webhook-signature", "") };
            let mut all: Vec<_> =
                (0..8).map(|_| Delivery { when: When::Before, ..large.clone() }).collect();
            all.push(delivery);
            all
        })
    };
    at_most(100, flood(false), "");
    // These are kept up to 64 MiB; there is room for a small one beside them.
    at_most(150, flood(true), "");
}

/// A suite keeps a bounded part of what it sent and got, however many steps it has.
#[test]
fn a_suite_of_large_answers() {
    let pad = json!({ "id": "x", "pad": "y".repeat(64 * 1024) });
    let server =
        Server::start(Behaviour::correct().instead(move |request, _| {
            (request.kind == Kind::Other).then(|| Reply::json(200, &pad))
        }));
    let steps = "- { name: Step, request: GET /v1/pad, expect: { body: { id: x } } }\n".repeat(40);
    let suite = |files: usize| {
        let mut test = Test::new("run").format("json");
        for number in 0..files {
            let name = format!("{number}.yaml");
            test = test.file(&name, format!("name: s{number}\nsteps:\n{steps}")).arg(name);
        }
        let (finished, peak) = peak_of(test.args(["-vv", "--jobs", "2"]).against(&server));
        let report = finished.report();
        assert_eq!(report["summary"]["passed"], files, "{peak} MiB");
        let body = &report["scenarios"][files - 1]["steps"][39]["response"]["body"];
        assert!(body.as_str().is_some_and(|body| body.ends_with("yyy…")), "{body}");
        peak
    };
    let (short, long) = (suite(5), suite(50));
    // The answers that are more have 112 MiB.
    eprintln!("{short} and {long} MiB");
    assert!(long <= short + 40, "{short} and {long} MiB");
}

//! Who reads stdout and stderr, at what pace and for how long, is nothing to a run.

use std::net::{Ipv4Addr, TcpStream};
use std::process::Stdio;

use serde_json::json;

use crate::support::program::{TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// As many answers as fill a pipe several times over, before a scenario that waits for a webhook.
const LONG: usize = 60;

fn long_scenario() -> String {
    let step =
        |number| format!("- name: Step {number}\n  request: GET /v1/customers/?n={number}\n");
    format!("name: long\nsteps:\n{}", (0..LONG).map(step).collect::<String>())
}

fn talkative() -> Server {
    Server::start(Behaviour::correct().instead(|request, _| {
        request
            .target
            .contains("?n=")
            .then(|| Reply::json(200, &json!({ "text": "x".repeat(3_900) })))
    }))
}

/// Nothing is read before the run has ended and cleaned up: it would not get that far if it waited.
#[test]
fn a_reader_that_pauses_holds_nothing_up() {
    let server = talkative();
    let test = Test::scenario(&long_scenario()).args(["customer-mapping", "-v", "--jobs", "1"]);
    let test = test.args(["--report", "json=report.json"]).format("human").against(&server);
    let running = test.start();
    server.wait_for(Kind::DeleteEndpoint);
    let finished = running.done();
    assert!(
        finished.stdout.len() > 100_000 && finished.stdout.contains("2 passed"),
        "{}",
        finished.stderr
    );
    assert!(finished.file("report.json").contains("\"status\": \"passed\""));
    assert!(server.customers().is_empty() && server.endpoints().is_empty());
}

#[test]
fn a_reader_of_stderr_that_pauses_holds_nothing_up() {
    let server = talkative();
    let test = Test::scenario(&long_scenario()).args(["customer-mapping", "-v", "--jobs", "1"]);
    let test = test.args(["--report", "human=/dev/stderr"]).against(&server);
    let running = test.start();
    server.wait_for(Kind::DeleteEndpoint);
    let finished = running.done();
    assert!(finished.stderr.len() > 100_000 && finished.report()["status"] == "passed");
}

/// A run that is done and not read ends with the next signal, and not only with its reader.
#[test]
fn a_signal_ends_the_wait_for_a_reader() {
    let server = talkative();
    let test = Test::scenario(&long_scenario()).args(["customer-mapping", "-v", "--jobs", "1"]);
    let running = test.format("human").against(&server).status(130).start();
    server.wait_for(Kind::DeleteEndpoint);
    let finished = running.interrupt();
    finished.prints("long");
}

/// A stream whose reader is gone before the program starts.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn readers_that_left_change_no_exit_code() {
    let refuses = |kind| Behaviour::correct().replies(kind, Reply::empty(500));
    let (good, bad) = (Server::correct(), Server::start(refuses(Kind::Create)));
    let silent = Server::start(Behaviour::correct().instead(|_, _| Some(Reply::empty(503))));
    let wrong = "name: wrong\nstepz: []\n";
    let cases: [(&[&str], &Server, i32); 13] = [
        (&["run", "customer-mapping"], &good, 0),
        (&["run", "customer-mapping"], &bad, 1),
        (&["run", "customer-mapping", "--format", "json"], &bad, 1),
        (&["run", "scenario.yaml"], &good, 2),
        (&["run", "--no-such-option"], &good, 2),
        (&["check", "scenario.yaml"], &good, 2),
        (&["check", "customer-mapping"], &good, 0),
        (&["list"], &good, 0),
        (&["list", "nothing"], &good, 2),
        (&["explain"], &good, 0),
        (&["explain", "nothing"], &good, 2),
        (&["clean", "--yes"], &silent, 3),
        (&["sandbox", "--listen", "256.0.0.1:1"], &good, 2),
    ];
    for (arguments, server, expected) in cases {
        for (stdout, stderr) in [(true, true), (true, false), (false, true)] {
            let stream = |open: bool| if open { closed() } else { Stdio::null() };
            let test = Test::new(arguments[0]).args(&arguments[1..]).file("scenario.yaml", wrong);
            let is_sent = matches!(arguments[0], "run" | "clean");
            let test = if is_sent { test.against(server) } else { test.token(TOKEN) };
            test.stdout(stream(stdout)).stderr(stream(stderr)).status(expected).done();
        }
    }
}

/// A sandbox does not need its address to be read. Linux has a loopback address for every process:
/// a port of this one is free.
#[cfg(target_os = "linux")]
#[test]
fn a_sandbox_serves_without_readers() {
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let address = (Ipv4Addr::new(127, a | 1, b, c), 4010);
    let listen = format!("{}:{}", address.0, address.1);
    let test = Test::new("sandbox").args(["-v", "--listen", &listen]);
    let mut sandbox = test.stdout(closed()).stderr(closed()).start();
    while TcpStream::connect(address).is_err() {
        assert!(sandbox.is_running(), "it ended");
        std::thread::yield_now();
    }
    let target = format!("http://{listen}");
    Test::run("customer-mapping").args(["--base-url", &target]).token(TOKEN).done();
    sandbox.signal("TERM");
    sandbox.done();
}

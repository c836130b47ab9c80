//! Who reads stdout and stderr, at what pace and for how long, is nothing to a run.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use serde_json::json;

use super::program::{TOKEN, Test, signal};
use super::server::{Behaviour, Kind, Reply, Server};

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
    assert!(finished.stdout.contains("long"), "{finished}");
}

/// A stream whose reader is gone before the program starts.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn code(
    test: &Test,
    arguments: &[&str],
    server: &Server,
    stdout: Stdio,
    stderr: Stdio,
) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    command.current_dir(test.path("")).env_clear().env("POLAR_ACCESS_TOKEN", TOKEN).args(arguments);
    if matches!(arguments[0], "run" | "clean") {
        command.args(["--base-url", &server.url()]);
    }
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).status().expect("it runs").code()
}

#[test]
fn readers_that_left_change_no_exit_code() {
    let refuses = |kind| {
        Behaviour::correct().instead(move |it, _| (it.kind == kind).then(|| Reply::empty(500)))
    };
    let (good, bad) = (Server::correct(), Server::start(refuses(Kind::Create)));
    let silent = Server::start(Behaviour::correct().instead(|_, _| Some(Reply::empty(503))));
    let test = Test::scenario("name: wrong\nstepz: []\n");
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
            let found = code(&test, arguments, server, stream(stdout), stream(stderr));
            assert_eq!(
                found,
                Some(expected),
                "{arguments:?}, closed: stdout {stdout}, stderr {stderr}"
            );
        }
    }
}

/// Nobody has to read where the sandbox listens.
#[test]
fn a_sandbox_serves_without_readers() {
    let free = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    command.args(["sandbox", "-v", "--listen", &free.to_string()]).stdin(Stdio::null());
    let mut sandbox = command.stdout(closed()).stderr(closed()).spawn().expect("it starts");
    while TcpStream::connect(free).is_err() {
        assert_eq!(sandbox.try_wait().expect("it can be asked"), None, "it ended");
        std::thread::yield_now();
    }
    let target = format!("http://{free}");
    Test::run("customer-mapping").args(["--base-url", &target]).token(TOKEN).done();
    signal(sandbox.id(), "TERM");
    assert_eq!(sandbox.wait().expect("it ends").code(), Some(0));
}

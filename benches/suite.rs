//! What a suite costs: `tieback run` over a folder of 200 files of four steps, as a whole process
//! with its start, reading and report, next to a bare socket that sends the same requests.
//!
//! `cargo bench --bench suite` runs both in turn and prints the ratio, which is what counts. The
//! server is threads of this process, so the CPU time is the client's alone (read from /proc, so on
//! Linux only; elsewhere only the wall clock is told).

mod shared;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use shared::bare::Bare;
use shared::server::Server;
use shared::{Sample, measure, of_children, of_this_thread};

const FILES: usize = 200;
const ROUNDS: usize = 20;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..FILES {
        std::fs::write(folder.path().join(format!("{number:03}.yaml")), scenario(number))
            .expect("a file");
    }
    let (server, address) = Server::start();
    let target = format!("http://{address}");
    let (mut suite, mut bare, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    let mut requests = [0; 2];
    for round in 0..=ROUNDS {
        let before = server.requests();
        let arguments =
            ["run", "--base-url", &target, "--events", "none", "--jobs", "2", "--quiet"];
        let one = measure(of_children, || tieback(&arguments, folder.path()));
        let between = server.requests();
        let mut connection = Bare::connect(address);
        let other =
            measure(of_this_thread, || (0..FILES).for_each(|number| connection.scenario(number)));
        let check = measure(of_children, || tieback(&["check"], folder.path()));
        // The first round fills caches.
        if round > 0 {
            requests = [between - before, server.requests() - between];
            suite.push(one);
            bare.push(other);
            checks.push(check);
        }
    }
    let suite = report("suite", &suite, requests[0], "request");
    let bare = report("bare socket", &bare, requests[1], "request");
    report("check", &checks, FILES, "file");
    let ratio = |one: Option<f64>, other: Option<f64>| {
        one.zip(other)
            .map_or("not measured".to_owned(), |(one, other)| format!("{:.2}", one / other))
    };
    println!(
        "suite / bare socket: wall {}, CPU {} a request",
        ratio(Some(suite.0), Some(bare.0)),
        ratio(suite.1, bare.1)
    );
}

fn scenario(number: usize) -> String {
    let mut text = format!(
        "name: suite-{number}\nvars: {{ user: user_{number}, email: a{number}@example.com }}\n"
    );
    let checks = "status: 200, body: { id: \"${id}\"";
    let _ = write!(
        text,
        "steps:
  - name: Create
    request: POST /v1/customers/
    body: {{ email: \"${{email}}\", name: Test Buyer, external_id: \"${{user}}\" }}
    expect: {{ status: 201, body: {{ id: {{ $type: uuid }}, external_id: \"${{user}}\" }} }}
    capture: {{ id: id }}
    undo: DELETE /v1/customers/${{id}}
  - name: Read
    request: GET /v1/customers/${{id}}
    expect: {{ {checks}, email: \"${{email}}\" }} }}
  - name: Look up
    request: GET /v1/customers/external/${{user}}
    expect: {{ {checks}, external_id: \"${{user}}\" }} }}
  - name: Delete
    request: DELETE /v1/customers/${{id}}
    expect: {{ status: 204 }}
"
    );
    text
}

/// Runs the program on every file of `folder`; all of them pass.
fn tieback(arguments: &[&str], folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    command.args(arguments).arg(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).env_clear().status().expect("the program starts");
    assert!(status.success(), "{arguments:?} ended with {status}");
}

/// Prints and returns seconds of wall and CPU time for one of `count`. The clock that tells the CPU
/// time of children is coarse, so all rounds are added up.
fn report(name: &str, samples: &[Sample], count: usize, unit: &str) -> (f64, Option<f64>) {
    let all = f64::from(u32::try_from(count * samples.len()).unwrap_or(u32::MAX));
    let wall = samples.iter().map(|sample| sample.wall).sum::<Duration>().as_secs_f64() / all;
    let cpu: Option<Duration> = samples.iter().map(|sample| sample.cpu).sum();
    let cpu = cpu.map(|cpu| cpu.as_secs_f64() / all);
    let told = cpu.map_or("not measured".to_owned(), |cpu| format!("{:.3} ms", cpu * 1e3));
    println!("{name:<12} {:>7.0} {unit}s/s, CPU per {unit} {told} ({count} a round)", 1.0 / wall);
    (wall, cpu)
}

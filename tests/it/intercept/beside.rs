//! `tieback sandbox -- COMMAND`: the program beside it has this one's place, and both end together.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::program::Test;
use crate::support::running::Running;

/// A shell beside the sandbox.
fn beside(script: &str) -> Test {
    // Shells are looked for where they are usually.
    let test = Test::new("sandbox").env("PATH", "/usr/bin:/bin:/usr/local/bin");
    test.args(["--listen", "127.0.0.1:0", "--", "sh", "-c", script])
}

#[test]
fn its_output_and_its_exit_code_are_its_own() {
    let finished = beside("echo out; echo err >&2; exit 7").status(7).done();
    assert_eq!(finished.stdout, "out\n");
    let lines: Vec<_> = finished.stderr.lines().collect();
    assert!(lines[0].starts_with("tieback: the sandbox is at http://127.0.0.1:"), "{lines:?}");
    assert!(lines[0].ends_with("calls to api.polar.sh and sandbox-api.polar.sh are led there"));
    assert_eq!(lines[1], "err");
    assert!(lines[2].starts_with("tieback: no call was led to the sandbox"), "{lines:?}");
}

#[test]
fn with_q_nothing_but_the_program_speaks() {
    let test = Test::new("sandbox").env("PATH", "/usr/bin:/bin:/usr/local/bin");
    let test = test.args(["-q", "--listen", "127.0.0.1:0", "--", "sh", "-c", "echo err >&2"]);
    assert_eq!(test.done().stderr, "err\n");
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let test = Test::new("sandbox").args(["--listen", "127.0.0.1:0", "--", "no-such-program"]);
    test.status(2).done().refuses("cannot start `no-such-program`");
}

#[test]
fn its_variables_lead_to_the_sandbox() {
    let finished = beside("env")
        .env("NODE_OPTIONS", "--trace-warnings")
        .env("RUBYOPT", "-W0")
        .env("PYTHONPATH", "/own/python")
        .env("PHP_INI_SCAN_DIR", "/own/php")
        .done();
    let value = |name: &str| {
        let line = finished.stdout.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("{name}: {}", finished.stdout)).to_owned()
    };
    assert!(value("HTTPS_PROXY").starts_with("http://127.0.0.1:"));
    let preload = value("BUN_OPTIONS").strip_prefix("--preload=").unwrap().to_owned();
    assert_eq!(value("NODE_OPTIONS"), format!("--require \"{preload}\" --trace-warnings"));
    let folder = Path::new(&preload).parent().unwrap().display();
    assert_eq!(value("RUBYOPT"), format!("-r{folder}/preload.rb -W0"));
    assert_eq!(value("PYTHONPATH"), format!("{folder}/python:/own/python"));
    assert_eq!(value("PHP_INI_SCAN_DIR"), format!("/own/php:{folder}/php"));
    // Plain http is not touched.
    assert!(!finished.stdout.contains("\nHTTP_PROXY="), "{}", finished.stdout);
    let certificate = value("NODE_EXTRA_CA_CERTS");
    assert!(!Path::new(&certificate).exists(), "{certificate} is still there");
}

#[test]
fn a_signal_ends_the_program_and_its_end_is_that_of_the_sandbox() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut running = beside("echo ready >&2; exec sleep 60").status(code).start();
        running.reads("ready\n");
        running.signal(signal);
        running.done();
    }
    let mut running =
        beside("trap 'exit 5' TERM; echo ready >&2; while :; do sleep 0.1; done").status(5).start();
    running.reads("ready\n");
    running.signal("TERM");
    running.done();
}

/// The number that a script prints about a process it started.
fn number(running: &mut Running) -> u32 {
    loop {
        let line = running.line();
        if let Some(number) = line.strip_prefix("started ") {
            return number.parse().unwrap();
        }
    }
}

/// Whether a process ends soon. A zombie has ended.
fn ends(process: u32) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    let runs = || {
        let status = std::process::Command::new("ps")
            .args(["-o", "stat=", "-p", &process.to_string()])
            .output()
            .unwrap();
        let status = String::from_utf8_lossy(&status.stdout).trim().to_owned();
        !status.is_empty() && !status.starts_with('Z')
    };
    while runs() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn what_the_program_leaves_running_ends_with_it() {
    let mut running = beside("sleep 60 & echo started $! >&2").start();
    let left = number(&mut running);
    running.done();
    assert!(ends(left));
}

/// Killed at once, it can do nothing: what watches over it does.
#[test]
fn nothing_stays_of_a_sandbox_that_was_killed() {
    let script = "echo $NODE_EXTRA_CA_CERTS >&2; sleep 60 & echo started $! >&2; wait";
    let mut running = beside(script).start();
    let _ = running.line();
    let certificate = running.line();
    assert!(Path::new(&certificate).exists(), "{certificate}");
    let left = number(&mut running);
    running.kill();
    assert!(ends(left));
    let deadline = Instant::now() + Duration::from_secs(20);
    while Path::new(&certificate).parent().unwrap().exists() {
        assert!(Instant::now() < deadline, "{certificate} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn its_input_is_this_ones() {
    let finished = beside("read line; echo got $line").stdin_text("hello\n").done();
    assert_eq!(finished.stdout, "got hello\n");
}

/// The program reads what is typed, and Ctrl-C is for it to hear.
#[cfg(target_os = "linux")]
#[test]
fn the_terminal_is_the_programs() {
    let script = "echo ready >&2; read line; echo got $line >&2; exec sleep 60";
    let (mut running, mut keyboard) = beside(script).status(130).start_in_a_session();
    running.reads("ready\n");
    keyboard.write_all(b"hello\n").unwrap();
    running.reads("got hello\n");
    keyboard.write_all(b"\x03").unwrap();
    running.done();
}

#[test]
fn a_port_that_is_taken_is_not_the_end() {
    // Taken by this test, or by whatever else has it.
    let _taken = TcpListener::bind("127.0.0.1:4010");
    let test = Test::new("sandbox").env("PATH", "/usr/bin:/bin:/usr/local/bin");
    let test = test.args(["--port-file", "port", "--", "sh", "-c", "cat port"]);
    let finished = test.done();
    let port: u16 = finished.stdout.trim().parse().unwrap();
    assert_ne!(port, 4010);
    let said = format!("127.0.0.1:4010 is taken; the sandbox listens on port {port}.");
    assert!(finished.stderr.contains(&said), "{}", finished.stderr);
}

#[test]
fn a_port_that_was_asked_for_is_taken_or_not() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let test = Test::new("sandbox").args(["--listen", &address]).status(2).done();
    test.refuses(&format!("cannot listen on {address}"));
}

//! The report for people: how wide it is, what it says while the run goes on, and what it leaves
//! out.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::support::program::{TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Server};

/// `tieback run` with the report for people.
fn run(scenarios: &[&str]) -> Test {
    Test::new("run").args(scenarios)
}

/// A server that loses the user's id.
fn forgetful() -> Server {
    Server::start(Behaviour::correct().spoils(Kind::Read, |reply| {
        reply.edit(|record| record["external_id"] = serde_json::Value::Null);
    }))
}

#[test]
fn a_green_run_is_a_line_a_scenario() {
    let finished = run(&[]).done();
    let lines: Vec<_> = finished.stdout.lines().collect();
    let names = || tieback::scenario::builtin::BUILT_IN.iter().filter(|it| !it.is_about_an_app());
    assert_eq!(lines.len(), names().count() + 2, "{finished}");
    for name in names().map(|scenario| scenario.name) {
        let line = |line: &&&str| line.starts_with(&format!("ok     {name} "));
        assert_eq!(lines.iter().filter(line).count(), 1, "{name}{finished}");
    }
    assert!(lines.last().is_some_and(|last| last.contains(" passed in ")), "{finished}");
}

#[test]
fn notes_and_steps_come_with_v() {
    let (step, note) = ("Found by e-mail in another case", "The e-mail filter takes the whole");
    let short = run(&["customer-lookup"]).args(["--report", "json=all.json"]).done();
    assert!(!short.stdout.contains(step) && !short.stdout.contains(note), "{short}");
    assert!(short.file("all.json").contains(step) && short.file("all.json").contains(note));
    run(&["customer-lookup", "-v"]).done().prints(step).prints(note);
}

/// No line is longer than `width`, unless it is one word, or a command to copy.
fn fits(text: &str, width: usize) {
    for line in text.lines().filter(|line| line.chars().count() > width) {
        let words: Vec<_> = line.split_whitespace().collect();
        let label = ["request", "webhook", "at", "check", "held", "expected", "actual", "undo"];
        let rest = if label.contains(&words[0]) { &words[1..] } else { &words[..] };
        let copied = ["repeat", "next:", "tieback"].contains(&words[0]);
        assert!(copied || rest.len() == 1, "{width}: {line}\n{text}");
    }
}

#[test]
fn a_pipe_is_as_wide_as_columns_says() {
    for detail in ["-q", "-v", "-vv", "--format=human"] {
        for width in [40, 60, 80, 100] {
            let test = run(&["customer-mapping", "customer-update", detail]).against(&forgetful());
            let test = test.args(["--jobs", "1"]).env("COLUMNS", &width.to_string());
            let finished = test.status(1).done();
            fits(&finished.stdout, width);
            let longest = finished.stdout.lines().map(|line| line.chars().count()).max();
            assert!(longest >= Some(width - 20), "{finished}");
        }
    }
    let narrow = || run(&["customer-mapping"]).against(&forgetful()).status(1);
    let usual = narrow().done();
    fits(&usual.stdout, 100);
    assert!(usual.stdout.lines().any(|line| (81..=100).contains(&line.chars().count())), "{usual}");
}

/// A terminal with 50 columns, for stdout and stderr; what it shows comes from the other end.
fn terminal() -> (Stdio, Stdio, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&screen).expect("a terminal");
    unlockpt(&screen).expect("a terminal");
    let size = Winsize { ws_row: 30, ws_col: 50, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&screen, size).expect("a size");
    let name = ptsname(&screen, Vec::new()).expect("a terminal");
    let open = || File::options().read(true).write(true).open(name.to_str().expect("UTF-8"));
    (open().expect("it opens").into(), open().expect("it opens").into(), File::from(screen))
}

/// Reads until `text` was shown.
fn shows(screen: &mut File, text: &str) -> String {
    let mut shown = String::new();
    while !shown.contains(text) {
        let mut some = [0; 4096];
        let read = screen.read(&mut some).unwrap_or_else(|error| panic!("{error}: {shown}"));
        shown.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    shown
}

/// Reads to the end, which is an error on a terminal.
fn rest(screen: &mut File) -> String {
    let mut shown = Vec::new();
    let mut some = [0; 4096];
    while let Ok(read @ 1..) = screen.read(&mut some) {
        shown.extend_from_slice(&some[..read]);
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// A server that answers the first lookup when it is told to.
fn patient() -> (Server, Sender<()>) {
    let (go, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    let server = Server::start(Behaviour::correct().answered(move |request, _| {
        if request.kind == Kind::Lookup && request.nth == 0 {
            let _ = gate.lock().expect("nothing failed").recv();
        }
    }));
    (server, go)
}

#[test]
fn a_log_has_a_scenario_as_soon_as_it_ends() {
    let (server, go) = patient();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let test = run(&["customer-mapping", "customer-lookup", "--jobs", "1", "--events", "none"]);
    let running = test.stdout(writer.into()).against(&server).start();
    let mut lines = BufReader::new(reader).lines().map_while(Result::ok);
    let first = lines.next().expect("a line");
    assert!(first.starts_with("ok     customer-mapping "), "{first}");
    assert_eq!(lines.next().as_deref(), Some("  skip   1 step: --events none"));
    go.send(()).expect("the server waits");
    assert!(lines.next().is_some_and(|line| line.starts_with("ok     customer-lookup ")));
    assert_eq!(lines.count(), 2);
    running.done();
}

#[test]
fn a_terminal_has_each_step_as_soon_as_it_ends() {
    let (server, go) = patient();
    let (stdout, stderr, mut screen) = terminal();
    let test = run(&["customer-lookup", "--events", "none", "--color", "never"]);
    let test = test.stdout(stdout).stderr(stderr).env("TERM", "xterm").against(&server);
    let running = test.start();
    let mut shown = shows(&mut screen, "ok     Create the customer");
    assert!(!shown.contains("Found by external id\r\n"), "{shown}");
    go.send(()).expect("the server waits");
    shown.push_str(&rest(&mut screen));
    running.done();
    // The progress is taken away in the end.
    let stays = shown.rsplit("\u{1b}[2K").next().expect("a text").replace('\r', "");
    assert!(stays.contains("1 scenario: 1 passed"), "{stays}");
    fits(&stays, 50);
}

#[test]
fn a_target_that_is_down_is_said_once() {
    let finished = run(&["--base-url", "http://127.0.0.1:1"]).token(TOKEN).status(3).done();
    for said in ["target_unreachable: Create", "why       target_unreachable", "Connection refused"]
    {
        assert_eq!(finished.stdout.matches(said).count(), 1, "{said}{finished}");
    }
    let last = finished.stdout.lines().last();
    assert_eq!(last, Some("next: tieback explain target_unreachable"), "{finished}");
    assert!(finished.stdout.lines().count() < 25, "{finished}");
}

#[test]
fn what_never_ran_is_not_told_step_by_step() {
    let server = Server::start(Behaviour::correct().delivered(|_| Vec::new()));
    let running = run(&["--jobs", "1"]).against(&server).status(130).start();
    server.wait_for(Kind::Read);
    running.signal("INT");
    let finished = running.done();
    finished.prints("interrupted before they began: customer-lookup, external-id-rules,");
    assert_eq!(finished.stdout.matches("STOP").count(), 2, "{finished}");
    assert!(finished.stdout.lines().count() < 20, "{finished}");
}

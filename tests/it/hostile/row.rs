//! One hostile target, and what a run against it has to end with.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::program::{Finished, TOKEN, Test};
use crate::support::rows;
use crate::support::server::{Act, Behaviour, Kind, Server, Wire};

/// No run may take longer, whatever its target does. The slowest ones wait for a time-out of a
/// second in each of three requests; the rest is for a loaded machine.
const TIME_LIMIT: Duration = Duration::from_secs(50);

/// Arguments for targets that only end when they are given up.
pub const HASTY: &[&str] = &["--timeout", "1s", "--wait", "200ms"];

/// One hostile target.
pub struct Row {
    name: String,
    behaviour: Behaviour,
    arguments: &'static [&'static str],
    exit: i32,
    code: &'static str,
    mentions: &'static str,
    never: Option<&'static str>,
}

impl Row {
    /// A target that keeps the run from telling: exit code 3.
    pub fn error(name: impl Into<String>, code: &'static str, behaviour: Behaviour) -> Self {
        Self {
            name: name.into(),
            behaviour,
            arguments: &["--wait", "200ms"],
            exit: 3,
            code,
            mentions: "",
            never: None,
        }
    }

    /// A target that is broken: exit code 1.
    pub fn fault(name: impl Into<String>, code: &'static str, behaviour: Behaviour) -> Self {
        Self { exit: 1, ..Self::error(name, code, behaviour) }
    }

    /// A target that tries in vain.
    pub fn harmless(name: impl Into<String>, behaviour: Behaviour) -> Self {
        Self { exit: 0, arguments: &[], ..Self::error(name, "", behaviour) }
    }

    pub fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }

    /// What the first diagnosis has to say.
    pub fn mentions(self, mentions: &'static str) -> Self {
        Self { mentions, ..self }
    }

    /// What it must not say.
    pub fn never(self, never: &'static str) -> Self {
        Self { never: Some(never), ..self }
    }

    fn run(self) {
        let server = Server::start(self.behaviour);
        let started = Instant::now();
        let test = Test::run("customer-mapping").against(&server).status(self.exit);
        let finished = test.args(self.arguments).done();
        assert!(started.elapsed() < TIME_LIMIT, "it took {:?}{finished}", started.elapsed());
        is_clean(&finished);
        let (code, message) = finished.diagnosis();
        assert_eq!(code, self.code, "diagnosis{finished}");
        assert!(message.contains(self.mentions), "`{}` is not in: {message}", self.mentions);
        assert!(
            self.never.is_none_or(|never| !message.contains(never)),
            "`{:?}` is in: {message}",
            self.never
        );
        all_is_told(&server, &finished);
    }
}

/// Nothing was printed that a terminal would act on or hide, no panic, and no token.
pub fn is_clean(finished: &Finished) {
    for text in [&finished.stdout, &finished.stderr] {
        let odd = text.chars().find(|char| *char != '\n' && is_odd(*char));
        assert_eq!(odd, None, "{:?}", text.chars().take(5_000).collect::<String>());
        assert!(!text.contains("panicked") && !text.contains(TOKEN), "{text}");
    }
}

/// What must not be printed, as a list of its own.
fn is_odd(char: char) -> bool {
    matches!(char,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0001}'..='\u{e007f}')
}

/// What is still at the target is what the report says is still there.
pub fn all_is_told(server: &Server, finished: &Finished) {
    let left = server.customers().len() + server.endpoints().len();
    let told = finished.report()["left_behind"].as_array().map_or(0, Vec::len);
    assert!(left <= told, "{left} things are left, and {told} are told of{finished}");
}

/// Runs every row and tells all that fail.
pub fn run_all(rows: Vec<Row>) {
    rows::run_all(rows, |row| row.name.clone(), Row::run);
}

/// Runs in every format, with as much detail as there is, and looks at what was printed.
pub fn in_every_format(
    behaviour: &Behaviour,
    arguments: &[&str],
    look: impl Fn(&str, &Server, &Finished),
) {
    for format in ["human", "json", "junit", "tap", "html"] {
        let server = Server::start(behaviour.clone());
        let test = Test::run("customer-mapping").args(["-v", "--report", "json=report.json"]);
        let test = test.args(["--wait", "200ms"]).args(arguments).format(format);
        let (code, finished) = test.against(&server).start().end();
        assert!(matches!(code, Some(0..=3)), "{code:?}{finished}");
        look(format, &server, &finished);
    }
}

/// Does what was asked, and answers requests of one kind with these bytes and the end of the
/// connection.
pub fn writes(kind: Kind, bytes: impl Into<Vec<u8>>) -> Behaviour {
    let bytes = bytes.into();
    Behaviour::correct().spoils(kind, move |reply| reply.wire = Wire::Raw(bytes.clone()))
}

/// Does what was asked, and then this with the connection.
pub fn acts(
    kind: Kind,
    act: impl Fn(&mut TcpStream, &[u8]) -> io::Result<()> + Send + Sync + Clone + 'static,
) -> Behaviour {
    Behaviour::correct()
        .spoils(kind, move |reply| reply.wire = Wire::Act(Act(Arc::new(act.clone()))))
}

/// Writes `head`, and then `piece` until the other side has had enough of it.
pub fn endless(
    kind: Kind,
    head: impl Into<Vec<u8>>,
    piece: impl Into<Vec<u8>>,
    pause: Duration,
) -> Behaviour {
    let (head, piece) = (head.into(), piece.into());
    acts(kind, move |stream, _| {
        stream.write_all(&head)?;
        loop {
            stream.write_all(&piece)?;
            thread::sleep(pause);
        }
    })
}

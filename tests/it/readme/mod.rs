//! The README's transcripts are what the program prints: every `console` block is run and compared,
//! with times, ports and ids made equal.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regex::Regex;

/// The scenario that the README's `tieback check` complains about.
const MY_MAPPING: &str = "name: my-mapping\nsteps:\n  - name: Create the customer\n    request: POST /v1/customers/\n    \
                          body: { email: \"me@example.com\", external_id: \"user_1\" }\n    expext:\n      status: 201\n";

/// The sandbox's port in the README, which somebody may be using.
const PORT: &str = "4010";

/// A command of a transcript, and what it prints.
struct Example {
    command: String,
    output: String,
}

/// The commands in the `console` blocks of `text`.
fn examples(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let blocks = text.split("```console\n").skip(1).filter_map(|block| block.split("```").next());
    for line in blocks.flat_map(str::lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { command: command.to_owned(), output: String::new() });
        } else {
            let example = examples.last_mut().expect("a command before its output");
            example.output.push_str(line);
            example.output.push('\n');
        }
    }
    examples
}

/// What differs from run to run made equal; columns of times are as wide as they happen to be.
fn neutral(text: &str) -> String {
    let rules = [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
        (r"user_[a-z0-9]{12}", "user_ID"),
        (r" *\d+(\.\d+)? m?s\b", " TIME"),
        (r"(arrived after TIME|was there already)", "CAME"),
        // The ids have one length, but lines are wrapped around them.
        (r"\s+", " "),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *name).into_owned()
    })
}

/// A `tieback` command line with leading `NAME=value`s, ready to run in `folder`.
fn command(line: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    let mut words = line.split_whitespace();
    for word in words.by_ref() {
        match word.split_once('=') {
            Some((name, value)) => command.env(name, value),
            None => break,
        };
    }
    command.args(words);
    command
}

/// A server in the background, which ends with the test.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_transcript_is_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("my-mapping.yaml"), MY_MAPPING).unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut background = Vec::new();
    let examples = examples(&readme);
    assert!(examples.len() >= 4, "the README lost its transcripts");
    for Example { command: line, output } in examples {
        let printed = if let Some(server) = line.strip_suffix(" &") {
            let mut server = command(&format!("{server} --listen 127.0.0.1:{free}"), folder.path());
            let mut child = server.stderr(Stdio::piped()).spawn().unwrap();
            let mut first = String::new();
            BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
            background.push(Background(child));
            first
        } else {
            let done = command(&line.replace(PORT, &free), folder.path()).output().unwrap();
            // On a terminal both go to one place, stderr first.
            String::from_utf8(done.stderr).unwrap() + &String::from_utf8(done.stdout).unwrap()
        };
        assert_eq!(neutral(&printed), neutral(&output), "\n$ {line}\n{printed}");
    }
}

/// The table of scenarios, and what they cost where an API counts requests.
#[test]
fn the_scenarios_send_as_many_requests_as_the_readme_says() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let row =
        Regex::new(r"(?m)^\| \[`([a-z-]+)`\]\(scenarios/[a-z-]+\.yaml\) \|.*\| (\d+) \|$").unwrap();
    let rows: Vec<(String, usize)> = row
        .captures_iter(&readme)
        .map(|found| (found[1].to_owned(), found[2].parse().unwrap()))
        .collect();
    let total: usize = rows.iter().map(|(_, requests)| requests).sum();
    assert!(
        readme.contains(&format!("All of them together send {total} requests")),
        "they send {total}"
    );
    let names: Vec<_> =
        tieback::scenario::builtin::BUILT_IN.iter().map(|scenario| scenario.name).collect();
    assert_eq!(rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    // Asking a log until it shows something takes as often as it takes.
    for (name, requests) in rows.iter().filter(|(name, _)| name != "webhook-delivery") {
        assert_eq!(requests_of(name), *requests, "{name}");
    }
}

/// How many requests a scenario sends, clean-up included.
fn requests_of(scenario: &str) -> usize {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let sandbox = runtime
        .block_on(tieback::sandbox::start(listener, tieback::sandbox::Options::default()))
        .unwrap();
    let base = format!("http://{}", sandbox.local_addr());
    let folder = tempfile::tempdir().unwrap();
    let line =
        format!("POLAR_ACCESS_TOKEN=any tieback run {scenario} --base-url {base} --events none");
    assert!(command(&line, folder.path()).output().unwrap().status.success());
    let mut stream = std::net::TcpStream::connect(sandbox.local_addr()).unwrap();
    stream
        .write_all(
            b"GET /_sandbox/requests HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    runtime.block_on(sandbox.stop());
    answer.matches(r#""duration_ms""#).count()
}

//! The README's transcripts are what the program prints: every `console` block is run and compared,
//! with times, ports and ids made equal.

mod claims;

use std::fs;
use std::path::Path;

use regex::Regex;

use crate::support::program::Test;
use crate::support::server::Server;

/// The scenario that the README's `tieback check` complains about.
const MY_MAPPING: &str = "name: my-mapping\nsteps:\n  - name: Create the customer\n    request: POST /v1/customers/\n    \
                          body: { email: \"me@example.com\", external_id: \"user_1\" }\n    expext:\n      status: 201\n";

/// Where the sandbox of the README listens, which may be in use.
const ADDRESS: &str = "127.0.0.1:4010";

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

/// A `tieback` command line with leading `NAME=value`s.
fn command(line: &str) -> Test {
    let is_variable = |word: &&str| word.contains('=');
    let variables = line.split_whitespace().take_while(is_variable);
    let mut words = line.split_whitespace().skip_while(is_variable).skip(1);
    let test = Test::new(words.next().expect("a command")).args(words);
    variables
        .filter_map(|word| word.split_once('='))
        .fold(test, |test, (name, value)| test.env(name, value))
}

#[test]
fn every_transcript_is_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let examples = examples(&readme);
    assert!(examples.len() >= 4, "the README lost its transcripts");
    // The sandbox that an example starts in the background.
    let mut server = None;
    for Example { command: line, output } in examples {
        let printed = if let Some(started) = line.strip_suffix(" &") {
            let mut running = command(started).args(["--listen", "127.0.0.1:0"]).start();
            let address = running.address();
            let first = running.said().to_owned();
            server = Some((running, address.to_string()));
            first
        } else {
            let address = server.as_ref().map_or(ADDRESS, |(_, address)| address);
            let line = line.replace(ADDRESS, address);
            let (_, done) = command(&line).file("my-mapping.yaml", MY_MAPPING).start().end();
            // On a terminal both go to one place, stderr first.
            done.stderr + &done.stdout
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
    let names: Vec<_> = tieback::scenario::builtin::BUILT_IN
        .iter()
        .filter(|scenario| !scenario.is_about_an_app())
        .map(|scenario| scenario.name)
        .collect();
    assert_eq!(rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    // A log and a state are asked until they show something.
    let polls = [
        "webhook-delivery",
        "access-without-payment",
        "checkout-mapping",
        "paid-access",
        "renewal",
        "refund",
    ];
    for (name, requests) in rows.iter().filter(|(name, _)| !polls.contains(&name.as_str())) {
        assert_eq!(requests_of(name), *requests, "{name}");
    }
}

/// How many requests a scenario sends, clean-up included.
fn requests_of(scenario: &str) -> usize {
    let server = Server::correct();
    Test::run(scenario).args(["--events", "none"]).against(&server).done();
    server.requests().len()
}

//! `docs/ci.md`: its snippets are YAML, and their `tieback` lines work against a sandbox.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::{action, file, yaml};
use crate::support::program::Test;
use crate::support::running::Running;

/// The YAML blocks of the page.
fn snippets() -> Vec<Value> {
    let page = file("docs/ci.md");
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(yaml::read).collect()
}

/// What runs tieback in a snippet, in its order.
fn commands(node: &Value) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    match node {
        Value::String(text) => {
            text.lines().filter_map(|line| line.strip_prefix("tieback ")).map(words).collect()
        }
        Value::Array(items) => items.iter().flat_map(commands).collect(),
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(key, value)| match value {
                Value::Array(items) if key == "command" => {
                    vec![items.iter().filter_map(Value::as_str).map(str::to_owned).collect()]
                }
                _ => commands(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A sandbox on a port that is free.
fn sandbox(arguments: &[String]) -> (Running, SocketAddr) {
    let mut sandbox = Test::new("sandbox").args(arguments).start();
    let address = sandbox.address();
    (sandbox, address)
}

fn run(words: &[String], address: SocketAddr, folder: &Path) {
    let url = format!("http://{address}");
    let place = |word: &String| {
        let word = word.replace("http://127.0.0.1:3000", &url);
        word.replace("http://sandbox:4010", &url)
    };
    let test = Test::new(&words[0]).args(words[1..].iter().map(place)).folder(folder);
    test.env("TIEBACK_BASE_URL", &url).token("any-token").done();
    for (option, value) in words.iter().zip(&words[1..]).filter(|(it, _)| *it == "--report") {
        let (_, name) = value.split_once('=').unwrap_or_else(|| panic!("{option} {value}"));
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[test]
fn every_line_with_tieback_works() {
    let (_sandbox, address) = sandbox(&["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    let mut lines = 0;
    for snippet in snippets() {
        let folder = TempDir::new().unwrap();
        for words in commands(&snippet).iter().filter(|words| words[0] == "run") {
            lines += 1;
            let shards: &[&str] =
                if words.join(" ").contains("${{") { &["1/2", "2/2"] } else { &[""] };
            for shard in shards {
                let line = words.join(" ").replace("${{ matrix.shard }}", shard);
                let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
                run(&words, address, folder.path());
            }
        }
    }
    assert_eq!(lines, 5, "the page lost its lines");
}

#[test]
fn the_snippet_of_the_action_names_inputs_that_there_are() {
    let action = action::action();
    let with = snippets().iter().find_map(|snippet| {
        let steps = snippet["jobs"]["billing"]["steps"].as_array()?;
        let step = steps.iter().find(|step| step["uses"] == "./tieback")?;
        step["with"].as_object().cloned()
    });
    let with = with.expect("the snippet");
    for key in with.keys() {
        assert!(action["inputs"][key].is_object(), "{key}");
    }
    let (_sandbox, address) = sandbox(&["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    let arguments = with["arguments"].as_str().expect("a text");
    let done = action::run(arguments, &format!("http://{address}"), &[]);
    assert_eq!(done.code, Some(0), "{}", done.said);
}

/// A service's name is what the others call it by.
#[test]
fn the_sandbox_of_compose_answers_to_its_name() {
    let compose = snippets().into_iter().find(|snippet| snippet["services"].is_object());
    let commands = commands(&compose.expect("the snippet"));
    let words = commands.iter().find(|words| words[0] == "sandbox").expect("the sandbox");
    let words: Vec<_> =
        words[1..].iter().map(|word| word.replace("0.0.0.0:4010", "127.0.0.1:0")).collect();
    let (_sandbox, address) = sandbox(&words);
    for (host, refused) in [("sandbox:4010", false), ("other:4010", true)] {
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("GET /v1/customers/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer.starts_with("HTTP/1.1 421"), refused, "{host}: {answer}");
    }
}

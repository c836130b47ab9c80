//! `tieback sandbox -v`, as a process.

use std::io::{BufRead as _, BufReader, Lines};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use super::http::{Answer, Request};
use super::receiver::Receiver;

const TOKEN: &str = "polar_oat_0123456789abcdef";

struct Process {
    child: Child,
    address: SocketAddr,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Process {
    fn new(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tieback"))
            .args(["sandbox", "--listen", "127.0.0.1:0"])
            .args(args)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let address =
            first.split("http://").nth(1).and_then(|rest| rest.split(';').next()).expect(&first);
        Self { address: address.parse().unwrap(), child, lines }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        Request::new("POST", path).token(TOKEN).json(body).send(self.address).await
    }

    /// The next line, without its milliseconds.
    fn line(&mut self) -> String {
        let line = self.lines.next().unwrap().unwrap();
        let (start, rest) = line.split_once(" in ").expect(&line);
        let (milliseconds, rest) = rest.split_once(" ms").expect(&line);
        assert!(milliseconds.parse::<u32>().is_ok(), "{line}");
        format!("{start}{rest}")
    }

    /// Everything that comes until the process has ended.
    fn rest(mut self) -> Vec<String> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let rest = self.lines.map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_deliveries_are_told_as_they_happen_without_secrets() {
    let mut receiver = Receiver::new().await;
    let mut process = Process::new(&["-v"]);
    let body = json!({"email": "ann@example.com", "external_id": "user_ann"});
    process.post("/v1/customers/", &body).await.expect(201);
    assert_eq!(process.line(), "POST /v1/customers/: 201");
    let path = format!("/v1/customers/external/{TOKEN}?x={}&y=%1b[2J", TOKEN.replace('_', "%5F"));
    Request::new("GET", &path).token(TOKEN).send(process.address).await.expect(404);
    assert_eq!(process.line(), "GET /v1/customers/external/(redacted)?x=(redacted)&y=%1b[2J: 404");

    let url = receiver.url.replace("http://", "http://user:hunter2222@") + "?key=hunter2222";
    let endpoint = json!({"url": url, "format": "raw", "events": ["customer.created"], "secret": "x".repeat(40)});
    process.post("/v1/webhooks/endpoints", &endpoint).await.expect(201);
    assert_eq!(process.line(), "POST /v1/webhooks/endpoints: 201");
    process.post("/v1/customers/", &json!({"email": "bob@example.com"})).await.expect(201);
    receiver.next().await;
    let mut lines = [process.line(), process.line()];
    lines.sort();
    assert_eq!(
        lines,
        [
            "POST /v1/customers/: 201".to_owned(),
            format!("webhook customer.created to {}: 200", receiver.url)
        ]
    );

    let nowhere = json!({"url": "https://hooks.invalid/services/T0/B0/secret", "format": "raw", "events": ["customer.created"]});
    process.post("/v1/webhooks/endpoints", &nowhere).await.expect(201);
    assert_eq!(process.line(), "POST /v1/webhooks/endpoints: 201");
    process.post("/v1/customers/", &json!({"email": "eve@example.com"})).await.expect(201);
    let mut lines = [process.line(), process.line(), process.line()];
    lines.sort();
    assert_eq!(
        lines[2],
        "webhook customer.created to https://hooks.invalid: no answer ([Errno -2] Name or service not known)"
    );
    assert_eq!(process.rest(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_v_the_sandbox_is_quiet() {
    let process = Process::new(&[]);
    process.post("/v1/customers/", &json!({"email": "ann@example.com"})).await.expect(201);
    assert_eq!(process.rest(), Vec::<String>::new());
}

#[test]
fn a_duration_that_means_nothing_is_refused_on_the_command_line() {
    let tieback = Command::new(env!("CARGO_BIN_EXE_tieback"))
        .args(["sandbox", "--fault", "webhook-never=5s"])
        .output()
        .unwrap();
    assert_eq!(tieback.status.code(), Some(2));
    let said = String::from_utf8(tieback.stderr).unwrap();
    assert!(
        said.contains(
            "`webhook-never` takes no duration; these do: webhook-late, slow, not-yet-readable"
        ),
        "{said}"
    );
}

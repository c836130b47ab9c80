//! What was sent and what arrived, in every report.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::program::{Finished, TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Reply, Request, Server};

/// A creation, a request that fails, and an event.
const SCENARIO: &str = "
name: test
vars: { user_id: 'user_${run.id}', email: 'buyer+${run.id}@example.com' }
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: '${email}', external_id: '${user_id}' }
  capture: { id: id }
- name: Change
  request: PUT /v1/things/a
  query: { 'filter[name]': \"it's\" }
  headers: { x-first: 'one; $HOME `two`', x-empty: '' }
  body: { name: \"O'Neil \\\"`id`\\\" \\\\ ü\", nested: [1, { a: null }] }
  expect: { status: 200 }
- name: Told
  event: customer.created
  where: { data: { id: '${id}' } }
  within: 2s
";

fn server() -> Server {
    Server::start(Behaviour::correct().instead(|request, _| {
        let refused = json!({ "detail": "no such thing", "at": [1, 2] });
        let reply = || Reply::json(422, &refused).header("x-request-id", "r_1");
        request.target.starts_with("/v1/things").then(reply)
    }))
}

fn run(server: &Server, format: &'static str, more: &[&str]) -> Finished {
    Test::scenario(SCENARIO).format(format).args(more).against(server).status(1).done()
}

#[test]
fn the_json_report_has_all_of_it() {
    let finished = run(&server(), "json", &[]);
    let (create, change, told) =
        (finished.step("Create"), finished.step("Change"), finished.step("Told"));
    for (step, name, value) in [
        (&create["request"], "accept", "application/json"),
        (&create["request"], "authorization", "Bearer $POLAR_ACCESS_TOKEN"),
        (&create["request"], "content-type", "application/json"),
        (&change["request"], "x-first", "one; $HOME `two`"),
        (&change["response"], "x-request-id", "r_1"),
        (&told["event"], "content-type", "application/json"),
    ] {
        assert_eq!(step["headers"][name], value, "{name}{finished}");
    }
    assert_eq!(create["request"]["body"]["external_id"], create["response"]["body"]["external_id"]);
    assert_eq!(change["request"]["body"]["nested"], json!([1, { "a": null }]));
    assert_eq!(change["response"]["body"], json!({ "detail": "no such thing", "at": [1, 2] }));
    let customer = &create["response"]["body"];
    assert_eq!(told["event"]["payload"]["data"]["id"], customer["id"], "{finished}");
    assert!(told["event"]["headers"]["webhook-signature"].is_null(), "{finished}");
}

/// The lines below a step of the report for people.
fn below<'a>(finished: &'a Finished, step: &str) -> Vec<&'a str> {
    let mut lines = finished.stdout.lines().skip_while(|line| !line.contains(step)).skip(1);
    let below = lines.by_ref().take_while(|line| line.starts_with("         "));
    below.map(str::trim).collect()
}

#[test]
fn people_see_what_did_not_pass_and_all_of_it_on_request() {
    let server = server();
    let once = run(&server, "human", &["-v"]);
    let (passed, failed) = (below(&once, "  Create"), below(&once, "  Change"));
    for line in ["x-first: one; $HOME `two`", "x-request-id: r_1", "\"detail\": \"no such thing\","]
    {
        assert!(failed.contains(&line), "{line}{once}");
    }
    assert!(!passed.iter().any(|line| line.starts_with("authorization")), "{once}");
    let twice = run(&server, "human", &["-vv"]);
    let (passed, told) = (below(&twice, "  Create"), below(&twice, "  Told"));
    assert!(passed.contains(&"authorization: Bearer $POLAR_ACCESS_TOKEN"), "{twice}");
    assert!(told.contains(&"\"type\": \"customer.created\","), "{twice}");
    let normal = run(&server, "human", &[]);
    assert_eq!(below(&normal, "  Create").len(), 0, "{normal}");
    assert!(below(&normal, "  Change").len() < 12, "{normal}");
}

#[test]
fn machines_get_what_a_failed_step_sent_and_got() {
    let server = server();
    let junit = run(&server, "junit", &[]);
    let (_, out) = junit.stdout.split_once("<system-out>").expect("one");
    let (out, rest) = out.split_once("</system-out>").expect("its end");
    for line in ["&gt; PUT http", "x-first: one; $HOME `two`", "&lt; 422", "x-request-id: r_1"] {
        assert!(out.contains(line), "{line}{junit}");
    }
    assert!(!rest.contains("<system-out>"), "steps that passed are silent{junit}");
    run(&server, "tap", &[]).prints("  curl: \"curl -X PUT ");
}

/// What a shell passes to curl.
fn arguments(line: &str) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{line}");
    let shell = Command::new("sh").args(["-c", &script]).env("POLAR_ACCESS_TOKEN", TOKEN).output();
    let output = shell.expect("a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
}

#[test]
fn the_curl_line_repeats_the_request() {
    let server = server();
    let finished = run(&server, "human", &[]);
    let lines = below(&finished, "  Change");
    let line = lines.iter().find_map(|line| line.strip_prefix("repeat    ")).expect("a line");
    let sent: Request = server
        .requests()
        .into_iter()
        .find(|request| request.target.starts_with("/v1/things"))
        .expect("it was sent");
    let arguments = arguments(line);
    let after = |option: &str| -> Vec<&str> {
        let pairs = arguments.iter().zip(&arguments[1..]);
        pairs.filter(|(one, _)| *one == option).map(|(_, value)| value.as_str()).collect()
    };
    let header = |text: &str| after("-H").contains(&text);
    assert!(arguments.contains(&format!("{}{}", server.url(), sent.target)), "{arguments:?}");
    assert_eq!(after("-X"), ["PUT"]);
    assert_eq!(after("--data-raw"), [String::from_utf8_lossy(&sent.body)]);
    for name in ["authorization", "x-first", "content-type", "accept"] {
        let value = sent.header(name).expect("it was sent");
        assert!(header(&format!("{name}: {value}")), "{name}: {arguments:?}");
    }
    assert!(header("x-empty;"), "{arguments:?}");
}

/// [`SCENARIO`] without the request that fails, after which nothing would be waited for.
fn waits(server: &Server) -> Finished {
    let (create, rest) = SCENARIO.split_once("- name: Change").expect("the request");
    let (_, told) = rest.split_once("- name: Told").expect("the event");
    Test::scenario(&format!("{create}- name: Told{told}")).against(server).status(1).done()
}

/// Nothing that is to be compared is missing where no webhook decided.
#[test]
fn what_arrived_instead_is_there() {
    let unsigned = Server::start(
        Behaviour::correct().each(|delivery| delivery.header("webhook-signature", "")),
    );
    let finished = Test::run("customer-mapping").args(["--wait", "500ms"]).against(&unsigned);
    let finished = finished.status(1).done();
    let missing = finished.steps().into_iter().find(|step| !step["arrived"].is_null());
    let arrived = missing.expect("it arrived")["arrived"][0].clone();
    assert_eq!(arrived["signature"], "unsigned", "{finished}");
    assert_eq!(arrived["payload"]["type"], "customer.created", "{finished}");
    assert!(arrived["headers"]["webhook-id"].is_string(), "{finished}");
    let other = Server::start(
        Behaviour::correct().each(|delivery| delivery.edit(|it| it["data"]["id"] = json!("other"))),
    );
    let finished = waits(&other);
    let arrived = &finished.step("Told")["arrived"];
    assert_eq!(arrived[0]["payload"]["data"]["id"], "other", "{finished}");
    let broken = Server::start(Behaviour::correct().each(|delivery| delivery.body("{\"type\":")));
    let finished = waits(&broken);
    let arrived = &finished.step("Told")["arrived"];
    assert_eq!(
        (&arrived[0]["signature"], &arrived[0]["payload"]),
        (&json!("malformed"), &json!("{\"type\":"))
    );
}

/// A body beyond what is shown is text that ends in a mark.
#[test]
fn long_bodies_are_cut() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let long = json!({ "id": "x", "pad": "y".repeat(100_000) });
        let status = if request.target.contains("fails") { 500 } else { 200 };
        (request.kind == Kind::Other).then(|| Reply::json(status, &long))
    }));
    let scenario = "
name: test
steps:
- { name: Passes, request: GET /v1/passes }
- { name: Fails, request: GET /v1/fails }
";
    let finished = Test::scenario(scenario).against(&server).status(1).done();
    let length = |name: &str| {
        let body = finished.step(name)["response"]["body"].clone();
        let Value::String(text) = body else { panic!("{name} is whole{finished}") };
        assert!(text.ends_with("yy…"), "{text}");
        text.len()
    };
    assert_eq!([length("Passes"), length("Fails")], [2_003, 20 * 1024 + 3]);
}

//! Sessions recorded from the real API, replayed: every answer has to agree in status, body and
//! location, and every request in the webhooks that follow it. Ids, times, hashes and the run's own
//! values are made neutral on both sides. A step with `until` is repeated until a worker is done,
//! `drop` leaves fields out wherever they stand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::{Map, Value, json};
use tieback::sandbox::Options;

use super::Sandbox;
use super::http::{Answer, Request};
use super::receiver::Receiver;

type Known = BTreeMap<String, String>;

#[tokio::test]
async fn answers_agree_with_the_recorded_session() {
    replay(include_str!("recorded/session.json"), 138, "example.com").await;
}

#[tokio::test]
async fn webhooks_agree_with_the_recorded_session() {
    replay(include_str!("recorded/events.json"), 14, "example.com").await;
}

#[tokio::test]
async fn selling_agrees_with_the_recorded_session() {
    replay(include_str!("recorded/selling.json"), 167, "tieback.dev").await;
}

#[tokio::test]
async fn webhooks_about_sales_agree_with_the_recorded_session() {
    replay(include_str!("recorded/selling-events.json"), 28, "tieback.dev").await;
}

async fn replay(session: &str, steps: usize, domain: &str) {
    let tokens = ["full", "read=customers:read"].map(|token| token.parse().unwrap());
    let sandbox = Sandbox::with(Options { tokens: tokens.into(), ..Options::default() }).await;
    let receiver = Receiver::new();
    let neutral = Neutral::new();
    let mut known: Known = [("run", "a1b2c3d4e5"), ("RUN", "A1B2C3D4E5"), ("domain", domain)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    known.insert("hook_url".to_owned(), receiver.url.clone());
    let mut seen = Vec::new();
    let session: Vec<Value> = serde_json::from_str(session).unwrap();
    assert_eq!(session.len(), steps);
    for step in &session {
        let (answer, body) = ask(&sandbox, step, &known).await;
        for (name, path) in step["save"].as_object().unwrap_or(&Map::new()) {
            let value = path.as_str().unwrap().split('.').fold(&body, |body, key| {
                key.parse::<usize>().map_or_else(|_| &body[key], |index| &body[index])
            });
            known.extend(value.as_str().map(|value| (name.clone(), value.to_owned())));
        }
        let mut got = json!({"status": answer.status, "body": neutral.of(&body, &known)});
        if let Some(path) = location(&answer) {
            got["location"] = neutral.of(&json!(path), &known);
        }
        if step.get("events").is_some() {
            let expected = step["answer"]["events"].as_array().unwrap().len();
            got["events"] = followed(&sandbox, &known, &mut seen, expected, &neutral).await;
        }
        let dropped: Vec<&str> = step["drop"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap())
            .collect();
        let mut got = without(got, &dropped);
        if step["events"] == "sorted" {
            let key = |event: &Value| (event["type"].to_string(), sorted(event).to_string());
            let mut events = got["events"].as_array().unwrap().clone();
            events.sort_by_key(key);
            let mut expected = step["answer"]["events"].as_array().unwrap().clone();
            expected.sort_by_key(key);
            assert_eq!(json!(events), json!(expected), "{}", step["name"]);
            got["events"] = step["answer"]["events"].clone();
        }
        assert_eq!(got, step["answer"], "{}", step["name"]);
    }
}

/// The answer to a step, once it is as the step waits for, or after a while.
async fn ask(sandbox: &Sandbox, step: &Value, known: &Known) -> (Answer, Value) {
    let started = Instant::now();
    loop {
        let answer = sandbox.send(request(step, known)).await;
        let body = serde_json::from_str(&answer.body).unwrap_or(if answer.body.is_empty() {
            Value::Null
        } else {
            json!(answer.body)
        });
        let until = fill(&step["until"], known);
        let holds = until.as_object().into_iter().flatten().all(|(path, wanted)| {
            let found = path.split('.').fold(&body, |body, key| match key.parse::<usize>() {
                Ok(index) => &body[index],
                Err(_) => &body[key],
            });
            if wanted == "*" { !found.is_null() } else { found == wanted }
        });
        if holds || started.elapsed() > Duration::from_secs(5) {
            return (answer, body);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A value without the fields of these names, wherever they stand.
fn without(value: Value, names: &[&str]) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| !names.contains(&key.as_str()))
            .map(|(key, value)| (key, without(value, names)))
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| without(item, names)).collect(),
        other => other,
    }
}

/// A value with its keys in alphabetical order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn request(step: &Value, known: &Known) -> Request {
    let mut path = fill(&step["path"], known).as_str().unwrap().to_owned();
    if let Some(query) = fill(&step["query"], known).as_str().filter(|query| !query.is_empty()) {
        path = format!("{path}?{query}");
    }
    let filled = fill(&step["auth"], known);
    let token = match step["auth"].as_str() {
        None => "full",
        Some("none") => "",
        Some(other) => filled.as_str().unwrap_or(other),
    };
    let mut request = Request::new(step["method"].as_str().unwrap(), &path).token(token);
    if let Some(body) = step.get("json") {
        request = request.json(&fill(body, known));
    }
    if let Some(body) = step["raw"].as_str() {
        request = request.raw(body);
    }
    for (name, value) in step["headers"].as_object().unwrap_or(&Map::new()) {
        request = request.header(name, value.as_str().unwrap());
    }
    request
}

fn location(answer: &Answer) -> Option<String> {
    let url = url::Url::parse(answer.header("location")?).unwrap();
    Some(url.path().to_owned())
}

/// The webhooks that the log of `{hook}` did not show before, oldest first. Waits for as many as
/// the real API sent, and then a moment for one too many.
async fn followed(
    sandbox: &Sandbox,
    known: &Known,
    seen: &mut Vec<Value>,
    expected: usize,
    neutral: &Neutral,
) -> Value {
    let log = format!("/v1/webhooks/deliveries?endpoint_id={}&limit=100", known["hook"]);
    let mut fresh: Vec<Value> = Vec::new();
    let started = Instant::now();
    let mut settled = 0;
    while settled < 3 && started.elapsed() < Duration::from_secs(20) {
        let list = sandbox.send(Request::new("GET", &log).token("full")).await.expect(200).json();
        for row in list["items"].as_array().unwrap() {
            let event = &row["webhook_event"];
            if !seen.contains(&event["id"]) {
                seen.push(event["id"].clone());
                fresh.push(event.clone());
            }
        }
        settled = if fresh.len() >= expected { settled + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    fresh.sort_by_key(|event| event["created_at"].as_str().unwrap().to_owned());
    let events = fresh.iter().map(|event| {
        let payload: Value = serde_json::from_str(event["payload"].as_str().unwrap()).unwrap();
        json!({"type": payload["type"], "data": neutral.of(&payload["data"], known)})
    });
    events.collect()
}

fn fill(value: &Value, known: &Known) -> Value {
    match value {
        Value::String(text) => {
            let filled = known.iter().fold(text.clone(), |text, (name, real)| {
                text.replace(&format!("{{{name}}}"), real)
            });
            Value::String(filled)
        }
        Value::Array(items) => items.iter().map(|item| fill(item, known)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), fill(value, known))).collect()
        }
        other => other.clone(),
    }
}

/// Takes out what differs from run to run.
struct Neutral {
    many: Regex,
    patterns: Vec<(Regex, &'static str)>,
}

impl Neutral {
    fn new() -> Self {
        let patterns = [
            (
                r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
                "<uuid>",
            ),
            (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
            (r"\b[0-9a-f]{64}\b", "<sha256>"),
            (r"\b(whsec|polar_whs)_\w+", "<secret>"),
            (r"\bpolar_(c|cl|cst|mst)_[\w-]{20,}", "<token>"),
        ];
        let many = Regex::new(r"Input should be '\w+'(, '[\w-]+'){20,}( or '[\w-]+')?").unwrap();
        Self {
            many,
            patterns: patterns.map(|(pattern, name)| (Regex::new(pattern).unwrap(), name)).into(),
        }
    }

    fn of(&self, value: &Value, known: &Known) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, known)),
            Value::Array(items) => items.iter().map(|item| self.of(item, known)).collect(),
            // What stands behind a message is not compared.
            Value::Object(map) => map
                .iter()
                .filter(|(key, _)| *key != "ctx")
                .map(|(key, value)| (self.text(key, known), self.of(value, known)))
                .collect(),
            other => other.clone(),
        }
    }

    fn text(&self, text: &str, known: &Known) -> String {
        let mut text = self.many.replace_all(text, "Input should be <one of many>").into_owned();
        let mut names: Vec<_> = known.iter().filter(|(_, real)| real.len() > 3).collect();
        names.sort_by_key(|(_, real)| std::cmp::Reverse(real.len()));
        for (name, real) in names {
            text = text.replace(real.as_str(), &format!("{{{name}}}"));
        }
        self.patterns
            .iter()
            .fold(text, |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned())
    }
}

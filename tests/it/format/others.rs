//! Files of other tools' documentation, as scenarios, each against a small server that keeps the
//! rules and against one that breaks the rule which the file is about.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::program::Finished;
use super::{Reply, Request, Server, Test, header, server, text};

/// What a server remembers.
#[derive(Default)]
struct Memory {
    records: BTreeMap<String, Value>,
    count: usize,
}

/// Answers a request; the second argument says whether the rule of the file is broken.
type Serve = fn(&mut Memory, bool, &Request) -> Reply;

const FILES: [(&str, Serve); 10] = [
    ("csrf-log-in", csrf_log_in),
    ("stripe-customer", stripe_customer),
    ("json-api", json_api),
    ("basic-auth", basic_auth),
    ("ids", ids),
    ("job", job),
    ("health", health),
    ("members", members),
    ("upsert", upsert),
    ("subscription", subscription),
];

fn serving(serve: Serve, broken: bool) -> Server {
    let memory = Mutex::new(Memory::default());
    server(move |request| {
        serve(&mut memory.lock().unwrap_or_else(PoisonError::into_inner), broken, request)
    })
}

fn run(file: &str, server: &Server, status: i32) -> Finished {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/format/others");
    let scenario = std::fs::read_to_string(folder.join(format!("{file}.yaml"))).unwrap();
    Test::scenario(&scenario)
        .env("APP_PASSWORD", "correct horse 9")
        .env("APP_BASIC", "dXNlcjpvcGVuLXNlc2FtZQ==")
        .against(server)
        .status(status)
        .done()
}

#[test]
fn what_other_tools_show_can_be_said_here() {
    for (file, serve) in FILES {
        let server = serving(serve, false);
        let finished = run(file, &server, 0);
        assert_eq!(finished.report()["left_behind"], json!([]), "{file}{finished}");
        assert!(!finished.stderr.contains("warning"), "{file}{finished}");
        finished.hides("correct horse 9").hides("open-sesame");
    }
}

#[test]
fn each_of_them_sees_the_rule_that_is_broken() {
    for (file, serve) in FILES.into_iter().filter(|(file, _)| *file != "subscription") {
        let server = serving(serve, true);
        let finished = run(file, &server, 1);
        finished.hides("correct horse 9").hides("open-sesame");
    }
}

/// Every scenario of the page about other tools runs.
#[test]
fn the_scenarios_of_the_migration_page_pass() {
    let page = include_str!("../../../docs/migrating.md");
    let ours: Vec<_> = page.split("```yaml\n").skip(1).collect();
    assert_eq!(ours.len(), 1);
    for rest in ours {
        let (scenario, _) = rest.split_once("```").unwrap();
        let finished = Test::scenario(scenario).done();
        assert_eq!(finished.report()["summary"]["passed"], 1, "{finished}");
    }
}

/// What a subscription's undo leaves is not a failure, and is listed.
#[test]
fn a_subscription_that_cannot_be_cancelled_is_left_behind() {
    let server = serving(subscription, true);
    let report = run("subscription", &server, 0).report();
    let left = report["left_behind"][0]["request"].as_str().unwrap();
    assert!(left.starts_with("POST /api/v2/subscriptions/sub_1/cancel"), "{left}");
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn json_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn csrf_log_in(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    let page = r#"<form><input name="csrf_token" value="tok-8842-a"></form>"#;
    let sent = form(request);
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/login") => Reply::text(200, "text/html; charset=utf-8", page),
        ("POST", _) if sent.get("csrf_token").is_none_or(|token| token != "tok-8842-a") => {
            if broken { Reply::empty(302).header("location", "/home") } else { Reply::empty(403) }
        }
        ("POST", _) if sent["password"] == "correct horse 9" => {
            memory.records.insert("user".to_owned(), json!(sent["user"]));
            let reply = Reply::empty(302).header("location", "/home");
            reply.header("set-cookie", "seen=1").header("set-cookie", "session=s-77; HttpOnly")
        }
        ("GET", "/home") if header(request, "cookie").is_some_and(|all| all.contains("s-77")) => {
            Reply::json(200, &json!({ "user": memory.records["user"], "session": "s-77" }))
        }
        _ => Reply::empty(401),
    }
}

fn stripe_customer(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    let missing = json!({ "error": { "type": "invalid_request_error" } });
    let segments: Vec<_> = request.segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["v1", "customers"]) => {
            let sent = form(request);
            let locales: Vec<_> = url::form_urlencoded::parse(&request.body)
                .filter(|(name, _)| name == "preferred_locales[]")
                .map(|(_, value)| value.into_owned())
                .collect();
            assert!(header(request, "idempotency-key").is_some());
            let user = if broken { "" } else { &sent["metadata[user_id]"] };
            let customer = json!({
                "id": "cus_1", "object": "customer", "created": 1_790_000_000,
                "email": sent["email"], "name": sent["name"], "preferred_locales": locales,
                "metadata": { "user_id": user }, "address": { "country": sent["address[country]"] },
            });
            memory.records.insert("cus_1".to_owned(), customer.clone());
            Reply::json(200, &customer)
        }
        ("GET", ["v1", "customers", "search"]) => {
            let query = &request.query[0].1;
            let user = query.strip_prefix("metadata['user_id']:'").unwrap().trim_end_matches('\'');
            let fits = |each: &&Value| each["metadata"]["user_id"] == user;
            let found: Vec<_> = memory.records.values().filter(fits).collect();
            Reply::json(200, &json!({ "data": found, "has_more": false }))
        }
        ("GET", ["v1", "customers", id]) => memory
            .records
            .get(*id)
            .map_or(Reply::json(404, &missing), |found| Reply::json(200, found)),
        ("DELETE", ["v1", "customers", id]) => {
            memory.records.remove(*id);
            Reply::json(200, &json!({ "id": id, "deleted": true }))
        }
        _ => Reply::json(404, &missing),
    }
}

fn json_api(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    const KIND: &str = "application/vnd.api+json";
    let shown = |status, data: &Value| {
        let body = json!({ "data": data, "jsonapi": { "version": "1.1" } });
        Reply::text(status, KIND, &body.to_string())
    };
    if request.method != "GET" && header(request, "accept") != Some(KIND) {
        return Reply::empty(406);
    }
    match request.method.as_str() {
        "POST" if header(request, "content-type") != Some(KIND) => Reply::empty(415),
        "POST" => {
            let sent = json_of(request)["data"].clone();
            assert_eq!(sent["relationships"]["photographer"]["data"]["id"], "9");
            let photo = json!({
                "type": sent["type"], "id": if broken { json!(31) } else { json!("31") },
                "attributes": sent["attributes"], "links": { "self": "/photos/31" },
            });
            memory.records.insert("31".to_owned(), photo.clone());
            shown(201, &photo).header("location", "/photos/31")
        }
        "GET" => memory.records.get("31").map_or(Reply::empty(404), |photo| shown(200, photo)),
        _ => {
            memory.records.clear();
            Reply::empty(204)
        }
    }
}

fn basic_auth(_: &mut Memory, broken: bool, request: &Request) -> Reply {
    if broken || header(request, "authorization") == Some("Basic dXNlcjpvcGVuLXNlc2FtZQ==") {
        return Reply::json(200, &json!({ "authenticated": true }));
    }
    Reply::text(401, "text/plain", "Unauthorized").header("www-authenticate", "Basic realm=\"x\"")
}

fn ids(_: &mut Memory, broken: bool, request: &Request) -> Reply {
    if request.method == "DELETE" {
        return Reply::empty(204);
    }
    let (id, sent) = (request.segments[1].clone(), json_of(request));
    assert_eq!(sent["id"], id);
    let number = id.parse::<u64>().ok().filter(|_| broken);
    Reply::json(201, &number.map_or(json!({ "id": id }), |number| json!({ "id": number })))
}

fn job(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    if request.method == "POST" {
        return Reply::json(202, &json!({ "id": "j1" })).header("location", "/jobs/j1");
    }
    memory.count += 1;
    let done = memory.count > 2 && !(broken && memory.count > 4);
    let (state, progress) = if done { ("done", 100) } else { ("running", 40) };
    Reply::json(200, &json!({ "state": state, "progress": progress, "error": null }))
}

fn health(_: &mut Memory, broken: bool, request: &Request) -> Reply {
    let metrics = "# version=\"1.2.3\"\nhttp_requests_total 7\nup 1\n";
    Reply::text(
        200,
        "text/plain; charset=utf-8",
        match request.target.as_str() {
            "/health" => "OK",
            "/metrics" => metrics,
            _ if broken => "1.2.4",
            _ => "1.2.3",
        },
    )
}

fn members(_: &mut Memory, broken: bool, request: &Request) -> Reply {
    if let [users, id] = request.segments.as_slice()
        && users == "users"
    {
        let role = if id == "u2" { "owner" } else { "member" };
        return Reply::json(200, &json!({ "id": id, "role": role }));
    }
    assert!(request.target.ends_with("?page=1&roles=owner&roles=member"), "{}", request.target);
    let member = |id: &str, role: &str| json!({ "user": { "id": id }, "role": role });
    let owner = if broken { "admin" } else { "owner" };
    let items = [member("u1", "member"), member("u2", owner), member("u3", "member")];
    Reply::json(200, &json!({ "items": items, "total": 3, "next": null }))
}

fn upsert(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    match request.method.as_str() {
        "POST" => {
            let user = json_of(request);
            let key = format!("{}{}", user["name"], if broken { memory.count } else { 0 });
            memory.count += 1;
            let there = memory.records.insert(key, user.clone()).is_some();
            if there {
                Reply::json(409, &json!({ "detail": "exists" }))
            } else {
                Reply::json(201, &user)
            }
        }
        "GET" => Reply::json(200, &memory.records.values().cloned().collect()),
        _ => {
            memory.records.clear();
            Reply::empty(204)
        }
    }
}

fn subscription(memory: &mut Memory, broken: bool, request: &Request) -> Reply {
    match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/api/v2/subscriptions") => {
            let sent = form(request);
            assert_eq!(sent["items[0][quantity]"], "2");
            let made =
                json!({ "id": "sub_1", "status": "active", "customer_id": sent["customer[id]"] });
            memory.records.insert("sub_1".to_owned(), made.clone());
            Reply::json(201, &json!({ "subscription": made }))
        }
        ("POST", "/api/v2/subscriptions/sub_1/cancel") if !broken => {
            assert_eq!(text(request), "end_of_term=false");
            memory.records.clear();
            Reply::json(200, &json!({ "subscription": { "status": "cancelled" } }))
        }
        ("POST", _) => Reply::json(500, &json!({})),
        _ => Reply::json(404, &json!({ "message": "not found" })),
    }
}

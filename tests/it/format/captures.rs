//! What can be captured, and what is said where it is not there.

use serde_json::json;

use super::{Reply, header, lines, run, server, text};

#[test]
fn values_are_captured_from_text_from_cookies_and_whole() {
    let page = "<form><input name=\"csrf\" value=\"tok-1\"></form>";
    let server = server(move |request| match request.target.as_str() {
        "/login" => Reply::text(200, "text/html", page)
            .header("set-cookie", "theme=dark; Path=/")
            .header("set-cookie", "session=s1; Path=/; HttpOnly"),
        "/list" => Reply::json(200, &json!([{ "id": "a" }, { "id": "b" }])),
        "/plain" => Reply::text(200, "text/plain", "id-9"),
        _ => Reply::json(200, &json!({ "id": "x" })),
    });
    run(
        &server,
        "- request: GET /login
  capture:
    csrf: { regex: 'name=\"csrf\" value=\"([^\"]+)\"' }
    session: { cookie: session }
- request: GET /list
  capture:
    all: .
    second: { in: ., where: { id: b }, path: id }
- request: GET /plain
  capture: { plain: . }
- request: GET /other
  capture: { other: body.id }
- request: POST /check/${csrf}/${session}/${second}/${plain}/${other}
  body: ${all}
",
        0,
    );
    let last = server.requests().pop().unwrap();
    assert_eq!(last.target, "/check/tok-1/s1/b/id-9/x");
    assert_eq!(text(&last), r#"[{"id":"a"},{"id":"b"}]"#);
}

/// A body with a key `body` keeps its meaning.
#[test]
fn a_path_is_tried_as_it_stands_first() {
    let server = server(|_| Reply::json(200, &json!({ "id": "outer", "body": { "id": "inner" } })));
    run(
        &server,
        "- request: GET /
  capture: { id: body.id }
- request: GET /${id}
",
        0,
    );
    assert_eq!(lines(&server)[1], "GET /inner");
}

#[test]
fn a_list_without_the_element_says_so() {
    let server = server(|_| {
        Reply::json(200, &json!({ "items": [{ "role": "member" }, { "role": "guest" }] }))
    });
    let step = "- name: Members
  request: GET /
  capture:
    _owner: { in: items, where: { role: owner }, path: id }
    _none: { in: other, where: { role: owner }, path: id }
    _id: { in: items, where: { role: guest }, path: id }
";
    let finished = run(&server, step, 1);
    let step = finished.step("Members");
    let checks = &step["checks"].as_array().unwrap()[1..];
    assert_eq!(checks[0]["path"], "body.items");
    assert_eq!(checks[0]["expected"], json!({ "$contains": { "role": "owner" } }));
    assert_eq!(checks[0]["actual"], "2 elements, none like this");
    assert_eq!(checks[1]["path"], "body.other");
    assert_eq!(checks[2]["path"], "body.items.1.id");
    let message = step["diagnosis"]["message"].as_str().unwrap();
    assert!(message.contains("2 elements, none like this"), "{message}");
}

#[test]
fn a_text_without_the_group_says_so() {
    let server = server(|_| Reply::text(200, "text/plain", "no token here"));
    let step = "- name: Page
  request: GET /
  capture: { _token: { regex: 'token=(\\w+)' }, _sid: { cookie: sid } }
";
    let finished = run(&server, step, 1);
    let checks = finished.step("Page")["checks"].clone();
    assert_eq!(checks[1]["expected"], json!({ "$matches": "token=(\\w+)" }));
    assert_eq!(checks[1]["actual"], "no token here");
    assert_eq!(checks[2]["path"], "cookies.sid");
}

/// Of a header that comes more than once, any may be the one.
#[test]
fn every_set_cookie_header_is_looked_at() {
    let server = server(|_| {
        Reply::json(200, &json!({})).header("set-cookie", "a=1").header("set-cookie", "b=2")
    });
    let step = "- request: GET /
  expect: { headers: { set-cookie: { $matches: '^b=' } } }
";
    run(&server, step, 0);
    assert_eq!(header(&server.requests()[0], "cookie"), None);
}

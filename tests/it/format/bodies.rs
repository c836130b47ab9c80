//! What is sent as a form, and what is compared as text.

use serde_json::json;

use super::{Reply, header, run, server, text};

#[test]
fn a_form_is_sent_as_servers_read_it() {
    let server = server(|_| Reply::json(200, &json!({ "id": "cus_1" })));
    run(
        &server,
        "- request: POST /v1/things
  form:
    email: a+b@example.com
    metadata: { user_id: \"user & 1\" }
    expand: [sources, 2]
    items: [{ price: p1 }, { price: p2, quantity: 3 }]
    active: true
",
        0,
    );
    let request = &server.requests()[0];
    assert_eq!(header(request, "content-type"), Some("application/x-www-form-urlencoded"));
    let sent: Vec<_> = url::form_urlencoded::parse(&request.body).collect();
    let sent: Vec<_> = sent.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        sent,
        [
            "email=a+b@example.com",
            "metadata[user_id]=user & 1",
            "expand[]=sources",
            "expand[]=2",
            "items[0][price]=p1",
            "items[1][price]=p2",
            "items[1][quantity]=3",
            "active=true",
        ]
    );
}

#[test]
fn a_password_in_a_form_is_not_printed() {
    let server = server(|request| Reply::text(200, "text/plain", &text(request)));
    let step = "- name: Log in
  request: POST /login
  form: { user: { name: ann, password: correct-horse-9 } }
  expect: { body: nothing like it }
";
    let finished = run(&server, step, 1);
    assert!(text(&server.requests()[0]).ends_with("=correct-horse-9"));
    for output in [&finished.stdout, &finished.stderr] {
        assert!(!output.contains("correct-horse-9"), "{finished}");
    }
}

#[test]
fn a_body_that_is_text_is_compared_as_text() {
    let answer = "OK, user_17\nsecond line";
    for (body, exit) in [
        ("\"OK, user_17\\nsecond line\"", 0),
        ("{ $contains: user_17 }", 0),
        ("{ $matches: '(?m)^second' }", 0),
        ("{ $not: { $contains: error } }", 0),
        ("{ $any_of: [x, { $contains: OK }] }", 0),
        ("{ $length: 23 }", 0),
        ("OK", 1),
        ("{ $contains: user_18 }", 1),
    ] {
        let server = server(move |_| Reply::text(200, "text/plain; charset=utf-8", answer));
        let step = format!("- {{ name: Look, request: GET /, expect: {{ body: {body} }} }}");
        let finished = run(&server, &step, exit);
        if exit != 0 {
            let step = finished.step("Look");
            assert_eq!(step["diagnosis"]["code"], "mismatch", "{finished}");
            assert_eq!(step["checks"][1]["actual"], answer, "{finished}");
        }
    }
}

/// What calls itself text is text, also where it could be read as JSON; and JSON stays JSON.
#[test]
fn the_content_type_decides_what_a_number_is() {
    for (kind, body, exit) in [
        ("text/plain", "'123'", 0),
        ("text/plain", "123", 0),
        ("application/json", "'123'", 1),
        ("application/json", "123", 0),
    ] {
        let server = server(move |_| Reply::text(200, kind, "123"));
        run(&server, &format!("- {{ request: GET /, expect: {{ body: {body} }} }}"), exit);
    }
}

/// Where keys are asked for, a text is still no answer.
#[test]
fn a_mapping_asks_for_json() {
    let server = server(|_| Reply::text(200, "text/html", "<html></html>"));
    let step = "- { name: Look, request: GET /, expect: { body: { id: x } } }";
    let finished = run(&server, step, 1);
    assert_eq!(finished.step("Look")["diagnosis"]["code"], "not_json", "{finished}");
}

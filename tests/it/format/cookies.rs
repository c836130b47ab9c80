//! The cookies of a scenario.

use serde_json::json;

use super::{Reply, Request, header, run, server};

fn cookies(request: &Request) -> String {
    let mut all: Vec<_> = header(request, "cookie").unwrap_or_default().split("; ").collect();
    all.sort_unstable();
    all.join("; ")
}

#[test]
fn what_an_answer_sets_goes_with_what_follows() {
    let server = server(|request| {
        let reply = Reply::json(200, &json!({}));
        match request.target.as_str() {
            "/login" => reply
                .header("set-cookie", "session=s1; Path=/; HttpOnly; Secure; SameSite=Lax")
                .header("set-cookie", "admin=a1; Path=/admin")
                .header("set-cookie", "other=o1; Domain=example.com"),
            "/logout" => reply.header("set-cookie", "session=; Path=/; Max-Age=0"),
            _ => reply,
        }
    });
    run(
        &server,
        "- request: POST /login
- request: GET /admin/users
- request: GET /me
- request: GET /own
  headers: { cookie: mine=1 }
- request: POST /logout
- request: GET /me
",
        0,
    );
    let sent: Vec<_> = server.requests().iter().map(cookies).collect();
    assert_eq!(sent, ["", "admin=a1; session=s1", "session=s1", "mine=1", "session=s1", ""]);
}

/// Scenarios share nothing.
#[test]
fn each_scenario_begins_without_cookies() {
    let server = server(|_| Reply::json(200, &json!({})).header("set-cookie", "session=s1"));
    for _ in 0..2 {
        run(&server, "- request: GET /", 0);
    }
    assert!(server.requests().iter().all(|request| header(request, "cookie").is_none()));
}

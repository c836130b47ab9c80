//! What every request meets before its route.

use serde_json::json;
use tieback::sandbox::Options;

use super::Sandbox;
use super::http::Request;

fn customer() -> serde_json::Value {
    json!({"email": "ann@example.com"})
}

#[tokio::test]
async fn answers_carry_the_version_and_name_the_sandbox() {
    let sandbox = Sandbox::new().await;
    let answer = sandbox.get("/v1/customers/").await.expect(200);
    assert_eq!(answer.header("polar-version"), Some("2026-04"));
    assert_eq!(answer.header("x-polar-sandbox"), Some("1"));
}

#[tokio::test]
async fn a_version_is_one_of_two_and_an_empty_one_the_default() {
    let sandbox = Sandbox::new().await;
    let path = "/v1/customers/";
    // Sent by hand: the client leaves an empty header out.
    for (asked, told) in
        [("2026-10", Some("2026-10")), (" ", Some("2026-04")), ("2026-04", Some("2026-04"))]
    {
        let answer = sandbox
            .send(Request::new("GET", path).header("polar-version", asked))
            .await
            .expect(200);
        assert_eq!(answer.header("polar-version"), told);
    }
    for unknown in ["2025-01", "2026-11", "latest", "2026-04,2026-10"] {
        let answer = sandbox
            .send(Request::new("GET", path).header("polar-version", unknown))
            .await
            .expect(404);
        assert_eq!(answer.json(), json!({"detail": "Not Found"}), "{unknown}");
        let headers = ["polar-version", "x-polar-sandbox"].map(|name| answer.header(name));
        assert_eq!(headers, [None, None], "{unknown}");
    }
}

#[tokio::test]
async fn each_layer_puts_its_own_headers_on_an_answer() {
    let options = Options { tokens: vec!["good".parse().unwrap()], ..Options::default() };
    let sandbox = Sandbox::with(options).await;
    let ask = async |method: &str, path: &str, token: &str| {
        let answer = sandbox.send(Request::new(method, path).token(token)).await;
        let told = |name: &str| answer.header(name).map(str::to_owned);
        (
            answer.status,
            told("polar-version").is_some(),
            told("x-polar-sandbox").is_some(),
            told("www-authenticate"),
        )
    };
    let realm = Some("Bearer realm=\"polar\"".to_owned());
    assert_eq!(ask("GET", "/v1/customers/", "").await, (401, true, true, realm));
    assert_eq!(ask("GET", "/v1/customers", "good").await, (307, true, true, None));
    assert_eq!(ask("POST", "/v1/customers", "good").await, (307, true, true, None));
    assert_eq!(ask("GET", "/v1/nothing", "good").await, (404, true, true, None));
    assert_eq!(ask("PUT", "/v1/customers/", "good").await, (405, true, true, None));
    assert_eq!(ask("GET", "/v1/customers/?query=%00", "good").await, (500, false, false, None));
    sandbox.arm(json!({"name": "server-error", "times": 1})).await;
    assert_eq!(ask("GET", "/v1/customers/", "good").await, (500, false, false, None));
    sandbox.arm(json!({"name": "rate-limited", "times": 1})).await;
    assert_eq!(ask("GET", "/v1/customers/", "good").await, (429, true, false, None));
}

#[tokio::test]
async fn the_old_root_still_works() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.post("/api/v1/customers/", customer()).await.expect(201).text("id");
    let answer = sandbox.get(&format!("/api/v1/customers/{id}?x=1")).await.expect(200);
    assert!(answer.header("x-polar-deprecation-notice").unwrap().contains("/api/v1 to /v1"));
    let moved = sandbox.get("/api/v1/customers?limit=1").await.expect(307);
    assert!(moved.header("location").unwrap().ends_with("/v1/customers/?limit=1"));
    assert!(!moved.header("location").unwrap().contains("/api"));
    sandbox.get("/api/v2/customers/").await.expect(404);
    sandbox.get("/api/_sandbox/").await.expect(404);
    assert_eq!(sandbox.get("/v1/customers/").await.header("x-polar-deprecation-notice"), None);
}

#[tokio::test]
async fn the_controls_are_the_same_however_they_are_spelt() {
    let options = Options { tokens: vec!["good".parse().unwrap()], ..Options::default() };
    let sandbox = Sandbox::with(options).await;
    for path in ["/_sandbox/", "/%5Fsandbox/", "/_sandbo%78/"] {
        sandbox.send(Request::new("GET", path).token("bad")).await.expect(200);
    }
    let requests = sandbox.get("/_sandbox/requests").await.json();
    assert_eq!(requests["items"], json!([]));
}

#[tokio::test]
async fn a_preflight_is_answered_and_only_pages_of_this_machine_may_read() {
    let sandbox = Sandbox::new().await;
    let ask = |origin: &str, method: &str, headers: &str| {
        let request = Request::new("OPTIONS", "/v1/customers/").token("").header("origin", origin);
        request
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers)
    };
    for origin in
        ["http://localhost:3000", "http://127.0.0.1", "https://app.localhost", "http://[::1]:8080"]
    {
        let answer =
            sandbox.send(ask(origin, "POST", "authorization, content-type")).await.expect(200);
        assert_eq!(
            (answer.body.as_str(), answer.header("access-control-allow-origin")),
            ("OK", Some("*")),
            "{origin}"
        );
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
        assert_eq!(
            (answer.header("polar-version"), answer.header("x-polar-sandbox")),
            (Some("2026-04"), None)
        );
        let read = sandbox
            .send(Request::new("GET", "/v1/customers/").header("origin", origin))
            .await
            .expect(200);
        assert_eq!(read.header("access-control-allow-origin"), Some("*"));
    }
    for origin in [
        "https://example.com",
        "null",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
    ] {
        let answer = sandbox.send(ask(origin, "GET", "")).await.expect(200);
        assert_eq!(
            (answer.body.as_str(), answer.header("access-control-allow-origin")),
            ("OK", None),
            "{origin}"
        );
        let read = sandbox
            .send(Request::new("GET", "/v1/customers/").header("origin", origin))
            .await
            .expect(200);
        assert_eq!(read.header("access-control-allow-origin"), None);
    }
    let local = "http://localhost:3000";
    assert_eq!(
        sandbox.send(ask(local, "GET", "x-mine")).await.expect(400).body,
        "Disallowed CORS headers"
    );
    assert_eq!(
        sandbox.send(ask(local, "BREW", "")).await.expect(400).body,
        "Disallowed CORS method"
    );
    // Without an origin it is a method like any other.
    sandbox.send(Request::new("OPTIONS", "/v1/customers/")).await.expect(405);
}

#[tokio::test]
async fn an_unknown_token_is_answered_before_the_sandbox_is_named() {
    let tokens = vec!["good".parse().unwrap()];
    let sandbox = Sandbox::with(Options { tokens, ..Options::default() }).await;
    let bad = sandbox.send(Request::new("GET", "/v1/customers/").token("bad")).await.expect(401);
    assert_eq!(bad.header("x-polar-sandbox"), None);
    assert!(bad.header("www-authenticate").unwrap().contains("invalid_token"));
    let none = sandbox.send(Request::new("GET", "/v1/customers/").token("")).await.expect(401);
    assert_eq!(none.header("x-polar-sandbox"), Some("1"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let tokens = vec!["reader=customers:read".parse().unwrap()];
    let sandbox = Sandbox::with(Options { tokens, ..Options::default() }).await;
    let answer =
        sandbox.send(Request::new("GET", "/v1/organizations/").token("reader")).await.expect(403);
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("organizations:read organizations:write")
    );
}

#[tokio::test]
async fn a_body_needs_a_length_and_must_not_be_huge() {
    let sandbox = Sandbox::new().await;
    let chunked = Request::new("POST", "/v1/customers/").header("content-length", "");
    let answer = sandbox.send(chunked).await.expect(411);
    assert_eq!(answer.header("x-polar-sandbox"), None);
    let huge = Request::new("POST", "/v1/customers/").header("content-length", "10485761");
    sandbox.send(huge).await.expect(413);
}

#[tokio::test]
async fn too_many_requests_are_429_with_nothing_in_it() {
    let options = Options { rate_limit: Some("2/min".parse().unwrap()), ..Options::default() };
    let sandbox = Sandbox::with(options).await;
    sandbox.get("/v1/customers/").await.expect(200);
    sandbox.get("/v1/customers/").await.expect(200);
    let answer = sandbox.get("/v1/customers/").await.expect(429);
    assert_eq!((answer.body.as_str(), answer.header("retry-after")), ("", Some("60")));
    assert_eq!(answer.header("x-polar-sandbox"), None);
    sandbox.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn only_loopback_names_are_answered() {
    let sandbox = Sandbox::new().await;
    for name in ["localhost:4010", "127.0.0.1", "[::1]:80", "app.localhost"] {
        sandbox.send(Request::new("GET", "/v1/customers/").header("host", name)).await.expect(200);
    }
    for name in ["evil.example", "localhost.evil.example", "10.0.0.1"] {
        sandbox.send(Request::new("GET", "/v1/customers/").header("host", name)).await.expect(421);
    }
}

#[tokio::test]
async fn broken_json_is_told_before_a_missing_token() {
    let sandbox = Sandbox::new().await;
    let broken = Request::new("POST", "/v1/customers/").raw("{").token("");
    let detail = sandbox.send(broken).await.expect(422).json()["detail"][0].clone();
    assert_eq!((&detail["type"], &detail["loc"]), (&json!("json_invalid"), &json!(["body", 1])));
}

#[tokio::test]
async fn a_body_has_to_be_declared_as_json() {
    let sandbox = Sandbox::new().await;
    let plain = Request::new("POST", "/v1/customers/")
        .json(&customer())
        .header("content-type", "text/plain");
    let detail = sandbox.send(plain).await.expect(422).json()["detail"][0].clone();
    assert_eq!(detail["type"], "model_attributes_type");
}

#[tokio::test]
async fn odd_requests_are_answered_and_not_survived_by_luck() {
    let sandbox = Sandbox::new().await;
    sandbox.get("/v1/customers/?query=%00").await.expect(500);
    sandbox.get("/v1/customers/?page=99999999999999999999").await.expect(500);
    sandbox.get("/v1/customers/%FF").await;
    sandbox.get("/v1/customers/external/%FF").await;
    sandbox
        .send(Request::new("POST", "/v1/customers/").raw(&"[".repeat(100_000)))
        .await
        .expect(400);
    sandbox.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn a_stopped_sandbox_lets_its_port_go() {
    let sandbox = Sandbox::new().await;
    let address = sandbox.address();
    sandbox.handle.stop().await;
    tokio::net::TcpListener::bind(address).await.unwrap();
}

#[tokio::test]
async fn an_unknown_token_is_refused_before_a_route_is_looked_for() {
    let tokens = vec!["good".parse().unwrap()];
    let sandbox = Sandbox::with(Options { tokens, ..Options::default() }).await;
    for (method, path) in
        [("GET", "/v1/nope"), ("POST", "/v1/customers"), ("PUT", "/v1/customers/")]
    {
        sandbox.send(Request::new(method, path).token("bad")).await.expect(401);
    }
    sandbox.send(Request::new("GET", "/healthz").token("bad")).await.expect(200);
    sandbox.send(Request::new("GET", "/v1/nope").token("")).await.expect(404);
}

#[tokio::test]
async fn a_head_is_no_get() {
    let sandbox = Sandbox::new().await;
    for method in ["HEAD", "PUT", "OPTIONS"] {
        let answer = sandbox.send(Request::new(method, "/v1/customers/")).await.expect(405);
        assert_eq!(answer.header("allow"), Some("GET"));
    }
    for method in ["PATCH", "DELETE"] {
        sandbox.send(Request::new(method, "/v1/customers/export").raw("{}")).await.expect(422);
    }
}

#[tokio::test]
async fn a_nul_byte_for_the_database_is_500_and_says_nothing() {
    let sandbox = Sandbox::new().await;
    for path in [
        "/v1/customers/?query=%00",
        "/v1/customers/?metadata[k]=%00",
        "/v1/customers/external/%00/state",
    ] {
        let answer = sandbox.get(path).await.expect(500);
        assert_eq!(answer.body, "Internal Server Error");
    }
    sandbox.get("/v1/customers/?other=%00").await.expect(200);
    sandbox.get("/v1/customers/?limit=%00").await.expect(422);
    sandbox.get("/v1/customers/external/%FF").await.expect(404);
}

#[tokio::test]
async fn a_body_is_read_where_there_is_one_and_as_python_reads_it() {
    let sandbox = Sandbox::new().await;
    let send =
        async |path: &str, body: &str| sandbox.send(Request::new("POST", path).raw(body)).await;
    send("/v1/webhooks/events/60039543-761f-44ce-8d05-c8f31fff187c/redeliver", "{")
        .await
        .expect(404);
    send("/v1/customers/", "\u{feff}{\"email\": \"bom@example.com\"}").await.expect(201);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    send("/v1/customers/", &deep).await.expect(400);
    send("/v1/customers/", "{\"email\": NaN}").await.expect(500);
}

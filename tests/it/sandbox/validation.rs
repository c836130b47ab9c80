//! What bodies may hold, where the real API draws the line.

use serde_json::{Value, json};

use super::Sandbox;
use super::http::{Answer, Request};

async fn create(sandbox: &Sandbox, body: &str) -> Answer {
    sandbox.send(Request::new("POST", "/v1/customers/").raw(body)).await
}

#[tokio::test]
async fn a_locale_is_read_by_its_meaning() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let path = format!("/v1/customers/{id}");
    for (sent, kept) in
        [("en_US", "en-US"), ("i-klingon", "tlh"), ("de-CH-1996", "de-CH-1996"), ("eng", "en")]
    {
        assert_eq!(
            sandbox.patch(&path, json!({"locale": sent})).await.expect(200).text("locale"),
            kept
        );
    }
    for sent in ["xx", "", "english", "en-", "en\0"] {
        let answer = sandbox.patch(&path, json!({"locale": sent})).await.expect(422);
        assert_eq!(
            answer.messages(),
            ["Value error, Invalid IETF BCP 47 language tag"],
            "{sent:?}"
        );
        assert_eq!(answer.json()["detail"][0]["type"], "value_error");
    }
}

#[tokio::test]
async fn hosts_of_endpoints_are_domain_names() {
    let sandbox = Sandbox::new().await;
    let body = |url: &str| json!({"url": url, "format": "raw", "events": []});
    let message = "Value error, Invalid webhook URL: the hostname contains characters not allowed \
        in domain names.";
    for url in [
        "https://my_service.example.com/",
        "https://-a.example.com/",
        "https://a-.example.com/",
        "https://ab--c.example.com/",
        "https://a..example.com/",
        "https://*.example.com/",
        "https://a!b.example.com/",
        "https://💩.example.com/",
        "https://xn--ls8h.example.com/",
        "https://a·b.example.com/",
        "http://my_service:8080/",
    ] {
        let answer = sandbox.post("/v1/webhooks/endpoints", body(url)).await.expect(422);
        assert_eq!(answer.messages(), [message], "{url}");
    }
    let long = format!("https://{}.example.com/", "a".repeat(64));
    sandbox.post("/v1/webhooks/endpoints", body(&long)).await.expect(422);
    for url in [
        "https://bücher.example/",
        "https://xn--bcher-kva.example./",
        "http://localhost:1/",
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "https://col·lecció.example/",
        "https://ﬁ.example/",
    ] {
        sandbox.post("/v1/webhooks/endpoints", body(url)).await.expect(201);
    }
}

#[tokio::test]
async fn domains_of_emails_are_domain_names() {
    let sandbox = Sandbox::new().await;
    for (domain, reason) in [
        (
            "☃.example.com",
            "The part after the @-sign is invalid (Codepoint U+2603 at position 1 of '☃' not \
                allowed).",
        ),
        (
            "xn--n3h.example.com",
            "The part after the @-sign is not valid IDNA (Codepoint U+2603 at position 1 of '☃' \
                not allowed).",
        ),
    ] {
        let answer = sandbox
            .post("/v1/customers/", json!({"email": format!("a@{domain}")}))
            .await
            .expect(422);
        assert_eq!(answer.messages(), [format!("value is not a valid email address: {reason}")]);
    }
    let answer =
        sandbox.post("/v1/customers/", json!({"email": "a@BÜCHER.example"})).await.expect(201);
    assert_eq!(answer.text("email"), "a@bücher.example");
}

#[tokio::test]
async fn a_nul_is_refused_with_one_text() {
    let sandbox = Sandbox::new().await;
    let message = "Value error, Input must not contain a NUL character (\\u0000).";
    for field in [
        r#""name": "a\u0000""#,
        r#""external_id": "\u0000""#,
        r#""tax_id": "1\u0000""#,
        r#""metadata": {"k": "a\u0000b"}"#,
        r#""metadata": {"k\u0000": "v"}"#,
        r#""billing_address": {"country": "FR", "city": "\u0000"}"#,
        r#""owner": {"email": "o@example.com", "name": "\u0000"}"#,
    ] {
        let answer = create(&sandbox, &format!(r#"{{"email": "a@example.com", {field}}}"#))
            .await
            .expect(422);
        assert_eq!(answer.messages(), [message], "{field}");
    }
    let endpoint =
        json!({"url": "https://example.com/", "format": "raw", "events": [], "name": "\0"});
    assert_eq!(
        sandbox.post("/v1/webhooks/endpoints", endpoint).await.expect(422).messages(),
        [message]
    );
    let id = sandbox.customer("ann").await;
    let path = format!("/v1/customers/{id}");
    assert_eq!(
        sandbox.patch(&path, json!({"metadata": {"k": "\0"}})).await.expect(422).messages(),
        [message]
    );
}

#[tokio::test]
async fn what_cannot_be_written_may_stand_where_it_is_ignored() {
    let sandbox = Sandbox::new().await;
    let strange =
        [r#""\ud83d""#, r#""\udc00x""#, "NaN", "-Infinity", "1e400", r#"{"\ud83d": [1]}"#];
    for (number, value) in strange.into_iter().enumerate() {
        let body = format!(
            r#"{{"email": "u{number}@example.com", "note": {value}, "name": "\ud83d\ude00"}}"#
        );
        let answer = create(&sandbox, &body).await.expect(201);
        assert_eq!(answer.text("name"), "😀");
        // An answer that would have to show it is more than the real API can write, and so is a
        // use.
        create(&sandbox, &format!(r#"{{"note": {value}}}"#)).await.expect(500);
        for field in ["name", "external_id", "email", "locale", "type", "metadata"] {
            let value =
                if field == "metadata" { format!(r#"{{"k": {value}}}"#) } else { value.to_owned() };
            let body = format!(r#"{{"email": "v{number}@example.com", "{field}": {value}}}"#);
            create(&sandbox, &body).await.expect(500);
        }
    }
    create(&sandbox, r#"{"email": "w@example.com", "note": "\ud83d", "name": NaN"#)
        .await
        .expect(422);
}

#[tokio::test]
async fn minus_zero_is_zero() {
    let sandbox = Sandbox::new().await;
    let body = r#"{"email": "a@example.com", "metadata": {"a": -0, "b":-0, "c": "-0", "d": -1, "e": -0.5}}"#;
    let answer = create(&sandbox, body).await.expect(201);
    assert!(
        answer.body.contains(r#""metadata":{"a":0,"b":0,"c":"-0","d":-1,"e":-0.5}"#),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_endpoint_is_modified_by_what_a_body_names() {
    let sandbox = Sandbox::new().await;
    let made = sandbox.endpoint("https://example.com/", &["customer.created"]).await;
    let path = format!("/v1/webhooks/endpoints/{}", made["id"].as_str().unwrap());
    for nothing in
        [json!({}), json!({"name": null, "url": null, "enabled": null}), json!({"note": 1})]
    {
        let answer = sandbox.patch(&path, nothing.clone()).await.expect(200).json();
        assert_eq!(answer["modified_at"], Value::Null, "{nothing}");
    }
    let answer = sandbox.patch(&path, json!({"enabled": true})).await.expect(200).json();
    assert!(answer["modified_at"].is_string());
    sandbox.delete(&path).await.expect(204);
    sandbox.patch(&path, json!({})).await.expect(404);
}

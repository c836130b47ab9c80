//! Meters, as a customer sees them in the portal.

use serde_json::{Value, json};

use super::Sandbox;
use super::http::Request;

async fn meters(sandbox: &Sandbox, token: &str) -> Vec<Value> {
    let request = Request::new("GET", "/v1/customer-portal/meters/").token(token);
    sandbox.send(request).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_portal_shows_a_customer_its_own_use() {
    let sandbox = Sandbox::new().await;
    let clause = json!({"property": "name", "operator": "eq", "value": "call"});
    let meter = json!({
        "name": "Calls",
        "filter": {"conjunction": "and", "clauses": [clause]},
        "aggregation": {"func": "count"},
    });
    let meter = sandbox.post("/v1/meters/", meter).await.expect(201).text("id");
    let mut tokens = Vec::new();
    for name in ["ann", "bob"] {
        let customer = sandbox.customer(name).await;
        let session = sandbox.post("/v1/customer-sessions/", json!({"customer_id": customer}));
        tokens.push(session.await.expect(201).text("token"));
    }
    let event = json!({"name": "call", "external_customer_id": "user_ann"});
    sandbox.post("/v1/events/ingest", json!({"events": [event]})).await.expect(200);

    let mut own = Vec::new();
    while own.is_empty() {
        own = meters(&sandbox, &tokens[0]).await;
    }
    assert_eq!(own.len(), 1);
    assert_eq!(own[0]["consumed_units"], 1.0);
    assert_eq!(own[0]["meter"]["id"], json!(meter));
    assert_eq!(own[0]["meter"]["name"], "Calls");
    let path = format!("/v1/customer-portal/meters/{}", own[0]["id"].as_str().unwrap());
    let one = sandbox.send(Request::new("GET", &path).token(&tokens[0])).await.expect(200);
    assert_eq!(one.json(), own[0]);
    sandbox.send(Request::new("GET", &path).token(&tokens[1])).await.expect(404);
    sandbox.get(&path).await.expect(401);
}

//! Records that are there from the start, with the ids that an app is configured with. They are
//! made by the same routes that serve requests, so that a mistake in them is refused with the same
//! words.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::http::Internal;

/// Collections in the order in which they are made: each may name records of those before it.
const COLLECTIONS: [&str; 5] = ["meters", "benefits", "products", "discounts", "customers"];

/// Makes the records of a seed that are not there yet: lists of bodies by collection, each with an
/// `id` if it needs a certain one. The error says which record was refused, and why.
pub(super) async fn plant(routes: &Router, seed: &Value) -> Result<(), String> {
    let Value::Object(seed) = seed else { return Err("the seed is not an object".to_owned()) };
    if let Some(key) = seed.keys().find(|key| !COLLECTIONS.contains(&key.as_str())) {
        let known = COLLECTIONS.join(", ");
        return Err(format!("unknown collection `{key}`; known are {known}"));
    }
    let mut benefits = Vec::new();
    for collection in COLLECTIONS {
        let Some(records) = seed.get(collection) else { continue };
        let Value::Array(records) = records else {
            return Err(format!("`{collection}` is not a list"));
        };
        for (index, record) in records.iter().enumerate() {
            let name = format!("{collection}[{index}]");
            let made = plant_one(routes, collection, record)
                .await
                .map_err(|reason| format!("{name} was refused: {reason}"))?;
            let Some(made) = made else { continue };
            match collection {
                "benefits" => benefits.push(made),
                "products" => attach(routes, record, &made, &benefits)
                    .await
                    .map_err(|reason| format!("the benefits of {name} were refused: {reason}"))?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// The record that was made; `None` where it was there already.
async fn plant_one(
    routes: &Router,
    collection: &str,
    record: &Value,
) -> Result<Option<Value>, String> {
    let mut body = record.clone();
    let Value::Object(fields) = &mut body else { return Err("it is not an object".to_owned()) };
    let id = match fields.shift_remove("id") {
        None => None,
        Some(id) => {
            let parsed = id.as_str().and_then(|id| id.parse::<Uuid>().ok());
            Some(parsed.ok_or_else(|| format!("{id} is not an id"))?)
        }
    };
    fields.shift_remove("benefits");
    match fields.shift_remove("price") {
        None => {}
        Some(Value::String(free)) if free == "free" => {
            fields.insert("prices".to_owned(), json!([{"amount_type": "free"}]));
        }
        Some(cents) => {
            let price = json!({"amount_type": "fixed", "price_amount": cents});
            fields.insert("prices".to_owned(), json!([price]));
        }
    }
    if let Some(id) = id {
        let path = format!("/v1/{collection}/{id}");
        let (status, _) = ask(routes, "GET", &path, &Value::Null, None).await;
        if status == StatusCode::OK {
            return Ok(None);
        }
    }
    let made = ask(routes, "POST", &format!("/v1/{collection}/"), &body, id).await;
    refused(made).map(Some)
}

/// Gives a product the benefits that its record names, by id or by description.
async fn attach(
    routes: &Router,
    record: &Value,
    product: &Value,
    benefits: &[Value],
) -> Result<(), String> {
    let Some(Value::Array(named)) = record.get("benefits") else { return Ok(()) };
    let ids: Vec<&Value> = named
        .iter()
        .map(|name| {
            let found = benefits.iter().find(|benefit| benefit["description"] == *name);
            found.map_or(name, |benefit| &benefit["id"])
        })
        .collect();
    let path = format!("/v1/products/{}/benefits", product["id"].as_str().unwrap_or_default());
    refused(ask(routes, "POST", &path, &json!({"benefits": ids}), None).await).map(drop)
}

/// What was made, or why it was not; the input, which may be a secret, is not repeated.
fn refused((status, answer): (StatusCode, Value)) -> Result<Value, String> {
    if status.is_success() {
        return Ok(answer);
    }
    let flaws = answer["detail"].as_array().into_iter().flatten().map(|flaw| {
        let place: Vec<_> = flaw["loc"].as_array().into_iter().flatten().skip(1).collect();
        let place: Vec<_> = place.iter().map(|step| step.to_string().replace('"', "")).collect();
        format!("{}: {}", place.join("."), flaw["msg"].as_str().unwrap_or_default())
    });
    let flaws: Vec<_> = flaws.collect();
    Err(if flaws.is_empty() { format!("{status}, {answer}") } else { flaws.join("; ") })
}

async fn ask(
    routes: &Router,
    method: &str,
    path: &str,
    body: &Value,
    id: Option<Uuid>,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .extension(Internal { id })
        .body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) });
    let Ok(request) = request else { return (StatusCode::BAD_REQUEST, Value::Null) };
    let response = match routes.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

//! What the server answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::sources::send::{noise, write};
use crate::sources::server::{Ends, ORGANIZATION, STREAM_SECRET, Shared, Style, now};

fn reply(status: u16, body: &Json) -> Response {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response
        .body(Body::from(if body.is_null() { String::new() } else { body.to_string() }))
        .unwrap()
}

pub(crate) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Json =
        serde_json::from_slice(&to_bytes(body, 1 << 20).await.unwrap()).unwrap_or_default();
    let asked = format!("{} {}", parts.method, parts.uri);
    shared.note(asked.clone());
    let path = parts.uri.path().trim_end_matches('/').to_owned();
    let refused = shared.behaviour.refused.iter().find(|(start, _)| asked.starts_with(*start));
    if let Some((_, status)) = refused {
        return refuse(*status, &path);
    }
    let id = path.rsplit('/').next().unwrap_or_default().to_owned();
    match (parts.method.clone(), path.as_str()) {
        (Method::GET, "/v1/organizations") => {
            let own = json!({ "id": ORGANIZATION });
            let others = (0..shared.behaviour.more_organizations)
                .map(|_| json!({ "id": uuid::Uuid::new_v4() }));
            let items: Vec<_> = std::iter::once(own).chain(others).collect();
            reply(200, &json!({ "items": items }))
        }
        (Method::GET, path) if path == format!("/v1/cli/listen/{ORGANIZATION}") => listen(&shared),
        (Method::GET, "/v1/slow") => {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            shared.note("end /v1/slow".to_owned());
            reply(200, &json!({}))
        }
        (Method::GET, "/v1/webhooks/deliveries") => {
            deliveries(&shared, parts.uri.query().unwrap_or_default())
        }
        (_, path) if path.starts_with("/v1/webhooks/endpoints") => {
            endpoints(&shared, &parts.method, &id, &body)
        }
        (_, path) if path.starts_with("/v1/customers") => {
            customers(&shared, &parts.method, &id, body)
        }
        _ => reply(404, &json!({ "detail": "Not Found" })),
    }
}

fn refuse(status: u16, path: &str) -> Response {
    let mut response = reply(status, &json!({ "error": "refused" }));
    let needed = match path {
        "/v1/organizations" => "organizations:read organizations:write",
        _ => "webhooks:read webhooks:write",
    };
    let headers = response.headers_mut();
    if status == 403 {
        headers.insert(
            "www-authenticate",
            format!("Bearer realm=\"polar\", scope=\"{needed}\"").parse().unwrap(),
        );
    }
    headers.insert("location", "/v1/elsewhere".parse().unwrap());
    response
}

fn listen(shared: &Arc<Shared>) -> Response {
    let style = shared.behaviour.stream;
    let (reader, pieces): (UnboundedSender<Bytes>, UnboundedReceiver<Bytes>) = unbounded_channel();
    let mut store = shared.lock();
    store.connections += 1;
    match style {
        Style::Mute => _ = reader.send(": ping\n\n".into()),
        Style::Secretless => write(&reader, style, r#"{"key":"connected"}"#),
        _ => write(
            &reader,
            style,
            &json!({ "key": "connected", "ts": now(), "secret": STREAM_SECRET }).to_string(),
        ),
    }
    for message in store.unsent.drain(..) {
        write(&reader, style, &message);
    }
    // The connection that is to end is the first one.
    if shared.behaviour.ends == Ends::Never || store.connections == 1 {
        store.readers.push(reader);
    } else {
        // Kept open for as long as the process lives.
        std::mem::forget(reader);
    }
    let pieces = futures_util::stream::unfold(pieces, |mut pieces| async {
        Some((pieces.recv().await?, pieces))
    });
    let kind = if style == Style::Html { "text/html" } else { "text/event-stream; charset=utf-8" };
    Response::builder()
        .header("content-type", kind)
        .body(Body::from_stream(pieces.map(Ok::<_, Infallible>)))
        .unwrap()
}

fn deliveries(shared: &Shared, query: &str) -> Response {
    let asked = shared
        .lock()
        .requests
        .iter()
        .filter(|asked| asked.starts_with("GET /v1/webhooks/deliveries"))
        .count();
    if asked > 1 && asked - 1 <= shared.behaviour.log_fails.0 {
        return reply(shared.behaviour.log_fails.1, &Json::Null);
    }
    let field =
        |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let number =
        |name: &str, default: usize| field(name).map_or(default, |text| text.parse().unwrap());
    let mut store = shared.lock();
    let rows = store
        .log
        .iter()
        .rev()
        .filter(|row| field("endpoint_id").is_none_or(|id| row["endpoint"] == id));
    let limit = number("limit", 10);
    let rows: Vec<_> = rows.skip((number("page", 1) - 1) * limit).take(limit).collect();
    let answer = reply(200, &json!({ "items": rows }));
    if let (false, Some(endpoint)) = (rows.is_empty(), field("endpoint_id")) {
        store.log.extend((0..shared.behaviour.arriving).map(|_| noise(endpoint)));
    }
    answer
}

fn endpoints(shared: &Shared, method: &Method, id: &str, body: &Json) -> Response {
    let mut store = shared.lock();
    match *method {
        Method::POST => {
            if shared.behaviour.https_only && !body["url"].as_str().unwrap().starts_with("https://")
            {
                return reply(422, &json!({ "detail": [{ "msg": "only https is allowed" }] }));
            }
            let id = uuid::Uuid::new_v4().to_string();
            let mut endpoint = body.clone();
            endpoint["id"] = json!(id);
            endpoint["enabled"] = json!(true);
            endpoint["organization_id"] = json!(ORGANIZATION);
            endpoint["secret"] = json!("polar_whs_the_secret_of_an_endpoint");
            store.endpoints.insert(id, endpoint.clone());
            reply(201, &endpoint)
        }
        Method::GET if id == "endpoints" => {
            reply(200, &json!({ "items": store.endpoints.values().collect::<Vec<_>>() }))
        }
        Method::GET => store
            .endpoints
            .get(id)
            .map_or_else(|| reply(404, &Json::Null), |found| reply(200, found)),
        Method::PATCH => {
            let Some(endpoint) = store.endpoints.get_mut(id) else {
                return reply(404, &Json::Null);
            };
            endpoint["enabled"] = body["enabled"].clone();
            reply(200, endpoint)
        }
        _ => {
            let Some(endpoint) = store.endpoints.remove(id) else { return reply(404, &Json::Null) };
            assert_eq!(endpoint["enabled"], false, "an endpoint is disabled before it is deleted");
            reply(204, &Json::Null)
        }
    }
}

fn customers(shared: &Arc<Shared>, method: &Method, id: &str, mut body: Json) -> Response {
    let mut store = shared.lock();
    match *method {
        Method::POST => {
            let id = uuid::Uuid::new_v4().to_string();
            body["id"] = json!(id);
            body["organization_id"] = json!(ORGANIZATION);
            store.customers.insert(id, body.clone());
            let (shared, customer) = (shared.clone(), body.clone());
            std::thread::spawn(move || shared.announce(&customer));
            reply(StatusCode::CREATED.as_u16(), &body)
        }
        Method::GET if id == "customers" => {
            reply(200, &json!({ "items": store.customers.values().collect::<Vec<_>>() }))
        }
        Method::DELETE => {
            reply(if store.customers.remove(id).is_some() { 204 } else { 404 }, &Json::Null)
        }
        _ => store
            .customers
            .get(id)
            .map_or_else(|| reply(404, &Json::Null), |found| reply(200, found)),
    }
}

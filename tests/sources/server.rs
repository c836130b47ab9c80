//! A billing API in miniature that shares no code with the program: customers, webhook endpoints, the
//! event stream and the delivery log, each of which can be refused or made to misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::StreamExt as _;
use serde_json::{Value as Json, json};
use standardwebhooks::Webhook;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) const ORGANIZATION: &str = "f6407444-13cf-45ff-9b68-9b352f474ca0";
const STREAM_SECRET: &str = "f640744413cf45ff9b689b352f474ca0";

/// How it behaves. The default is honest.
#[derive(Default, Clone)]
pub(crate) struct Behaviour {
    /// What is refused, by `METHOD /first/segments`, with which status.
    pub(crate) refused: BTreeMap<&'static str, u16>,
    /// Endpoints that are not https are refused, as on the real API.
    pub(crate) https_only: bool,
    /// How many organizations the token sees beside its own.
    pub(crate) more_organizations: usize,
    /// A customer that is there already.
    pub(crate) old_customer: bool,
    /// What it sends when a customer is created.
    pub(crate) sends: Sends,
    /// How the stream writes.
    pub(crate) stream: Style,
    /// So many newer rows of other customers stand in the log.
    pub(crate) noise: usize,
    /// So many readings of the log fail, after the first.
    pub(crate) log_fails: usize,
    /// Which stream connections end, by what ends them.
    pub(crate) ends: Ends,
}

#[derive(Default, Clone, Copy, PartialEq)]
pub(crate) enum Sends {
    #[default]
    Everything,
    /// `customer.created` without the external ID.
    Unmapped,
    /// Everything, signed with another key.
    WrongKey,
    Nothing,
}

#[derive(Default, Clone, Copy, PartialEq)]
pub(crate) enum Style {
    /// One event a piece.
    #[default]
    Plain,
    /// Every byte by itself, CRLF, comments, data over several lines, fields nobody asked for.
    Odd,
    /// Nothing but comments: the first message never comes.
    Mute,
    /// A page for people.
    Html,
    /// The first message brings no secret.
    Secretless,
}

#[derive(Default, Clone, Copy, PartialEq)]
pub(crate) enum Ends {
    #[default]
    Never,
    /// With the first customer; its event is sent on the next connection.
    BeforeTheEvent,
    /// With the first customer; its event is lost.
    WithTheEvent,
}

#[derive(Default)]
struct Store {
    customers: BTreeMap<String, Json>,
    endpoints: BTreeMap<String, Json>,
    log: Vec<Json>,
    readers: Vec<UnboundedSender<Bytes>>,
    /// What no reader was there for.
    unsent: VecDeque<String>,
    connections: usize,
    requests: Vec<String>,
}

struct Shared {
    behaviour: Behaviour,
    store: Mutex<Store>,
    changed: Condvar,
}

/// A running server.
pub(crate) struct Api {
    pub(crate) base: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Api {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut store = Store::default();
        if behaviour.old_customer {
            let id = uuid::Uuid::new_v4().to_string();
            store.customers.insert(id.clone(), json!({ "id": id, "organization_id": ORGANIZATION }));
        }
        let shared = Arc::new(Shared { behaviour, store: Mutex::new(store), changed: Condvar::new() });
        let socket = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        runtime.spawn(async move { axum::serve(socket, router).await });
        Self { base, shared, _runtime: runtime }
    }

    /// What was asked, in order: `GET /v1/customers/?limit=1`. A slow request ends with `end …`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.lock().requests.clone()
    }

    /// How many requests begin like this.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.requests().iter().filter(|request| request.starts_with(start)).count()
    }

    /// Waits until so many requests begin like this.
    pub(crate) fn wait_for(&self, start: &str, count: usize) {
        let store = self.shared.lock();
        let few =
            |store: &mut Store| store.requests.iter().filter(|request| request.starts_with(start)).count() < count;
        let (_store, waited) = self.shared.changed.wait_timeout_while(store, Duration::from_mins(1), few).unwrap();
        assert!(!waited.timed_out(), "{start} was not asked {count} times");
    }

    /// The endpoints that are left, and the customers that this run may have left.
    pub(crate) fn left(&self) -> (usize, usize) {
        let store = self.shared.lock();
        (store.endpoints.len(), store.customers.len() - usize::from(self.shared.behaviour.old_customer))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn note(&self, request: String) {
        self.lock().requests.push(request);
        self.changed.notify_all();
    }

    /// Sends `customer.created` wherever somebody may read it.
    fn announce(&self, customer: &Json) {
        let behaviour = &self.behaviour;
        if behaviour.sends == Sends::Nothing {
            return;
        }
        let mut data = customer.clone();
        if behaviour.sends == Sends::Unmapped {
            data["external_id"] = Json::Null;
        }
        let payload = json!({ "type": "customer.created", "timestamp": now(), "data": data }).to_string();
        let event = uuid::Uuid::new_v4().to_string();
        let endpoints: Vec<_> = self.lock().endpoints.values().cloned().collect();
        for endpoint in endpoints {
            let url = endpoint["url"].as_str().unwrap();
            let wants = endpoint["events"].as_array().unwrap().iter().any(|name| name == "customer.created");
            if !wants || endpoint["enabled"] != true {
                continue;
            }
            if let Some(rest) = url.strip_prefix("http://") {
                deliver(rest, &event, &payload, &self.sign(endpoint["secret"].as_str().unwrap(), &event, &payload));
                continue;
            }
            let id = endpoint["id"].as_str().unwrap();
            let mut store = self.lock();
            // Two attempts of it, and then whatever else happened.
            store.log.extend([row(id, &event, &payload), row(id, &event, &payload)]);
            for _ in 0..behaviour.noise {
                let other = json!({ "type": "customer.created", "data": { "id": uuid::Uuid::new_v4() } }).to_string();
                store.log.push(row(id, &uuid::Uuid::new_v4().to_string(), &other));
            }
            // The log of another endpoint holds the same, without the user.
            let stranger = json!({ "type": "customer.created", "data": { "id": data["id"] } }).to_string();
            store.log.push(row("another", "stranger", &stranger));
        }
        let message = json!({
            "id": "x", "key": "webhook.created",
            "payload": { "webhook_event_id": event, "payload": payload },
            "headers": self.sign(STREAM_SECRET, &event, &payload),
        });
        let other = json!({ "type": "customer.updated", "data": data }).to_string();
        let unwanted = json!({
            "key": "webhook.created", "payload": { "payload": other },
            "headers": self.sign(STREAM_SECRET, "unwanted", &other),
        });
        let mut store = self.lock();
        match behaviour.ends {
            _ if store.readers.is_empty() => {}
            Ends::Never => {
                for message in [unwanted, message] {
                    store.readers.iter().for_each(|reader| write(reader, behaviour.stream, &message.to_string()));
                }
            }
            Ends::BeforeTheEvent => {
                store.unsent.push_back(message.to_string());
                store.readers.clear();
            }
            Ends::WithTheEvent => store.readers.clear(),
        }
    }

    fn sign(&self, secret: &str, event: &str, payload: &str) -> Json {
        let key = if self.behaviour.sends == Sends::WrongKey { "another" } else { secret };
        let at = jiff::Timestamp::now().as_second();
        let signature = Webhook::from_bytes(key.into()).unwrap().sign(event, at, payload.as_bytes()).unwrap();
        json!({ "webhook-id": event, "webhook-timestamp": at.to_string(), "webhook-signature": signature })
    }
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn row(endpoint: &str, event: &str, payload: &str) -> Json {
    json!({
        "id": uuid::Uuid::new_v4(), "created_at": now(), "succeeded": false, "http_code": null,
        "response": "[Errno -2] Name or service not known", "endpoint": endpoint,
        "webhook_event": { "id": event, "payload": payload, "type": "customer.created", "succeeded": null },
    })
}

/// Posts to a listener, by hand.
fn deliver(rest: &str, event: &str, payload: &str, headers: &Json) {
    let (host, path) = rest.split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    let lines =
        headers.as_object().unwrap().iter().map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap()));
    let headers = lines.collect::<Vec<_>>().concat();
    let length = payload.len();
    write!(socket, "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{payload}")
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 2"), "{event}: {answer}");
}

/// Writes a message as an event.
fn write(reader: &UnboundedSender<Bytes>, style: Style, message: &str) {
    if style != Style::Odd {
        let _ = reader.send(format!("data: {message}\n\n").into());
        return;
    }
    // JSON may hold line breaks between its parts.
    let lines = message.replacen("{\"", "{\r\ndata:\"", 1);
    let event = format!(": ping\r\n\r\nevent: message\r\nid: 7\r\ndata: {lines}\r\n\r\n:");
    for byte in event.bytes() {
        let _ = reader.send(Bytes::copy_from_slice(&[byte]));
    }
    let _ = reader.send("\r\n\r\n".into());
}

fn reply(status: u16, body: &Json) -> Response {
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(if body.is_null() { String::new() } else { body.to_string() })).unwrap()
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Json = serde_json::from_slice(&to_bytes(body, 1 << 20).await.unwrap()).unwrap_or_default();
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
            let others = (0..shared.behaviour.more_organizations).map(|_| json!({ "id": uuid::Uuid::new_v4() }));
            let items: Vec<_> = std::iter::once(own).chain(others).collect();
            reply(200, &json!({ "items": items }))
        }
        (Method::GET, path) if path == format!("/v1/cli/listen/{ORGANIZATION}") => listen(&shared),
        (Method::GET, "/v1/slow") => {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            shared.note("end /v1/slow".to_owned());
            reply(200, &json!({}))
        }
        (Method::GET, "/v1/webhooks/deliveries") => deliveries(&shared, parts.uri.query().unwrap_or_default()),
        (_, path) if path.starts_with("/v1/webhooks/endpoints") => endpoints(&shared, &parts.method, &id, &body),
        (_, path) if path.starts_with("/v1/customers") => customers(&shared, &parts.method, &id, body),
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
        headers.insert("www-authenticate", format!("Bearer realm=\"polar\", scope=\"{needed}\"").parse().unwrap());
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
        _ => write(&reader, style, &json!({ "key": "connected", "ts": now(), "secret": STREAM_SECRET }).to_string()),
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
    let pieces = futures_util::stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let kind = if style == Style::Html { "text/html" } else { "text/event-stream; charset=utf-8" };
    Response::builder().header("content-type", kind).body(Body::from_stream(pieces.map(Ok::<_, Infallible>))).unwrap()
}

fn deliveries(shared: &Shared, query: &str) -> Response {
    let asked = shared.lock().requests.iter().filter(|asked| asked.starts_with("GET /v1/webhooks/deliveries")).count();
    if asked > 1 && asked - 1 <= shared.behaviour.log_fails {
        return reply(500, &Json::Null);
    }
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str, default: usize| field(name).map_or(default, |text| text.parse().unwrap());
    let store = shared.lock();
    let rows = store.log.iter().rev().filter(|row| field("endpoint_id").is_none_or(|id| row["endpoint"] == id));
    let limit = number("limit", 10);
    let rows: Vec<_> = rows.skip((number("page", 1) - 1) * limit).take(limit).collect();
    reply(200, &json!({ "items": rows }))
}

fn endpoints(shared: &Shared, method: &Method, id: &str, body: &Json) -> Response {
    let mut store = shared.lock();
    match *method {
        Method::POST => {
            if shared.behaviour.https_only && !body["url"].as_str().unwrap().starts_with("https://") {
                return reply(422, &json!({ "detail": [{ "msg": "only https is allowed" }] }));
            }
            let id = uuid::Uuid::new_v4().to_string();
            let mut endpoint = body.clone();
            endpoint["id"] = json!(id);
            endpoint["enabled"] = json!(true);
            endpoint["secret"] = json!("polar_whs_the_secret_of_an_endpoint");
            store.endpoints.insert(id, endpoint.clone());
            reply(201, &endpoint)
        }
        Method::GET if id == "endpoints" => {
            reply(200, &json!({ "items": store.endpoints.values().collect::<Vec<_>>() }))
        }
        Method::GET => store.endpoints.get(id).map_or_else(|| reply(404, &Json::Null), |found| reply(200, found)),
        Method::PATCH => {
            let Some(endpoint) = store.endpoints.get_mut(id) else { return reply(404, &Json::Null) };
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
        Method::DELETE => reply(if store.customers.remove(id).is_some() { 204 } else { 404 }, &Json::Null),
        _ => store.customers.get(id).map_or_else(|| reply(404, &Json::Null), |found| reply(200, found)),
    }
}

//! A billing API in miniature: customers and webhook endpoints, listed in pages.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

/// What is done in place of what is right, if anything, by `METHOD /path?query` and how often that
/// was asked before.
type Instead = Box<dyn Fn(&str, usize) -> Option<Act> + Send + Sync>;

/// What becomes of a request.
pub enum Act {
    Reply(StatusCode, Json),
    /// 429, with these seconds to wait.
    Limit(&'static str),
    /// Nothing until [`Api::release`], then what is right.
    Hold,
}

/// How it behaves.
#[derive(Default)]
pub struct Behaviour {
    pub instead: Option<Instead>,
    /// Answers hold no `pagination`.
    pub no_pagination: bool,
    /// The most that a page holds.
    pub clamp: Option<usize>,
}

#[derive(Default)]
pub struct Store {
    pub customers: Vec<Json>,
    pub endpoints: Vec<Json>,
    pub requests: Vec<String>,
    pub headers: Vec<HeaderMap>,
}

struct Shared {
    behaviour: Behaviour,
    store: Mutex<Store>,
    changed: Condvar,
    released: Notify,
}

pub struct Api {
    pub base: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

/// A time so many minutes ago, as the real API writes it.
pub fn minutes_ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string()
}

/// A customer that a run made two hours ago.
pub fn customer(id: &str) -> Json {
    json!({
        "id": id, "created_at": minutes_ago(120), "email": format!("buyer+{id}@example.com"),
        "external_id": format!("user_{id}"), "metadata": { "tieback_run": format!("run{id}") },
    })
}

/// A webhook endpoint that a run made two hours ago.
pub fn endpoint(id: &str) -> Json {
    json!({
        "id": id, "created_at": minutes_ago(120), "url": format!("https://tieback.invalid/{id}"), "enabled": true,
        "name": format!("tieback_run run{id}"), "secret": "whsec_bm90aGluZyB0byBzZWUgaGVyZQ==",
    })
}

/// `record` with some of its keys changed.
pub fn with(mut record: Json, changes: &Json) -> Json {
    for (key, value) in changes.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

impl Api {
    pub fn start(customers: Vec<Json>, endpoints: Vec<Json>, behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let store = Mutex::new(Store { customers, endpoints, ..Store::default() });
        let shared =
            Arc::new(Shared { behaviour, store, changed: Condvar::new(), released: Notify::new() });
        let socket = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let answering = shared.clone();
        let router =
            Router::new().fallback(move |request: Request| answer(answering.clone(), request));
        runtime.spawn(async move { axum::serve(socket, router).await });
        Self { base, shared, _runtime: runtime }
    }

    /// With customers that runs left, by their ids.
    pub fn with_customers(ids: &[&str]) -> Self {
        Self::start(ids.iter().map(|id| customer(id)).collect(), Vec::new(), Behaviour::default())
    }

    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap()
    }

    /// The ids of all customers, then those of all endpoints.
    pub fn left(&self) -> Vec<String> {
        let store = self.store();
        store
            .customers
            .iter()
            .chain(&store.endpoints)
            .map(|each| each["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn requests(&self) -> Vec<String> {
        self.store().requests.clone()
    }

    /// What was asked that could change anything.
    pub fn writes(&self) -> Vec<String> {
        self.requests().into_iter().filter(|line| !line.starts_with("GET ")).collect()
    }

    /// Waits until something was asked that begins like this.
    pub fn wait_for(&self, start: &str) {
        let missing =
            |store: &mut Store| !store.requests.iter().any(|line| line.starts_with(start));
        let waited =
            self.shared.changed.wait_timeout_while(self.store(), Duration::from_mins(1), missing);
        assert!(!waited.unwrap().1.timed_out(), "{start} was never asked");
    }

    /// Answers the request that is held.
    pub fn release(&self) {
        self.shared.released.notify_one();
    }
}

async fn answer(shared: Arc<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let before = {
        let mut store = shared.store.lock().unwrap();
        store.requests.push(line.clone());
        store.headers.push(parts.headers);
        store.requests.iter().filter(|each| **each == line).count() - 1
    };
    shared.changed.notify_all();
    match shared.behaviour.instead.as_ref().and_then(|instead| instead(&line, before)) {
        Some(Act::Reply(status, body)) => return (status, body.to_string()).into_response(),
        Some(Act::Limit(wait)) => {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", wait)]).into_response();
        }
        Some(Act::Hold) => shared.released.notified().await,
        None => {}
    }
    let body = serde_json::from_slice(&to_bytes(body, 1 << 20).await.unwrap()).unwrap_or_default();
    shared.answer(&parts.method, &parts.uri, &body)
}

impl Shared {
    fn answer(&self, method: &Method, uri: &Uri, body: &Json) -> Response {
        let mut store = self.store.lock().unwrap();
        let path = uri.path().trim_end_matches('/');
        let (records, id) = match path.strip_prefix("/v1/customers") {
            Some(id) => (&mut store.customers, id),
            None => match path.strip_prefix("/v1/webhooks/endpoints") {
                Some(id) => (&mut store.endpoints, id),
                None => return StatusCode::NOT_FOUND.into_response(),
            },
        };
        let id = percent_encoding::percent_decode_str(id.trim_start_matches('/'))
            .decode_utf8_lossy()
            .into_owned();
        let place = records.iter().position(|record| record["id"] == id.as_str());
        match (method.as_str(), place) {
            ("GET", _) if id.is_empty() => self.page(records, uri.query().unwrap_or_default()),
            ("POST", _) => {
                let own = json!({ "id": uuid::Uuid::new_v4(), "created_at": minutes_ago(0), "secret": "whsec_c2VjcmV0" });
                records.push(with(body.clone(), &own));
                (StatusCode::CREATED, records.last().unwrap().to_string()).into_response()
            }
            ("GET", Some(place)) => records[place].to_string().into_response(),
            ("PATCH", Some(place)) => {
                records[place] = with(records[place].clone(), body);
                records[place].to_string().into_response()
            }
            ("DELETE", Some(place)) => {
                assert_ne!(
                    records[place]["enabled"], true,
                    "an endpoint is disabled before it is deleted"
                );
                records.remove(place);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn page(&self, records: &[Json], query: &str) -> Response {
        let number = |name: &str, default: usize| {
            let found =
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.map_or(default, |text| text.parse().unwrap())
        };
        let limit = number("limit", 10).min(self.behaviour.clamp.unwrap_or(100));
        let items: Vec<_> =
            records.iter().skip((number("page", 1) - 1) * limit).take(limit).collect();
        let mut body = json!({ "items": items });
        if !self.behaviour.no_pagination {
            let pages = records.len().div_ceil(limit);
            body["pagination"] = json!({ "total_count": records.len(), "max_page": pages });
        }
        body.to_string().into_response()
    }
}

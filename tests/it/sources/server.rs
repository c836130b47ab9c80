//! A billing API in miniature that shares no code with the program: customers, webhook endpoints, the
//! event stream and the delivery log, each of which can be refused or made to misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::sources::routes;

pub(crate) const ORGANIZATION: &str = "f6407444-13cf-45ff-9b68-9b352f474ca0";
pub(crate) const STREAM_SECRET: &str = "f640744413cf45ff9b689b352f474ca0";

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
    /// So many more of them come after each reading of it, while there are any.
    pub(crate) arriving: usize,
    /// So many readings of the log fail, after the first, and with which status.
    pub(crate) log_fails: (usize, u16),
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
pub(crate) struct Store {
    pub(crate) customers: BTreeMap<String, Json>,
    pub(crate) endpoints: BTreeMap<String, Json>,
    pub(crate) log: Vec<Json>,
    pub(crate) readers: Vec<UnboundedSender<Bytes>>,
    /// What no reader was there for.
    pub(crate) unsent: VecDeque<String>,
    pub(crate) connections: usize,
    pub(crate) requests: Vec<String>,
}

pub(crate) struct Shared {
    pub(crate) behaviour: Behaviour,
    pub(crate) store: Mutex<Store>,
    pub(crate) changed: Condvar,
}

/// A running server.
pub(crate) struct Api {
    pub(crate) base: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl Api {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut store = Store::default();
        if behaviour.old_customer {
            let id = uuid::Uuid::new_v4().to_string();
            store
                .customers
                .insert(id.clone(), json!({ "id": id, "organization_id": ORGANIZATION }));
        }
        let shared =
            Arc::new(Shared { behaviour, store: Mutex::new(store), changed: Condvar::new() });
        let socket = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new().fallback(routes::answer).with_state(shared.clone());
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
        let few = |store: &mut Store| {
            store.requests.iter().filter(|request| request.starts_with(start)).count() < count
        };
        let (_store, waited) =
            self.shared.changed.wait_timeout_while(store, Duration::from_mins(1), few).unwrap();
        assert!(!waited.timed_out(), "{start} was not asked {count} times");
    }

    /// The endpoints that are left, and the customers that this run may have left.
    pub(crate) fn left(&self) -> (usize, usize) {
        let store = self.shared.lock();
        (
            store.endpoints.len(),
            store.customers.len() - usize::from(self.shared.behaviour.old_customer),
        )
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    pub(crate) fn note(&self, request: String) {
        self.lock().requests.push(request);
        self.changed.notify_all();
    }
}

pub(crate) fn now() -> String {
    jiff::Timestamp::now().to_string()
}

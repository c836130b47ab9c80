//! A server to try the program on: a small stateful billing API on raw sockets, correct unless its
//! [`Behaviour`] says otherwise. It shares nothing with the sandbox of the program itself, or both
//! could be wrong in the same way.
//!
//! Every connection has a thread. Threads end with their connections, the accepting one with the
//! test binary.

mod api;
mod behaviour;
mod customers;
mod delivery;
mod reply;
mod request;

use std::collections::HashMap;
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

pub use api::State;
pub use behaviour::Behaviour;
pub use customers::customer;
pub use delivery::{Delivery, Key, When};
pub use reply::{Act, Reply, Wire};
pub use request::{Kind, Request};

/// A server that is running.
pub struct Server {
    address: SocketAddr,
    world: Arc<World>,
}

struct World {
    behaviour: Behaviour,
    state: Mutex<State>,
    requests: Mutex<Vec<Request>>,
    arrival: Condvar,
    counts: Mutex<HashMap<Kind, usize>>,
    /// Deliveries whose time has not come.
    waiting: Mutex<Vec<Delivery>>,
    /// What the listener answered to each delivery.
    receipts: Mutex<Vec<String>>,
}

impl Server {
    pub fn start(behaviour: Behaviour) -> Self {
        Self::accepting(behaviour, |world, stream| {
            thread::spawn(move || world.serve(stream));
        })
    }

    /// Serves one connection to its end before it looks at the next, as Python's `http.server` does.
    pub fn one_connection_at_a_time(behaviour: Behaviour) -> Self {
        Self::accepting(behaviour, |world, stream| world.serve(stream))
    }

    fn accepting(behaviour: Behaviour, accept: fn(Arc<World>, TcpStream)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let world = Arc::new(World {
            behaviour,
            state: Mutex::default(),
            requests: Mutex::default(),
            arrival: Condvar::new(),
            counts: Mutex::default(),
            waiting: Mutex::default(),
            receipts: Mutex::default(),
        });
        let shared = world.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accept(shared.clone(), stream);
            }
        });
        Self { address, world }
    }

    pub fn correct() -> Self {
        Self::start(Behaviour::correct())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The customers that are there now.
    pub fn customers(&self) -> Vec<Value> {
        lock(&self.world.state).customers.clone()
    }

    /// The webhook endpoints that are there now.
    pub fn endpoints(&self) -> Vec<Value> {
        lock(&self.world.state).endpoints.clone()
    }

    /// Adds a customer of somebody else's.
    pub fn add(&self, customer: Value) {
        lock(&self.world.state).customers.push(customer);
    }

    /// Everything that was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.world.requests).clone()
    }

    /// The requests of one kind.
    pub fn of(&self, kind: Kind) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.kind == kind).collect()
    }

    /// Waits until a request of `kind` has come.
    pub fn wait_for(&self, kind: Kind) {
        let missing =
            |requests: &mut Vec<Request>| requests.iter().all(|request| request.kind != kind);
        let waited = self.world.arrival.wait_timeout_while(
            lock(&self.world.requests),
            Duration::from_secs(30),
            missing,
        );
        assert!(!waited.expect("no thread panics with it").1.timed_out(), "no {kind:?} came");
    }

    /// The statuses that the listener answered its deliveries with.
    pub fn receipts(&self) -> Vec<String> {
        lock(&self.world.receipts).clone()
    }
}

impl World {
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Ok(copy) = stream.try_clone() else { return };
        let mut reader = BufReader::new(copy);
        while let Ok(Some(request)) = Request::read(&mut reader) {
            let (reply, caused) = self.handle(request.clone());
            self.send(caused, When::Before);
            let again = reply.write(&mut stream).unwrap_or(false);
            if !again && !matches!(reply.wire, Wire::Act(_)) {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            self.send_waiting(When::After);
            match request.kind {
                Kind::Read => self.send_waiting(When::AfterRead),
                Kind::ReadEndpoint => self.send_waiting(When::AtTheEnd),
                _ => {}
            }
            if !again {
                return;
            }
        }
    }

    /// Answers one request; says what has to be delivered before the answer goes out.
    fn handle(&self, mut request: Request) -> (Reply, Vec<Delivery>) {
        let seen = std::mem::replace(lock(&self.counts).entry(request.kind).or_default(), 0);
        lock(&self.counts).insert(request.kind, seen + 1);
        request.nth = seen;
        lock(&self.requests).push(request.clone());
        self.arrival.notify_all();
        let mut state = lock(&self.state);
        if let Some(reply) = self.behaviour.instead.iter().find_map(|act| act(&request, &mut state))
        {
            let caused = self.caused(&mut state);
            return (reply, caused);
        }
        let changes = match request.kind {
            Kind::MakeEndpoint => &self.behaviour.stored_endpoint,
            _ => &self.behaviour.stored,
        };
        let store = |record: &mut Value| changes.iter().for_each(|act| act(record));
        let mut reply = state.answer(&request, store);
        let caused = self.caused(&mut state);
        for act in &self.behaviour.answered {
            act(&request, &mut reply);
        }
        (reply, caused)
    }

    /// What a request causes; what is not to go out at once is put by.
    fn caused(&self, state: &mut State) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for (event, data) in std::mem::take(&mut state.happened) {
            let subscribed = |endpoint: &&Value| {
                let events = endpoint["events"].as_array();
                endpoint["enabled"] != false
                    && events.is_some_and(|events| events.iter().any(|each| each == event))
            };
            let endpoints = state.endpoints.iter().filter(subscribed);
            deliveries.extend(endpoints.map(|endpoint| Delivery::new(endpoint, event, &data)));
        }
        for act in &self.behaviour.delivered {
            deliveries = deliveries.into_iter().flat_map(|delivery| act(delivery)).collect();
        }
        let (now, later) =
            deliveries.into_iter().partition(|delivery| delivery.when == When::Before);
        lock(&self.waiting).extend::<Vec<_>>(later);
        now
    }

    fn send_waiting(&self, when: When) {
        let due = lock(&self.waiting).extract_if(.., |delivery| delivery.when == when).collect();
        self.send(due, when);
    }

    fn send(&self, due: Vec<Delivery>, when: When) {
        for delivery in due.into_iter().filter(|delivery| delivery.when == when) {
            if delivery.url.starts_with("https://") {
                lock(&self.state).log.push(delivery.attempt());
                continue;
            }
            let receipt = delivery.send().unwrap_or_else(|error| error.to_string());
            lock(&self.receipts).push(receipt);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
mod stream;

use std::io::{self, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

pub use api::{ORGANIZATION, State};
pub use behaviour::Behaviour;
pub use customers::customer;
pub use delivery::{Delivery, Key, When};
pub use reply::{Act, Reply, Wire};
pub use request::{Kind, Request};
use stream::Outbox;
pub use stream::{Feed, STREAM_SECRET, connected, event, stay};

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
    /// Deliveries whose time has not come.
    waiting: Mutex<Vec<Delivery>>,
    /// What the listener answered to each delivery.
    receipts: Mutex<Vec<String>>,
    outbox: Arc<Outbox>,
}

impl Server {
    pub fn start(behaviour: Behaviour) -> Self {
        Self::at("127.0.0.1:0", behaviour).expect("a free port")
    }

    /// Starts on an address that a machine may not have.
    pub fn at(address: &str, behaviour: Behaviour) -> io::Result<Self> {
        Self::accepting(TcpListener::bind(address)?, behaviour, |world, stream| {
            thread::spawn(move || world.serve(stream));
        })
    }

    /// Serves one connection to its end before it looks at the next, as Python's `http.server`
    /// does.
    pub fn one_connection_at_a_time(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self::accepting(listener, behaviour, |world, stream| world.serve(stream))
            .expect("a bound address")
    }

    fn accepting(
        listener: TcpListener,
        behaviour: Behaviour,
        accept: fn(Arc<World>, TcpStream),
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let world = Arc::new(World {
            behaviour,
            state: Mutex::default(),
            requests: Mutex::default(),
            arrival: Condvar::new(),
            waiting: Mutex::default(),
            receipts: Mutex::default(),
            outbox: Arc::default(),
        });
        let shared = world.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                accept(shared.clone(), stream);
            }
        });
        Ok(Self { address, world })
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

    /// What the API remembers.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.world.state)
    }

    /// The customers that are there now.
    pub fn customers(&self) -> Vec<Value> {
        self.state().customers.clone()
    }

    /// The webhook endpoints that are there now.
    pub fn endpoints(&self) -> Vec<Value> {
        self.state().endpoints.clone()
    }

    /// How many customers and endpoints are there now.
    pub fn left(&self) -> (usize, usize) {
        let state = self.state();
        (state.customers.len(), state.endpoints.len())
    }

    /// Adds a customer that was there before.
    pub fn add(&self, customer: Value) {
        self.state().customers.push(customer);
    }

    /// Everything that was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.world.requests).clone()
    }

    /// `METHOD /path?query` of everything that was asked so far.
    pub fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }

    /// What was asked that could change anything.
    pub fn writes(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.starts_with("GET ")).collect()
    }

    /// How many requests begin like this.
    pub fn count(&self, start: &str) -> usize {
        self.lines().iter().filter(|line| line.starts_with(start)).count()
    }

    /// The requests of one kind.
    pub fn of(&self, kind: Kind) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.kind == kind).collect()
    }

    /// Waits until a request of `kind` has come.
    pub fn wait_for(&self, kind: Kind) {
        self.wait(&format!("{kind:?}"), 1, |request| request.kind == kind);
    }

    /// Waits until so many requests begin like this.
    pub fn wait_for_line(&self, start: &str, count: usize) {
        self.wait(start, count, |request| request.line().starts_with(start));
    }

    fn wait(&self, what: &str, count: usize, is_meant: impl Fn(&Request) -> bool) {
        let few = |requests: &mut Vec<Request>| {
            requests.iter().filter(|request| is_meant(request)).count() < count
        };
        let requests = lock(&self.world.requests);
        let limit = Duration::from_secs(30);
        let waited = self.world.arrival.wait_timeout_while(requests, limit, few);
        let waited = waited.expect("no thread panics with it").1;
        assert!(!waited.timed_out(), "{what} did not come {count} times");
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
        if !self.behaviour.prefix.is_empty() {
            request.below(self.behaviour.prefix);
        }
        let mut requests = lock(&self.requests);
        let same = |each: &&Request| each.method == request.method && each.target == request.target;
        request.before = requests.iter().filter(same).count();
        request.nth = requests.iter().filter(|each| each.kind == request.kind).count();
        requests.push(request.clone());
        drop(requests);
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
        let mut reply = match (request.kind, self.behaviour.streamed.clone()) {
            (Kind::Stream, Some(act)) if request.id() == ORGANIZATION => self.outbox.reply(act),
            (Kind::Stream | Kind::Organizations, None) => Reply::not_found(),
            _ => state.answer(&request, store),
        };
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
            deliveries.extend(self.outbox.is_read().then(|| stream::endpoint(event, &data)));
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
        let due = due.into_iter().filter(|delivery| delivery.when == when);
        let (logged, sent): (Vec<_>, Vec<_>) = due.partition(|it| it.url.starts_with("https://"));
        // In one go: a log is not read halfway through.
        let rows: Vec<_> = logged.iter().map(Delivery::attempt).collect();
        lock(&self.state).log.extend(rows);
        for delivery in sent {
            if delivery.url == stream::STREAM {
                self.outbox.put(&delivery);
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

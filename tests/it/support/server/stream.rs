//! The event stream: every webhook, whether or not an endpoint wants it.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use super::api::ORGANIZATION;
use super::behaviour::Streamed;
use super::delivery::{Delivery, Key};
use super::lock;
use super::reply::{Act, Reply, Wire};

/// What the stream's webhooks are signed with.
pub const STREAM_SECRET: &str = "f640744413cf45ff9b689b352f474ca0";

/// How long a connection waits for a message that a test has it wait for.
const LIMIT: Duration = Duration::from_secs(20);

/// Where deliveries for the stream go.
pub(super) const STREAM: &str = "stream";

/// What is to be streamed.
#[derive(Default)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// The oldest first.
    messages: VecDeque<Value>,
    /// How many connections there were; the newest one is served.
    connections: usize,
}

/// What one connection can read of it.
pub struct Feed {
    outbox: Arc<Outbox>,
    number: usize,
}

impl Feed {
    /// The next message, once there is one; `null` where none comes or another connection reads on.
    pub fn next(&self) -> Value {
        let mut queue = self.wait();
        if queue.connections > self.number + 1 {
            return Value::Null;
        }
        queue.messages.pop_front().unwrap_or_default()
    }

    /// Waits until there is a message, and leaves it to the next connection.
    pub fn peek(&self) {
        drop(self.wait());
    }

    fn wait(&self) -> MutexGuard<'_, Queue> {
        let is_early =
            |queue: &mut Queue| queue.messages.is_empty() && queue.connections == self.number + 1;
        let queue = lock(&self.outbox.queue);
        let waited = self.outbox.changed.wait_timeout_while(queue, LIMIT, is_early);
        waited.expect("no thread panics with it").0
    }
}

impl Outbox {
    pub(super) fn put(&self, delivery: &Delivery) {
        lock(&self.queue).messages.push_back(delivery.message());
        self.changed.notify_all();
    }

    /// Whether there was ever a reader: what is sent before goes nowhere.
    pub(super) fn is_read(&self) -> bool {
        lock(&self.queue).connections > 0
    }

    /// The answer to a request for the stream.
    pub(super) fn reply(self: &Arc<Self>, act: Arc<Streamed>) -> Reply {
        let mut queue = lock(&self.queue);
        let feed = Feed { outbox: self.clone(), number: queue.connections };
        queue.connections += 1;
        drop(queue);
        self.changed.notify_all();
        Reply::empty(200).wire(Wire::Act(Act(Arc::new(move |stream, _| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")?;
            act(stream, &feed, feed.number)
        }))))
    }
}

/// The endpoint that a delivery for the stream seems to go to.
pub(super) fn endpoint(event: &str, data: &Value) -> Delivery {
    let endpoint = json!({ "url": STREAM, "secret": STREAM_SECRET });
    Delivery { key: Key::Legacy, ..Delivery::new(&endpoint, event, data) }
}

/// The first event of every connection.
pub fn connected() -> Vec<u8> {
    event(&json!({ "key": "connected", "secret": STREAM_SECRET, "id": ORGANIZATION }))
}

/// A message as it stands on the stream.
pub fn event(message: &Value) -> Vec<u8> {
    format!("data: {message}\n\n").into_bytes()
}

/// Says that it is connected, and then all there is.
pub(super) fn honest(stream: &mut TcpStream, feed: &Feed, _: usize) -> io::Result<()> {
    stream.write_all(&connected())?;
    loop {
        match feed.next() {
            Value::Null => return stay(stream),
            message => stream.write_all(&event(&message))?,
        }
    }
}

/// Until the other side closes.
pub fn stay(stream: &mut TcpStream) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(drop)
}

//! What a server does differently from the API that does everything right: nothing, unless told.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::Value;

use super::api::State;
use super::delivery::Delivery;
use super::reply::Reply;
use super::request::{Kind, Request};
use super::stream::Feed;

/// Changes to a correct server, applied in the order in which they were given.
#[derive(Clone, Default)]
pub struct Behaviour {
    pub(super) instead: Vec<Arc<Instead>>,
    pub(super) stored: Vec<Arc<Stored>>,
    pub(super) stored_endpoint: Vec<Arc<Stored>>,
    pub(super) answered: Vec<Arc<Answered>>,
    pub(super) delivered: Vec<Arc<Delivered>>,
    pub(super) streamed: Option<Arc<Streamed>>,
    /// Where the API stands below the root.
    pub(super) prefix: &'static str,
}

type Instead = dyn Fn(&Request, &mut State) -> Option<Reply> + Send + Sync;
type Stored = dyn Fn(&mut Value) + Send + Sync;
type Answered = dyn Fn(&Request, &mut Reply) + Send + Sync;
pub(super) type Streamed = dyn Fn(&mut TcpStream, &Feed, usize) -> io::Result<()> + Send + Sync;
type Delivered = dyn Fn(Delivery) -> Vec<Delivery> + Send + Sync;

impl Behaviour {
    pub fn correct() -> Self {
        Self::default()
    }

    /// Answers in place of the API, where it returns something.
    pub fn instead(
        mut self,
        act: impl Fn(&Request, &mut State) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        self.instead.push(Arc::new(act));
        self
    }

    /// Answers requests of one kind with this, and does nothing.
    pub fn replies(self, kind: Kind, reply: Reply) -> Self {
        self.instead(move |request, _| (request.kind == kind).then(|| reply.clone()))
    }

    /// Does what was asked, and changes answers of one kind.
    pub fn spoils(self, kind: Kind, change: impl Fn(&mut Reply) + Send + Sync + 'static) -> Self {
        self.answered(move |request, reply| {
            if request.kind == kind {
                change(reply);
            }
        })
    }

    /// Changes a new customer before it is stored.
    pub fn stored(mut self, act: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.stored.push(Arc::new(act));
        self
    }

    /// Changes a new webhook endpoint before it is stored.
    pub fn stored_endpoint(mut self, act: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.stored_endpoint.push(Arc::new(act));
        self
    }

    /// Changes an answer of the API.
    pub fn answered(mut self, act: impl Fn(&Request, &mut Reply) + Send + Sync + 'static) -> Self {
        self.answered.push(Arc::new(act));
        self
    }

    /// Changes, multiplies or drops a delivery.
    pub fn delivered(
        mut self,
        act: impl Fn(Delivery) -> Vec<Delivery> + Send + Sync + 'static,
    ) -> Self {
        self.delivered.push(Arc::new(act));
        self
    }

    /// Changes every delivery.
    pub fn each(self, act: impl Fn(Delivery) -> Delivery + Send + Sync + 'static) -> Self {
        self.delivered(move |delivery| vec![act(delivery)])
    }

    /// Has an event stream, which an API does not have otherwise.
    pub fn with_stream(self) -> Self {
        self.streamed(super::stream::honest)
    }

    /// Writes the event stream, behind the head of the answer; gets the number of the connection.
    pub fn streamed(
        mut self,
        act: impl Fn(&mut TcpStream, &Feed, usize) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.streamed = Some(Arc::new(act));
        self
    }

    /// Puts the API below a path such as `/api`.
    pub fn below(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }
}

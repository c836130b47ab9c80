//! What a server does differently from the API that does everything right: nothing, unless told.

use std::sync::Arc;

use serde_json::Value;

use super::api::State;
use super::delivery::Delivery;
use super::reply::Reply;
use super::request::Request;

/// Changes to a correct server, applied in the order in which they were given.
#[derive(Clone, Default)]
pub struct Behaviour {
    pub(super) instead: Vec<Arc<Instead>>,
    pub(super) stored: Vec<Arc<Stored>>,
    pub(super) stored_endpoint: Vec<Arc<Stored>>,
    pub(super) answered: Vec<Arc<Answered>>,
    pub(super) delivered: Vec<Arc<Delivered>>,
}

type Instead = dyn Fn(&Request, &mut State) -> Option<Reply> + Send + Sync;
type Stored = dyn Fn(&mut Value) + Send + Sync;
type Answered = dyn Fn(&Request, &mut Reply) + Send + Sync;
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
}

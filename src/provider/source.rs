//! Where webhooks can be read at a provider's API: endpoints, the delivery log, the event stream.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::http::{Request, encode};

/// How a provider's lists are paged.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// The key of the records on a page.
    pub items: &'static str,
    /// The key of the object that says how much there is.
    pub pagination: &'static str,
    /// In it, the number of all records.
    pub total: &'static str,
    /// In it, the number of the last page.
    pub last_page: &'static str,
    /// The most records that a page can have.
    pub largest_page: usize,
}

/// What is known of webhook endpoints. An endpoint that a run makes is named after it.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Where they are posted to and listed at; no slash at the end.
    pub collection: &'static str,
    /// The key of the URL that deliveries go to.
    pub url: &'static str,
    /// The key of the name.
    pub name: &'static str,
    /// The key of the secret that deliveries are signed with.
    pub secret: &'static str,
    /// The key of the organization that it belongs to.
    pub organization: &'static str,
    /// The key by which it is switched on and off.
    pub enabled: &'static str,
    /// Other keys that a creation sends.
    pub fixed: &'static [(&'static str, &'static str)],
    /// The key of the event types that it subscribes to.
    pub events: &'static str,
    /// The scope that making one needs.
    pub scope: &'static str,
}

impl Endpoint {
    /// The request that makes an endpoint.
    #[must_use]
    pub fn creation(&self, url: &str, types: &BTreeSet<String>, name: &str) -> Request {
        let mut body = json!({ self.url: url, self.events: types, self.name: name });
        for (key, value) in self.fixed {
            body[key] = Json::from(*value);
        }
        Request::new("POST", self.collection, Some(&body))
    }

    /// The path of one endpoint.
    #[must_use]
    pub fn path(&self, id: &str) -> String {
        format!("{}/{}", self.collection, encode(id))
    }

    /// The request that disables an endpoint, so that nothing pending is sent to it any more. It comes
    /// before the one that deletes it.
    #[must_use]
    pub fn disabling(&self, id: &str) -> Request {
        Request::new("PATCH", self.path(id), Some(&json!({ self.enabled: false })))
    }
}

/// The list of attempted deliveries, newest first, each with its payload.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryLog {
    /// Where it is read; no slash at the end.
    pub collection: &'static str,
    /// The query key that selects one endpoint.
    pub endpoint: &'static str,
    /// The key of an attempt's event.
    pub event: &'static str,
    /// In it, the type.
    pub event_type: &'static str,
    /// In it, the payload as a string.
    pub payload: &'static str,
    /// The scope that reading needs.
    pub scope: &'static str,
}

/// The stream of all webhooks of an organization, as server-sent events.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// The path before the organization's id.
    pub path: &'static str,
    /// The key of a message's kind.
    pub kind: &'static str,
    /// The kind of the first message.
    pub connected: &'static str,
    /// In the first message, the secret that deliveries are signed with.
    pub secret: &'static str,
    /// The kind of a message that holds a webhook.
    pub webhook: &'static str,
    /// In such a message, the path to the payload as a string.
    pub payload: &'static [&'static str],
    /// In such a message, the headers.
    pub headers: &'static str,
    /// How often the API gives a sign of life, in seconds.
    pub heartbeat_seconds: u64,
    /// The scope that reading needs.
    pub scope: &'static str,
}

/// Where a token's organization can be learnt.
#[derive(Debug, Clone, Copy)]
pub struct Organizations {
    /// The list of organizations that the token sees.
    pub collection: &'static str,
    /// The key by which other records name theirs.
    pub reference: &'static str,
    /// The scope that reading needs.
    pub scope: &'static str,
}

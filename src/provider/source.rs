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
    /// The query key of how many records a page is to have.
    pub limit: &'static str,
    /// The query key of the page's number, counted from 1.
    pub page: &'static str,
}

impl Listing {
    /// The query of the first page of at most `limit` records.
    #[must_use]
    pub fn first(&self, limit: usize) -> String {
        format!("{}={limit}", self.limit)
    }

    /// The query of one page.
    #[must_use]
    pub fn query(&self, limit: usize, page: usize) -> String {
        format!("{}&{}={page}", self.first(limit), self.page)
    }

    /// The records on a page; `None` where it has none.
    #[must_use]
    pub fn items<'a>(&self, body: &'a Json) -> Option<&'a Vec<Json>> {
        body[self.items].as_array()
    }

    /// The number of the last page, where a page tells it.
    #[must_use]
    pub fn last_page(&self, body: &Json) -> Option<usize> {
        self.number(body, self.last_page)
    }

    /// How many records all pages have together, where a page tells it.
    #[must_use]
    pub fn total(&self, body: &Json) -> Option<usize> {
        self.number(body, self.total)
    }

    fn number(&self, body: &Json, key: &str) -> Option<usize> {
        body[self.pagination][key].as_u64().and_then(|number| usize::try_from(number).ok())
    }
}

/// What is known of webhook endpoints. An endpoint that a run makes is named after it.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Where they are posted to and listed at; no slash at the end.
    pub collection: &'static str,
    /// The key of the provider's own id.
    pub id: &'static str,
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

    /// The request that disables an endpoint, so that nothing pending is sent to it any more. It
    /// comes before the one that deletes it.
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
    /// The key of an attempt's own id, and of its event's.
    pub id: &'static str,
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
    /// The key of the provider's own id.
    pub id: &'static str,
    /// The key by which other records name theirs.
    pub reference: &'static str,
    /// The scope that reading needs.
    pub scope: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::made_up::ACME;

    #[test]
    fn an_endpoint_s_requests_have_the_provider_s_own_names() {
        let facts = &ACME.endpoint;
        let types = BTreeSet::from(["person.added".to_owned()]);
        let creation = facts.creation("https://x.example/1", &types, "a run");
        assert_eq!((creation.method.as_str(), creation.path.as_str()), ("POST", "/hooks"));
        let body = json!({
            "target": "https://x.example/1",
            "topics": ["person.added"],
            "label": "a run",
            "style": "plain",
        });
        assert_eq!(creation.body.as_deref(), Some(body.to_string().as_bytes()));
        let disabling = facts.disabling("a/b");
        assert_eq!((disabling.method.as_str(), disabling.path.as_str()), ("PATCH", "/hooks/a%2Fb"));
        assert_eq!(disabling.body.as_deref(), Some(&br#"{"on":false}"#[..]));
    }

    #[test]
    fn a_page_is_asked_for_and_read_by_the_provider_s_own_names() {
        let listing = &ACME.listing;
        assert_eq!(listing.query(50, 2), "most=50&at=2");
        let page = json!({ "rows": [1, 2], "paging": { "pages": 3 } });
        assert_eq!(
            (listing.items(&page).map(Vec::len), listing.last_page(&page)),
            (Some(2), Some(3))
        );
        let other = json!({ "items": [1], "pagination": { "max_page": 3 } });
        assert_eq!((listing.items(&other), listing.last_page(&other)), (None, None));
    }
}

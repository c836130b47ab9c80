//! Customers: where their fields stand, and the requests that make, find and remove them.

use serde_json::Value as Json;

use crate::http::encode;

/// What is known of a provider's customers.
#[derive(Debug, Clone, Copy)]
pub struct Customer {
    /// The collection that they are posted to and listed at; ends in a slash.
    pub collection: &'static str,
    /// The segment below the collection under which a customer is found by external ID.
    pub by_external_id: &'static str,
    /// The key of the provider's own id, here and in every other record.
    pub id: &'static str,
    /// The key of the app's id.
    pub external_id: &'static str,
    /// The key of the e-mail.
    pub email: &'static str,
    /// The key of the name.
    pub name: &'static str,
    /// The key of the time of creation, an RFC 3339 timestamp, here and in every other record.
    pub created_at: &'static str,
    /// What imitations of the API call that key.
    pub created_at_aliases: &'static [&'static str],
    /// The keys of the time of the last change, here and in imitations, each with the key of the
    /// time of creation that goes with it.
    pub changed_at: &'static [(&'static str, &'static str)],
    /// The key of the mapping that holds the mark of a run.
    pub metadata: &'static str,
    /// The most keys that this mapping may have; a mark must not be the one too many.
    pub metadata_limit: usize,
    /// The key by which records of another kind name their customer.
    pub reference: &'static str,
    /// The key under which other records hold their customer whole.
    pub nested: &'static str,
    /// Kinds of records that customers have in common: an id of one does not tell customers apart.
    pub shared_kinds: &'static [&'static str],
    /// The query key that selects by the customer's external ID.
    pub external_reference: &'static str,
    /// The query keys that search names, e-mails and external IDs.
    pub search: &'static [&'static str],
}

impl Customer {
    /// Whether a request creates a customer.
    #[must_use]
    pub fn is_creation(&self, method: &str, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        method == "POST" && path.trim_end_matches('/') == self.collection.trim_end_matches('/')
    }

    /// The keys that tell one customer from others.
    #[must_use]
    pub fn identity_keys(&self) -> [&'static str; 2] {
        [self.email, self.external_id]
    }

    /// The path of the customer with the provider's own `id`.
    #[must_use]
    pub fn path(&self, id: &str) -> String {
        format!("{}{}", self.collection, encode(id))
    }

    /// The provider's own id of a record, as text.
    #[must_use]
    pub fn id_of(&self, record: &Json) -> Option<String> {
        match record.get(self.id)? {
            Json::String(id) => Some(id.clone()),
            Json::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// The value under `key` as the provider compares it: without outer spaces, e-mails in any
    /// case. `None` where there is none.
    #[must_use]
    pub fn identity(&self, record: &Json, key: &str) -> Option<String> {
        let text = record.get(key)?.as_str()?.trim();
        let text = if key == self.email { text.to_lowercase() } else { text.to_owned() };
        (!text.is_empty()).then_some(text)
    }
}

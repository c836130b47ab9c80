//! Records that runs make, and how they are known.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::plan::MARK;
use crate::provider::{Customer, Provider};
use crate::webhook::subscribe;

/// What runs leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A webhook endpoint. They go first: nothing is sent to them any more when customers are
    /// deleted.
    Endpoint,
    /// A customer.
    Customer,
}

/// A record that a run left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
    pub kind: Kind,
    /// Its id at the API.
    pub id: String,
    /// Its path there.
    pub path: String,
    /// The id of the run that made it.
    pub run: String,
    /// When, by the record's own word.
    pub created: Timestamp,
    /// A customer's e-mail, an endpoint's URL.
    pub address: Option<String>,
    /// A customer's external ID.
    pub external_id: Option<String>,
}

impl Kind {
    /// Every kind, in the order in which they are removed.
    pub const ALL: [Self; 2] = [Self::Endpoint, Self::Customer];

    /// The name of one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "webhook endpoint",
            Self::Customer => "customer",
        }
    }

    /// The path of a page of all there are, `page` counted from 1.
    pub(super) fn list(self, provider: &Provider, page: usize) -> String {
        let collection = match self {
            Self::Endpoint => provider.endpoint.collection,
            Self::Customer => provider.customer.collection,
        };
        let listing = &provider.listing;
        format!("{collection}?{}", listing.query(listing.largest_page, page))
    }

    /// The key of a record's id.
    pub(super) fn id_key(self, provider: &Provider) -> &'static str {
        match self {
            Self::Endpoint => provider.endpoint.id,
            Self::Customer => provider.customer.id,
        }
    }

    /// The id of the run that made a record: its mark, or what its name says.
    pub(super) fn run_of(self, provider: &Provider, record: &Json) -> Option<String> {
        match self {
            Self::Endpoint => subscribe::run_of(&provider.endpoint, record).map(str::to_owned),
            Self::Customer => match &record[provider.customer.metadata][MARK] {
                Json::Null => None,
                Json::String(run) => Some(run.clone()),
                // A scenario may mark its customers with whatever metadata can hold.
                other => Some(other.to_string()),
            },
        }
    }
}

/// Whether a record may be older than the mark that it carries: it was changed since it was made,
/// and it has a key that the run did not make up. An API that makes a customer, or changes the one
/// that has the same e-mail, marks what was there before.
pub(super) fn may_be_older(customer: &Customer, kind: Kind, run: &str, record: &Json) -> bool {
    let changed = customer
        .changed_at
        .iter()
        .any(|(last, first)| !record[*last].is_null() && record[*last] != record[*first]);
    let keys = customer.identity_keys().into_iter().filter_map(|key| record[key].as_str());
    let others = |key: &str| run.is_empty() || !key.to_lowercase().contains(run);
    kind == Kind::Customer && changed && keys.into_iter().any(others)
}

impl Leftover {
    /// Reads a record that a run made, `None` where it does not say which it is or how old.
    pub(super) fn read(
        provider: &Provider,
        kind: Kind,
        run: String,
        record: &Json,
    ) -> Option<Self> {
        let Provider { customer, endpoint, .. } = provider;
        let text = |key: &str| record[key].as_str().map(str::to_owned);
        // One of dots alone would be a path of another meaning.
        let id = text(kind.id_key(provider)).filter(|id| !id.trim_matches('.').is_empty())?;
        let created = text(customer.created_at)?.parse().ok()?;
        let (path, address) = match kind {
            Kind::Endpoint => (endpoint.path(&id), text(endpoint.url)),
            Kind::Customer => (customer.path(&id), text(customer.email)),
        };
        let external_id = text(customer.external_id);
        Some(Self { kind, id, path, run, created, address, external_id })
    }

    /// The request that removes it.
    #[must_use]
    pub fn removal(&self) -> String {
        format!("DELETE {}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    fn read(kind: Kind, record: &Json) -> Option<Leftover> {
        Leftover::read(&ACME, kind, kind.run_of(&ACME, record)?, record)
    }

    #[test]
    fn a_customer_is_known_by_its_mark() {
        let made = |labels: Json| {
            json!({
                "key": "1", "since": "2026-11-22T02:51:43.943524Z", "mail": "a@example.com",
                "ref": "user_1", "labels": labels,
            })
        };
        let found = read(Kind::Customer, &made(json!({ "tieback_run": "abc" }))).unwrap();
        assert_eq!(found.removal(), "DELETE /people/1");
        assert_eq!((found.run.as_str(), found.address.as_deref()), ("abc", Some("a@example.com")));
        assert_eq!(found.external_id.as_deref(), Some("user_1"));
        assert_eq!(read(Kind::Customer, &made(json!({ "tieback_run": 7 }))).unwrap().run, "7");
        for other in [
            json!({}),
            json!(null),
            json!({ "tieback_run": null }),
            json!({ "Tieback_run": "abc" }),
            json!("tieback_run"),
        ] {
            assert_eq!(read(Kind::Customer, &made(other)), None);
        }
    }

    #[test]
    fn a_record_without_a_usable_id_or_time_is_not_touched() {
        let mark = json!({ "tieback_run": "abc" });
        for (id, created) in [
            (json!(""), json!("2026-11-22T02:51:43Z")),
            (json!(".."), json!("2026-11-22T02:51:43Z")),
            (json!(7), json!("2026-11-22T02:51:43Z")),
            (json!("1"), json!("yesterday")),
            (json!("1"), json!("2026-11-22T02:51:43")),
            (json!("1"), json!(null)),
        ] {
            let record = json!({ "key": id, "since": created, "labels": mark });
            assert_eq!(read(Kind::Customer, &record), None);
        }
    }

    #[test]
    fn a_customer_that_was_changed_may_be_older_than_its_mark() {
        let (made, later) = ("2026-11-22T02:51:43Z", "2026-11-23T02:51:43Z");
        for (changed, email, external_id, expected) in [
            (json!(later), "ann@corp.example", json!("user_abc123"), true),
            (json!(later), "buyer+abc123@corp.example", json!("ann"), true),
            (json!(later), "Buyer+ABC123@corp.example", json!("user_abc123"), false),
            (json!(later), "buyer+abc123@corp.example", json!(null), false),
            (json!(null), "ann@corp.example", json!("ann"), false),
            (json!(made), "ann@corp.example", json!("ann"), false),
        ] {
            for customer in [&POLAR.customer, &ACME.customer] {
                let (last, first) = customer.changed_at[0];
                let record = json!({
                    first: made, last: changed, customer.email: email,
                    customer.external_id: external_id,
                });
                let older = may_be_older(customer, Kind::Customer, "abc123", &record);
                assert_eq!(older, expected, "{record}");
            }
        }
        let unchanged = json!({ "created_at": made, "email": "ann@corp.example" });
        assert!(!may_be_older(&POLAR.customer, Kind::Customer, "abc123", &unchanged));
    }

    #[test]
    fn an_id_stays_one_segment() {
        let record = json!({
            "key": "a/../b?c", "since": "2026-11-22T02:51:43Z", "label": "tieback_run abc",
        });
        let removal = read(Kind::Endpoint, &record).unwrap().removal();
        assert_eq!(removal, "DELETE /hooks/a%2F..%2Fb%3Fc");
    }
}

//! Records that runs make, and how they are known.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::http::encode;
use crate::plan::MARK;
use crate::provider::POLAR;
use crate::webhook::endpoint;

/// What runs leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A webhook endpoint. They go first: nothing is sent to them any more when customers are deleted.
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
    pub(super) fn list(self, limit: usize, page: usize) -> String {
        match self {
            Self::Endpoint => {
                format!("{}?limit={limit}&page={page}", POLAR.endpoint.collection)
            }
            Self::Customer => format!("/v1/customers/?limit={limit}&page={page}"),
        }
    }

    /// The path of one record.
    pub(super) fn path(self, id: &str) -> String {
        match self {
            Self::Endpoint => POLAR.endpoint.path(id),
            Self::Customer => format!("/v1/customers/{}", encode(id)),
        }
    }

    /// The id of the run that made a record: its mark, or what its name says.
    pub(super) fn run_of(self, record: &Json) -> Option<String> {
        match self {
            Self::Endpoint => endpoint::run_of(&POLAR.endpoint, record).map(str::to_owned),
            Self::Customer => match &record["metadata"][MARK] {
                Json::Null => None,
                Json::String(run) => Some(run.clone()),
                // A scenario may mark its customers with whatever metadata can hold.
                other => Some(other.to_string()),
            },
        }
    }
}

/// Whether a record may be older than the mark that it carries: it was changed since it was made, and it has
/// a key that the run did not make up. An API that makes a customer, or changes the one that has the same
/// e-mail, marks what was there before.
pub(super) fn may_be_older(kind: Kind, run: &str, record: &Json) -> bool {
    let changed =
        [("modified_at", "created_at"), ("modifiedAt", "createdAt"), ("updated_at", "created_at")];
    let changed = changed
        .iter()
        .any(|(last, first)| !record[*last].is_null() && record[*last] != record[*first]);
    let keys = ["email", "external_id"].into_iter().filter_map(|key| record[key].as_str());
    let others = |key: &str| run.is_empty() || !key.to_lowercase().contains(run);
    kind == Kind::Customer && changed && keys.into_iter().any(others)
}

impl Leftover {
    /// Reads a record that a run made, `None` where it does not say which it is or how old.
    pub(super) fn read(kind: Kind, run: String, record: &Json) -> Option<Self> {
        let text = |key: &str| record[key].as_str().map(str::to_owned);
        // One of dots alone would be a path of another meaning.
        let id = text("id").filter(|id| !id.trim_matches('.').is_empty())?;
        let created = text("created_at")?.parse().ok()?;
        let address = text(if kind == Kind::Customer { "email" } else { "url" });
        Some(Self { kind, id, run, created, address, external_id: text("external_id") })
    }

    /// Its path at the API.
    #[must_use]
    pub fn place(&self) -> String {
        self.kind.path(&self.id)
    }

    /// The request that removes it.
    #[must_use]
    pub fn removal(&self) -> String {
        format!("DELETE {}", self.place())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: Kind, record: &Json) -> Option<Leftover> {
        Leftover::read(kind, kind.run_of(record)?, record)
    }

    #[test]
    fn a_customer_is_known_by_its_mark() {
        let made = |metadata: Json| json!({ "id": "1", "created_at": "2026-11-22T02:51:43.943524Z", "email": "a@example.com", "metadata": metadata });
        let found = read(Kind::Customer, &made(json!({ "tieback_run": "abc" }))).unwrap();
        assert_eq!((found.run.as_str(), found.address.as_deref()), ("abc", Some("a@example.com")));
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
            assert_eq!(
                read(Kind::Customer, &json!({ "id": id, "created_at": created, "metadata": mark })),
                None
            );
        }
    }

    #[test]
    fn a_customer_that_was_changed_may_be_older_than_its_mark() {
        let older = |record: Json| may_be_older(Kind::Customer, "abc123", &record);
        let (made, later) = ("2026-11-22T02:51:43Z", "2026-11-23T02:51:43Z");
        let customer = |modified: Json, email: &str, external_id: Json| json!({ "created_at": made, "modified_at": modified, "email": email, "external_id": external_id });
        assert!(older(customer(json!(later), "ann@corp.example", json!("user_abc123"))));
        assert!(older(customer(json!(later), "buyer+abc123@corp.example", json!("ann"))));
        assert!(!older(customer(json!(later), "Buyer+ABC123@corp.example", json!("user_abc123"))));
        assert!(!older(customer(json!(later), "buyer+abc123@corp.example", json!(null))));
        assert!(!older(customer(json!(null), "ann@corp.example", json!("ann"))));
        assert!(!older(customer(json!(made), "ann@corp.example", json!("ann"))));
        assert!(!older(json!({ "created_at": made, "email": "ann@corp.example" })));
    }

    #[test]
    fn an_id_stays_one_segment() {
        let record = json!({ "id": "a/../b?c", "created_at": "2026-11-22T02:51:43Z", "name": "tieback_run abc" });
        let removal = read(Kind::Endpoint, &record).unwrap().removal();
        assert_eq!(removal, "DELETE /v1/webhooks/endpoints/a%2F..%2Fb%3Fc");
    }
}

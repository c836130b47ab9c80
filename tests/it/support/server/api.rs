//! A billing API that does everything right, in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::Reply;
use super::request::{Kind, Request};

/// The organization that everything belongs to.
pub const ORGANIZATION: &str = "f6407444-13cf-45ff-9b68-9b352f474ca0";

/// What the API remembers.
#[derive(Debug, Default)]
pub struct State {
    pub customers: Vec<Value>,
    pub deleted: Vec<Value>,
    pub members: Vec<Value>,
    pub endpoints: Vec<Value>,
    /// Attempts at endpoints that nobody serves, the newest last.
    pub log: Vec<Value>,
    /// Organizations beside its own that the token sees.
    pub others: Vec<Value>,
    /// The most that a page holds.
    pub page_limit: Option<usize>,
    /// What webhooks are to be made of: the event, and whom it is about.
    pub(super) happened: Vec<(&'static str, Value)>,
}

impl State {
    /// Answers `request`. What becomes of a new record before it is stored is `store`'s to say.
    pub fn answer(&mut self, request: &Request, store: impl Fn(&mut Value)) -> Reply {
        let id = request.id();
        match request.kind {
            Kind::Create => self.create(&request.json(), store),
            Kind::List => {
                let found = self.customers.iter().rev();
                self.list(found.filter(|each| fits(each, &request.query)), request)
            }
            Kind::Read => one(self.customers.iter().find(|each| each["id"] == id)),
            Kind::Lookup => one(self.customers.iter().find(|each| each["external_id"] == id)),
            Kind::Update => self.update(request),
            Kind::Delete => self.delete(request),
            Kind::State => self.state(&request.segments[request.segments.len() - 2]),
            Kind::AddMember => self.add_member(&request.segments[2], &request.json()),
            Kind::ListMembers => self.list_members(request),
            Kind::Log => {
                let rows = self.log.iter().rev();
                self.list(rows.filter(|row| logged_for(row, &request.query)), request)
            }
            Kind::Redeliver => self.redeliver(&request.segments[3], |_| {}),
            Kind::MakeEndpoint => self.make_endpoint(request.json(), store),
            Kind::ReadEndpoint if request.segments.len() == 3 => {
                self.list(self.endpoints.iter(), request)
            }
            Kind::ReadEndpoint => one(self.endpoints.iter().find(|each| each["id"] == id)),
            Kind::UpdateEndpoint => {
                update(self.endpoints.iter_mut().find(|each| is(each, id)), request)
            }
            Kind::DeleteEndpoint => self.delete_endpoint(id),
            Kind::Organizations => {
                let own = json!({ "id": ORGANIZATION });
                self.list(std::iter::once(&own).chain(&self.others), request)
            }
            Kind::Stream | Kind::Other => Reply::not_found(),
        }
    }

    /// Sends a webhook again; what becomes of the attempt is `change`'s to say.
    pub fn redeliver(&mut self, id: &str, change: impl FnOnce(&mut Value)) -> Reply {
        let Some(mut row) =
            self.log.iter().rev().find(|row| row["webhook_event"]["id"] == id).cloned()
        else {
            return Reply::not_found();
        };
        row["id"] = json!(Uuid::new_v4());
        change(&mut row);
        self.log.push(row);
        Reply::json(202, &Value::Null)
    }

    fn make_endpoint(&mut self, mut endpoint: Value, store: impl Fn(&mut Value)) -> Reply {
        let secret = STANDARD.encode(Uuid::new_v4().as_bytes());
        endpoint["id"] = json!(Uuid::new_v4());
        endpoint["enabled"] = json!(true);
        endpoint["created_at"] = json!(Timestamp::now().to_string());
        endpoint["organization_id"] = json!(ORGANIZATION);
        endpoint["secret"] = json!(format!("whsec_{secret}"));
        store(&mut endpoint);
        self.endpoints.push(endpoint.clone());
        Reply::json(201, &endpoint)
    }

    fn delete_endpoint(&mut self, id: &str) -> Reply {
        let Some(index) = self.endpoints.iter().position(|each| is(each, id)) else {
            return Reply::not_found();
        };
        let endpoint = self.endpoints.remove(index);
        assert_ne!(endpoint["enabled"], true, "an endpoint is disabled before it is deleted");
        Reply::empty(204)
    }

    /// A page of what was found.
    pub(super) fn list<'a>(
        &self,
        found: impl Iterator<Item = &'a Value>,
        request: &Request,
    ) -> Reply {
        let number = |name: &str, default: usize| {
            let found = request.query.iter().find(|(key, _)| key == name);
            found.and_then(|(_, text)| text.parse().ok()).unwrap_or(default)
        };
        let limit = number("limit", 10).clamp(1, self.page_limit.unwrap_or(100));
        let found: Vec<_> = found.collect();
        let start = number("page", 1).saturating_sub(1) * limit;
        let items: Vec<_> = found.iter().skip(start).take(limit).collect();
        let pages = found.len().div_ceil(limit);
        let pagination = json!({ "total_count": found.len(), "max_page": pages });
        Reply::json(200, &json!({ "items": items, "pagination": pagination }))
    }
}

pub(super) fn is(record: &Value, id: &str) -> bool {
    record["id"] == id || record["external_id"] == id
}

fn logged_for(row: &Value, query: &[(String, String)]) -> bool {
    query.iter().all(|(key, value)| key != "endpoint_id" || row["endpoint_id"] == value.as_str())
}

fn fits(customer: &Value, query: &[(String, String)]) -> bool {
    let text = |key: &str| customer[key].as_str().unwrap_or_default().to_lowercase();
    query.iter().all(|(name, wanted)| {
        let low = wanted.to_lowercase();
        match name.as_str() {
            "email" => text("email") == low,
            "query" => {
                text("email").contains(&low)
                    || text("name").contains(&low)
                    || text("external_id").starts_with(&low)
            }
            other => {
                match other.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) {
                    Some(key) => customer["metadata"][key] == wanted.as_str(),
                    None => true,
                }
            }
        }
    })
}

fn one(found: Option<&Value>) -> Reply {
    found.map_or_else(Reply::not_found, |record| Reply::json(200, record))
}

fn update(found: Option<&mut Value>, request: &Request) -> Reply {
    let Some(record) = found else { return Reply::not_found() };
    for (key, value) in request.json().as_object().into_iter().flatten() {
        record[key] = value.clone();
    }
    Reply::json(200, record)
}

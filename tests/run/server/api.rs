//! A billing API that does everything right, in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::Reply;
use super::request::{Kind, Request};

/// What the API remembers.
#[derive(Debug, Default)]
pub struct State {
    pub customers: Vec<Value>,
    pub endpoints: Vec<Value>,
}

impl State {
    /// Answers `request`. What becomes of a new record before it is stored is `store`'s to say.
    pub fn answer(&mut self, request: &Request, store: impl Fn(&mut Value)) -> Reply {
        let id = request.id();
        match request.kind {
            Kind::Create => self.create(&request.json(), store),
            Kind::List => list(self.customers.iter().rev().filter(|each| fits(each, &request.query))),
            Kind::Read => one(self.customers.iter().find(|each| each["id"] == id)),
            Kind::Lookup => one(self.customers.iter().find(|each| each["external_id"] == id)),
            Kind::Update => update(self.customers.iter_mut().find(|each| is(each, id)), request),
            Kind::Delete => delete(&mut self.customers, id),
            Kind::MakeEndpoint => self.make_endpoint(request.json(), store),
            Kind::ReadEndpoint if request.segments.len() == 3 => list(self.endpoints.iter()),
            Kind::ReadEndpoint => one(self.endpoints.iter().find(|each| each["id"] == id)),
            Kind::UpdateEndpoint => update(self.endpoints.iter_mut().find(|each| is(each, id)), request),
            Kind::DeleteEndpoint => delete(&mut self.endpoints, id),
            Kind::Other => Reply::not_found(),
        }
    }

    fn create(&mut self, sent: &Value, store: impl Fn(&mut Value)) -> Reply {
        for key in ["email", "external_id"] {
            if !sent[key].is_null() && self.customers.iter().any(|each| each[key] == sent[key]) {
                let detail = json!([{ "loc": ["body", key], "msg": format!("A customer with this {key} already exists."), "type": "value_error" }]);
                return Reply::json(422, &json!({ "error": "PolarRequestValidationError", "detail": detail }));
            }
        }
        let mut customer = customer(sent);
        store(&mut customer);
        self.customers.push(customer.clone());
        Reply::json(201, &customer)
    }

    fn make_endpoint(&mut self, mut endpoint: Value, store: impl Fn(&mut Value)) -> Reply {
        let secret = STANDARD.encode(Uuid::new_v4().as_bytes());
        endpoint["id"] = json!(Uuid::new_v4());
        endpoint["secret"] = json!(format!("whsec_{secret}"));
        store(&mut endpoint);
        self.endpoints.push(endpoint.clone());
        Reply::json(201, &endpoint)
    }
}

/// A customer made of what was sent.
pub fn customer(sent: &Value) -> Value {
    json!({
        "id": Uuid::new_v4(), "created_at": Timestamp::now().to_string(), "modified_at": null,
        "email": sent["email"], "email_verified": false, "name": sent["name"], "external_id": sent["external_id"],
        "metadata": sent.get("metadata").unwrap_or(&json!({})), "type": "individual",
    })
}

fn is(record: &Value, id: &str) -> bool {
    record["id"] == id || record["external_id"] == id
}

fn fits(customer: &Value, query: &[(String, String)]) -> bool {
    let text = |key: &str| customer[key].as_str().unwrap_or_default().to_lowercase();
    query.iter().all(|(name, wanted)| {
        let low = wanted.to_lowercase();
        match name.as_str() {
            "email" => text("email") == low,
            "query" => {
                text("email").contains(&low) || text("name").contains(&low) || text("external_id").starts_with(&low)
            }
            other => match other.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) {
                Some(key) => customer["metadata"][key] == wanted.as_str(),
                None => true,
            },
        }
    })
}

fn list<'a>(found: impl Iterator<Item = &'a Value>) -> Reply {
    let items: Vec<_> = found.collect();
    Reply::json(200, &json!({ "items": items, "pagination": { "total_count": items.len(), "max_page": 1 } }))
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

fn delete(records: &mut Vec<Value>, id: &str) -> Reply {
    let before = records.len();
    records.retain(|each| !is(each, id));
    if records.len() < before { Reply::empty(204) } else { Reply::not_found() }
}

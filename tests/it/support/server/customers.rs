//! What the API that does everything right does with customers and their members.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::api::{ORGANIZATION, State, is};
use super::reply::Reply;
use super::request::Request;

/// A customer made of what was sent.
pub fn customer(sent: &Value) -> Value {
    let kind = sent.get("type").unwrap_or(&json!("individual")).clone();
    json!({
        "id": Uuid::new_v4(), "created_at": Timestamp::now().to_string(), "modified_at": null,
        "email": sent["email"], "email_verified": false, "name": sent["name"],
        "external_id": sent["external_id"].as_str().map(str::trim),
        "metadata": sent.get("metadata").unwrap_or(&json!({})), "type": kind,
        "billing_address": address(&sent["billing_address"]), "deleted_at": null,
        "organization_id": ORGANIZATION,
    })
}

/// An address with all its parts.
fn address(sent: &Value) -> Value {
    let parts = ["line1", "line2", "postal_code", "city", "state", "country"];
    if sent.is_null() {
        Value::Null
    } else {
        parts.iter().map(|part| ((*part).to_owned(), sent[part].clone())).collect()
    }
}

/// A refusal with the API's own words.
pub fn refused(key: &str, msg: &str) -> Reply {
    let detail = json!([{ "type": "value_error", "loc": ["body", key], "msg": msg }]);
    Reply::json(422, &json!({ "error": "PolarRequestValidationError", "detail": detail }))
}

impl State {
    pub(super) fn create(&mut self, sent: &Value, store: impl Fn(&mut Value)) -> Reply {
        if !sent["external_id"].is_null() && !sent["external_id"].is_string() {
            return refused("external_id", "Input should be a valid string");
        }
        let mut customer = customer(sent);
        for (key, name) in [("email", "email address"), ("external_id", "external ID")] {
            if !customer[key].is_null()
                && self.customers.iter().any(|each| each[key] == customer[key])
            {
                return refused(key, &format!("A customer with this {name} already exists."));
            }
        }
        store(&mut customer);
        self.insert(sent, customer.clone());
        Reply::json(201, &customer)
    }

    /// Adds a customer with its owner.
    pub fn insert(&mut self, sent: &Value, customer: Value) {
        let owner = |key: &str| sent["owner"].get(key).unwrap_or(&customer[key]).clone();
        self.members.push(member(
            &customer["id"],
            &json!({
                "email": owner("email"), "name": owner("name"), "external_id": owner("external_id"), "role": "owner",
            }),
        ));
        self.tell("customer.created", &customer);
        self.customers.push(customer);
    }

    pub(super) fn update(&mut self, request: &Request) -> Reply {
        let Some(index) = self.customers.iter().position(|each| is(each, request.id())) else {
            return Reply::not_found();
        };
        let mut customer = self.customers[index].clone();
        for (key, value) in request.json().as_object().into_iter().flatten() {
            match key.as_str() {
                "external_id" if !customer[key].is_null() && customer[key] != *value => {
                    return refused(key, "Customer external ID cannot be updated.");
                }
                "billing_address" if value.is_null() => {
                    return refused(
                        key,
                        "Customer billing address cannot be reset to null once set.",
                    );
                }
                "type" if customer[key] == "team" && value == "individual" => {
                    return refused(
                        key,
                        "Customer type cannot be downgraded from 'team' to 'individual'.",
                    );
                }
                "billing_address" => customer[key] = address(value),
                _ => customer[key] = value.clone(),
            }
        }
        self.customers[index] = customer.clone();
        self.tell("customer.updated", &customer);
        Reply::json(200, &customer)
    }

    pub(super) fn delete(&mut self, request: &Request) -> Reply {
        let Some(index) = self.customers.iter().position(|each| is(each, request.id())) else {
            return Reply::not_found();
        };
        let mut customer = self.customers.remove(index);
        self.deleted.push(customer.clone());
        self.members.retain(|member| member["customer_id"] != customer["id"]);
        customer["deleted_at"] = json!(Timestamp::now().to_string());
        if request.query.iter().any(|(key, value)| key == "anonymize" && value == "true") {
            let hash = "0123456789abcdef".repeat(4);
            customer["email"] = json!(format!("{hash}@anonymized.polar.sh"));
            customer["name"] = json!(hash);
            customer["billing_address"] = Value::Null;
        } else {
            customer["external_id"] = Value::Null;
        }
        self.tell("customer.deleted", &customer);
        Reply::empty(204)
    }

    /// Notes what happened to a customer, for its webhooks.
    fn tell(&mut self, event: &'static str, customer: &Value) {
        self.happened.push((event, customer.clone()));
        self.happened.push(("customer.state_changed", state(customer)));
    }

    pub(super) fn state(&self, id: &str) -> Reply {
        let found = self.customers.iter().find(|each| is(each, id));
        found.map_or_else(Reply::not_found, |customer| Reply::json(200, &state(customer)))
    }

    pub(super) fn add_member(&mut self, id: &str, sent: &Value) -> Reply {
        let Some(customer) = self.customers.iter().find(|each| is(each, id)) else {
            return Reply::not_found();
        };
        let member = member(&customer["id"], sent);
        self.members.push(member.clone());
        Reply::json(201, &member)
    }

    pub(super) fn list_members(&self, request: &Request) -> Reply {
        let wanted = request.query.iter().find(|(key, _)| key == "customer_id");
        let fits =
            |member: &&Value| wanted.is_none_or(|(_, id)| member["customer_id"] == id.as_str());
        self.list(self.members.iter().filter(fits), request)
    }
}

fn state(customer: &Value) -> Value {
    let mut state = customer.clone();
    for key in ["active_subscriptions", "granted_benefits", "active_meters"] {
        state[key] = json!([]);
    }
    state
}

fn member(customer: &Value, sent: &Value) -> Value {
    json!({
        "id": Uuid::new_v4(), "customer_id": customer, "email": sent["email"], "name": sent["name"],
        "external_id": sent["external_id"], "role": sent.get("role").unwrap_or(&json!("member")),
    })
}

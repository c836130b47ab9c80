//! Adding members to a team.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Member, Role};
use super::store::{NewMember, all_of, with_email};
use crate::sandbox::clock::iso;
use crate::sandbox::customers::{self, By, Customer, Kind};
use crate::sandbox::http::{ApiError, Call, json_text};
use crate::sandbox::validate::{Flaw, Validator, email, name, text, uuid4};

const NO_CUSTOMER: ApiError = ApiError::NotFound("Customer not found");
const INDIVIDUAL: ApiError = ApiError::NotPermitted(
    "Individual customers can only have one member (the owner). Upgrade to a team customer to add \
     more members.",
);

struct MemberCreate {
    email: String,
    name: Option<String>,
    external_id: Option<String>,
    role: Role,
}

/// `POST /v1/members/`, the customer in the body.
pub(crate) async fn add(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let wanted = call.read_body(&mut validator, |validator, value| {
        let map = validator.object(value)?;
        let customer = validator.required(map, "customer_id", uuid4);
        let wanted = read(validator, map);
        customer.zip(wanted)
    });
    let (customer, wanted) = validator.finish(wanted)?;
    perform(call, By::Id(customer), wanted).await
}

/// `POST /v1/customers/{id}/members`
pub(crate) async fn add_to(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let customer = call.id(&mut validator, "id");
    let wanted = call.read_body(&mut validator, |validator, value| {
        let map = validator.object(value)?;
        read(validator, map)
    });
    let (customer, wanted) = validator.finish(customer.zip(wanted))?;
    perform(call, By::Id(customer), wanted).await
}

/// `POST /v1/customers/external/{external_id}/members`
pub(crate) async fn add_to_external(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let wanted = call.read_body(&mut validator, |validator, value| {
        let map = validator.object(value)?;
        read(validator, map)
    });
    let wanted = validator.finish(wanted)?;
    let by = By::External(call.segment("external_id"));
    perform(call, by, wanted).await
}

fn read(validator: &mut Validator, map: &Map<String, Value>) -> Option<MemberCreate> {
    let email = validator.required(map, "email", email);
    let name = validator.nullable(map, "name", name).empty_is_null().value();
    let external_id = validator.nullable(map, "external_id", text).empty_is_null().value();
    let role = match map.get("role") {
        None => Some(Role::Member),
        Some(value) => validator.at("role", |validator| assignable(validator, value)),
    };
    Some(MemberCreate { email: email?, name, external_id, role: role? })
}

/// Ownership is not given here; the message is Python's way to print the two members of the enum.
fn assignable(validator: &mut Validator, value: &Value) -> Option<Role> {
    if let Some(name @ ("member" | "billing_manager")) = value.as_str() {
        return Some(Role::named(name));
    }
    let expected =
        "<MemberRole.member: 'member'> or <MemberRole.billing_manager: 'billing_manager'>";
    let msg = format!("Input should be {expected}");
    validator.flaw_with("literal_error", msg, value, json!({"expected": expected}))
}

async fn perform(call: Call, by: By, wanted: MemberCreate) -> Result<Response, ApiError> {
    let app = call.app;
    let now = app.clock.now();
    let doc = app
        .change(now, move |tx| {
            let customer = customers::document(tx, &by)?.ok_or(NO_CUSTOMER)?;
            let customer: Customer = serde_json::from_str(&customer)?;
            if customer.kind == Kind::Individual {
                return Err(INDIVIDUAL);
            }
            // An e-mail that is a member already is answered with that member (from Polar's
            // source).
            if let Some(existing) = with_email(tx, customer.id, &wanted.email)? {
                return Ok(existing);
            }
            let member = Member {
                id: Uuid::new_v4(),
                created_at: iso(now),
                modified_at: None,
                customer_id: customer.id,
                email: wanted.email,
                name: wanted.name,
                external_id: wanted.external_id,
                role: wanted.role,
            };
            if member.external_id.is_some() {
                check_external_id(tx, &member)?;
            }
            let doc = NewMember::of(&member, now)?.insert(tx)?;
            tx.emit("member.created", &member)?;
            Ok(doc)
        })
        .await?;
    Ok(json_text(StatusCode::CREATED, doc))
}

/// An external id is unique among the members of a customer.
fn check_external_id(connection: &Connection, member: &Member) -> Result<(), ApiError> {
    let others = all_of(connection, member.customer_id)?;
    if others.iter().all(|other| other.external_id != member.external_id) {
        return Ok(());
    }
    let msg = "A member with this external ID already exists.";
    Err(ApiError::Rules(vec![Flaw::in_body(
        "value_error",
        "external_id",
        msg,
        json!(member.external_id),
    )]))
}

//! Adding members to a team.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Member, Role};
use super::store::{NewRow, all_of, with_email};
use crate::sandbox::clock::iso;
use crate::sandbox::customers::{self, By, Customer, Kind};
use crate::sandbox::http::{Call, Problem, json_text};
use crate::sandbox::validate::{Flaw, Reader, email, name, text, uuid4};
use crate::sandbox::webhooks::{Happened, happen};

const NO_CUSTOMER: Problem = Problem::NotFound("Customer not found");
const INDIVIDUAL: Problem = Problem::NotPermitted(
    "Individual customers can only have one member (the owner). Upgrade to a team customer to add more members.",
);

struct Wanted {
    email: String,
    name: Option<String>,
    external_id: Option<String>,
    role: Role,
}

/// `POST /v1/members/`, the customer in the body.
pub(crate) async fn add(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let wanted = call.read_body(&mut reader, |reader, value| {
        let map = reader.object(value)?;
        let customer = reader.required(map, "customer_id", uuid4);
        let wanted = read(reader, map);
        customer.zip(wanted)
    });
    let (customer, wanted) = reader.finish(wanted).map_err(Problem::Schema)?;
    perform(call, By::Id(customer), wanted).await
}

/// `POST /v1/customers/{id}/members`
pub(crate) async fn add_to(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let customer = call.id(&mut reader, "id");
    let wanted = call.read_body(&mut reader, |reader, value| {
        let map = reader.object(value)?;
        read(reader, map)
    });
    let (customer, wanted) = reader.finish(customer.zip(wanted)).map_err(Problem::Schema)?;
    perform(call, By::Id(customer), wanted).await
}

/// `POST /v1/customers/external/{external_id}/members`
pub(crate) async fn add_to_external(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let wanted = call.read_body(&mut reader, |reader, value| {
        let map = reader.object(value)?;
        read(reader, map)
    });
    let wanted = reader.finish(wanted).map_err(Problem::Schema)?;
    let by = By::External(call.segment("external_id"));
    perform(call, by, wanted).await
}

fn read(reader: &mut Reader, map: &Map<String, Value>) -> Option<Wanted> {
    let email = reader.required(map, "email", email);
    let name = reader.nullable(map, "name", name).empty_is_null().value();
    let external_id = reader.nullable(map, "external_id", text).empty_is_null().value();
    let role = match map.get("role") {
        None => Some(Role::Member),
        Some(value) => reader.at("role", |reader| assignable(reader, value)),
    };
    Some(Wanted { email: email?, name, external_id, role: role? })
}

/// Ownership is not given here; the message is Python's way to print the two members of the enum.
fn assignable(reader: &mut Reader, value: &Value) -> Option<Role> {
    if let Some(name @ ("member" | "billing_manager")) = value.as_str() {
        return Some(Role::named(name));
    }
    let expected =
        "<MemberRole.member: 'member'> or <MemberRole.billing_manager: 'billing_manager'>";
    let msg = format!("Input should be {expected}");
    reader.flaw_with("literal_error", msg, value, json!({"expected": expected}))
}

async fn perform(call: Call, by: By, wanted: Wanted) -> Result<Response, Problem> {
    let app = call.app;
    let now = app.clock.now();
    let events = app.wanted_events();
    let due = app.due(now);
    let (doc, told) = app
        .store
        .write(move |connection| {
            let customer = customers::document(connection, &by)?.ok_or(NO_CUSTOMER)?;
            let customer: Customer = serde_json::from_str(&customer)?;
            if customer.kind == Kind::Individual {
                return Err(INDIVIDUAL);
            }
            // An e-mail that is a member already is answered with that member (from Polar's source).
            if let Some(existing) = with_email(connection, customer.id, &wanted.email)? {
                return Ok((existing, false));
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
                check_external_id(connection, &member)?;
            }
            let doc = NewRow::of(&member, now)?.insert(connection)?;
            if events {
                happen(connection, &Happened::rendered("member.created", json!(member)), due)?;
            }
            Ok::<_, Problem>((doc, events))
        })
        .await?;
    if told {
        app.announce().await;
    }
    Ok(json_text(StatusCode::CREATED, doc))
}

/// An external id is unique among the members of a customer.
fn check_external_id(connection: &Connection, member: &Member) -> Result<(), Problem> {
    let others = all_of(connection, member.customer_id)?;
    if others.iter().all(|other| other.external_id != member.external_id) {
        return Ok(());
    }
    let msg = "A member with this external ID already exists.";
    Err(Problem::Rules(vec![Flaw::in_body(
        "value_error",
        "external_id",
        msg,
        json!(member.external_id),
    )]))
}

//! The webhook handler.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::faults::Way;
use super::signature::verifies;
use super::store::{Store, User};
use super::{App, Shared, answer};

const KNOWN: [&str; 12] = [
    "checkout",
    "customer",
    "customer_seat",
    "member",
    "order",
    "subscription",
    "refund",
    "product",
    "discount",
    "benefit",
    "benefit_grant",
    "organization",
];

pub async fn take(State(app): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let way = app.way;
    if way == Way::Redirects {
        return Redirect::temporary("/api/webhooks/polar/").into_response();
    }
    if !verifies(way, &app.secret, &headers, &body) {
        if way == Way::RefusesAndActs {
            let event = serde_json::from_slice(&body).unwrap_or_default();
            apply(&app, &mut app.store.lock().unwrap(), &event);
        }
        let status = match way {
            Way::Forbids403 => 403,
            Way::BadRequest400 => 400,
            _ => 401,
        };
        return answer(status, &json!({ "message": "bad signature" }));
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else {
        // Only an app that verifies nothing gets here.
        return answer(if way == Way::AcceptsAnything { 200 } else { 400 }, &json!({}));
    };
    let kind = event["type"].as_str().unwrap_or_default().to_owned();
    let data = &event["data"];
    match way {
        Way::Slow if kind == "subscription.active" => {
            tokio::time::sleep(Duration::from_secs(11)).await;
        }
        Way::TakesASecond if kind == "subscription.active" => {
            tokio::time::sleep(Duration::from_millis(1200)).await;
        }
        Way::TakesThreeSeconds if kind == "order.paid" => {
            tokio::time::sleep(Duration::from_millis(2300)).await;
        }
        _ => {}
    }
    let family = kind.split('.').next().unwrap_or_default();
    let unknown = !KNOWN.contains(&family) || kind.contains("not_known");
    let new_field = data.get("a_field_of_tomorrow").is_some();
    let refused = match way {
        Way::RejectsOneType if kind == "benefit_grant.cycled" => Some(400),
        Way::RejectsUnknownTypes if unknown => Some(400),
        Way::RejectsNewFields if new_field => Some(422),
        Way::CrashesOnTeams if kind == "customer.created" && data["email"].is_null() => Some(500),
        Way::FailsOnOneType if kind == "refund.created" => Some(500),
        _ => None,
    };
    if let Some(status) = refused {
        return answer(status, &json!({ "message": "not this one" }));
    }
    let id = headers.get("webhook-id").and_then(|it| it.to_str().ok()).unwrap_or_default();
    if way == Way::CountsTwiceAtOnce {
        // Looks, works, and only then writes down that it has seen it.
        if app.store.lock().unwrap().seen.contains(id) {
            return answer(200, &json!({}));
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
        let mut store = app.store.lock().unwrap();
        apply(&app, &mut store, &event);
        store.seen.insert(id.to_owned());
        return answer(200, &json!({}));
    }
    if way == Way::InBackground {
        let (app, id) = (Arc::clone(&app), id.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let mut store = app.store.lock().unwrap();
            if store.seen.insert(id) {
                apply(&app, &mut store, &event);
            }
        });
        return answer(200, &json!({}));
    }
    let mut store = app.store.lock().unwrap();
    let again = !store.seen.insert(id.to_owned());
    if again && !matches!(way, Way::CountsTwice | Way::TogglesOnCopies) {
        return answer(200, &json!({}));
    }
    let applied = apply(&app, &mut store, &event);
    if again && way == Way::TogglesOnCopies && kind == "subscription.active" {
        for user in &mut store.users {
            user.toggled = true;
        }
    }
    let status = match way {
        _ if applied == Applied::NotYet => {
            store.seen.remove(id);
            409
        }
        Way::Unmapped404 if applied == Applied::ToNobody && is_of_a_customer(&kind) => 404,
        Way::Accepted202 => 202,
        Way::NoContent204 => 204,
        _ => 200,
    };
    answer(status, &json!({}))
}

#[derive(PartialEq, Eq)]
enum Applied {
    Yes,
    ToNobody,
    NotYet,
}

/// What was kept is applied once its user has a customer.
pub fn apply_kept(app: &App) {
    let mut store = app.store.lock().unwrap();
    for event in std::mem::take(&mut store.kept) {
        apply(app, &mut store, &event);
    }
}

/// By customer id alone: the app has stored it when the API answered.
const BY_CUSTOMER_ID: [Way; 3] = [Way::DropsEarly, Way::RefusesEarly, Way::KeepsEarly];

fn find<'s>(way: Way, store: &'s mut Store, event: &Value) -> Option<&'s mut User> {
    let data = &event["data"];
    let kind = event["type"].as_str().unwrap_or_default();
    let customer = if data["customer"].is_object() { &data["customer"] } else { data };
    let is_customer = kind.starts_with("customer.");
    let id = if is_customer { &data["id"] } else { &data["customer_id"] };
    let (id, external) = (id.as_str(), customer["external_id"].as_str());
    let email = customer["email"].as_str();
    let by_email = |user: &User| email.is_some_and(|email| user.email.eq_ignore_ascii_case(email));
    if way == Way::ByEmail {
        return store.users.iter_mut().find(|user| by_email(user));
    }
    if way == Way::GrantsNewestUser {
        return store.users.last_mut();
    }
    if way == Way::WrongField {
        return None;
    }
    let known = |user: &User| {
        way != Way::KeepsAfterDeleted && id.is_some() && user.customer.as_deref() == id
    };
    let position = store.users.iter().position(|user| {
        let named = !BY_CUSTOMER_ID.contains(&way) && external == Some(user.id.as_str());
        named || known(user)
    });
    if position.is_none() && way == Way::GrantsUnmappedByEmail && external.is_none() {
        return store.users.iter_mut().find(|user| by_email(user));
    }
    if position.is_none() && way == Way::GrantsUnmappedToNewest {
        return store.users.last_mut();
    }
    position.map(|index| &mut store.users[index])
}

fn apply(app: &App, store: &mut Store, event: &Value) -> Applied {
    let way = app.way;
    let kind = event["type"].as_str().unwrap_or_default();
    let data = &event["data"];
    let moment = event["timestamp"].as_str().unwrap_or_default().to_owned();
    if way == Way::StoresNothing {
        return Applied::Yes;
    }
    if way == Way::GrantsEverybody && kind == "subscription.active" {
        for user in &mut store.users {
            user.subscriptions.insert("all".to_owned(), (true, moment.clone()));
        }
        return Applied::Yes;
    }
    let Some(user) = find(way, store, event) else {
        return match way {
            Way::RefusesEarly if is_of_a_customer(kind) && names_a_user(store, event) => {
                Applied::NotYet
            }
            Way::KeepsEarly => {
                store.kept.push(event.clone());
                Applied::Yes
            }
            _ => Applied::ToNobody,
        };
    };
    let newer = |known: Option<&(bool, String)>| {
        known.is_none_or(|(_, at)| way == Way::LastOneWins || moment >= *at)
    };
    let id = data["id"].as_str().unwrap_or_default().to_owned();
    match kind.split_once('.') {
        Some(("subscription", what)) => {
            let id = if way == Way::OneSubscriptionEach { "one".to_owned() } else { id };
            let status = data["status"].as_str().unwrap_or_default();
            let mut active = matches!(status, "active" | "trialing");
            if way == Way::IgnoresStatus && what == "created" {
                active = true;
            }
            if way == Way::EndsAtCanceled && what == "canceled" {
                active = false;
            }
            if way == Way::KeepsAfterRevoked && !active {
                return Applied::Yes;
            }
            if way == Way::StrictOrder && what != "created" && !user.subscriptions.contains_key(&id)
            {
                return Applied::Yes;
            }
            if way == Way::StrictOrder && what == "created" {
                user.subscriptions.insert(id, (false, moment));
                return Applied::Yes;
            }
            if way == Way::NeverComesBack && user.ended && active {
                return Applied::Yes;
            }
            user.ended |= what == "revoked";
            if newer(user.subscriptions.get(&id)) {
                user.subscriptions.insert(id, (active, moment));
            }
        }
        Some(("benefit_grant", _)) => {
            let granted = data["is_granted"] == true;
            if newer(user.grants.get(&id)) {
                user.grants.insert(id, (granted, moment));
            }
        }
        Some(("customer", "state_changed")) => {
            let active = data["active_subscriptions"].as_array().is_some_and(|it| !it.is_empty());
            if newer(user.state.as_ref()) {
                user.state = Some((active, moment));
            }
        }
        Some(("customer", "created")) if way == Way::GrantsAtCustomer => {
            user.subscriptions.insert(id, (true, moment));
        }
        Some(("order", "created")) if way == Way::GrantsAtOrder => {
            user.subscriptions.insert(id, (true, moment));
        }
        Some(("customer", "deleted")) => user.deleted = true,
        Some(("order", "paid")) => {
            let first = user.orders.is_empty();
            let new = user.orders.insert(id);
            let counts = match way {
                Way::CountsTwice | Way::CountsTwiceAtOnce => true,
                Way::SecondOrderLost => first,
                _ => new,
            };
            if way == Way::SecondOrderLost && !first {
                user.orders = user.orders.iter().take(1).cloned().collect();
            }
            if counts {
                user.credits += 100;
            }
        }
        _ => {}
    }
    Applied::Yes
}

fn is_of_a_customer(kind: &str) -> bool {
    ["subscription.", "benefit_grant.", "customer.", "order."]
        .iter()
        .any(|family| kind.starts_with(family))
}

/// Whether the external ID is that of a user who has no customer yet.
fn names_a_user(store: &Store, event: &Value) -> bool {
    let data = &event["data"];
    let customer = if data["customer"].is_object() { &data["customer"] } else { data };
    let external = customer["external_id"].as_str();
    store.users.iter().any(|user| user.customer.is_none() && external == Some(user.id.as_str()))
}

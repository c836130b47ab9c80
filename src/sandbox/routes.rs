//! Which path does what. Collections end in a slash, except webhooks' (as on the real API); the
//! other spelling is redirected, for every method.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::benefits;
use super::checkouts::{self, Checkout, CheckoutLink};
use super::discounts::{self, Discount};
use super::http::{ApiError, Call, Path, Scope, json_value, path, route_not_found};
use super::members::Lookup;
use super::meters::{self, CustomerMeter, Meter};
use super::orders::{self, Order};
use super::products::{self, Product};
use super::record;
use super::subscriptions::{self, Subscription};
use super::validate::Validator;
use super::{App, control, customers, event_log, index, members, organizations, portal, webhooks};

/// All routes.
pub(super) fn routes() -> Router<Arc<App>> {
    let health = async || json_value(StatusCode::OK, &json!({"status": "ok"}));
    let router =
        Router::new().route("/healthz", axum::routing::get(health)).merge(control::routes());
    let router = router.merge(checkouts::routes()).merge(portal::routes()).merge(index::routes());
    let paths = customer_paths().into_iter().chain(member_paths()).chain(webhook_paths());
    let paths = paths.chain(catalog_paths()).chain(access_paths()).chain(sales_paths());
    let paths = paths.chain(portal_paths());
    let router = paths.chain(other_paths()).fold(router, |router, path| path.add_to(router));
    router.fallback(async |request: Request| unknown(request.uri().path()))
}

/// What the real API has, and this sandbox has not.
const NOT_IMITATED: [(&str, &str); 19] = [
    ("/v1/custom-fields", "custom fields"),
    ("/v1/customer-seats", "seats"),
    ("/v1/files", "files"),
    ("/v1/metrics", "metrics"),
    ("/v1/disputes", "disputes"),
    ("/v1/payments", "payments"),
    ("/v1/event-types", "event types"),
    ("/v1/oauth2", "OAuth"),
    ("/v1/cli/trigger", "triggered events"),
    ("/v1/organization-access-tokens", "access tokens"),
    ("/v1/orders/", "invoices, receipts and drafts of orders"),
    ("/v1/license-keys/", "this part of licence keys"),
    ("/v1/benefits/", "this part of benefits"),
    ("/v1/customer-portal/orders/", "invoices, receipts and payments in the portal"),
    ("/v1/customer-portal/customers/", "this part of the portal"),
    ("/v1/customer-portal/customer-session/", "this part of the portal"),
    ("/v1/customer-portal/license-keys/", "this part of the portal"),
    ("/v1/customer-portal/", "this part of the portal"),
    ("/v1/wallets", "wallets"),
];

fn unknown(path: &str) -> Response {
    match NOT_IMITATED.iter().find(|(prefix, _)| path.starts_with(prefix)) {
        Some((_, what)) => ApiError::NotImitated(what).into_response(),
        None => route_not_found(),
    }
}

fn customer_paths() -> Vec<Path> {
    let (read, write) = (Scope::CUSTOMERS_READ, Scope::CUSTOMERS_WRITE);
    vec![
        path("/v1/customers/").get(read, customers::list).post(write, customers::create),
        path("/v1/customers/{id}")
            .get(read, customers::get)
            .patch(write, customers::update)
            .delete(write, customers::delete),
        path("/v1/customers/external/{external_id}")
            .get(read, customers::get_external)
            .patch(write, customers::update_external)
            .delete(write, customers::delete_external),
        path("/v1/customers/{id}/state").get(read, customers::state),
        path("/v1/customers/external/{external_id}/state").get(read, customers::state_external),
        path("/v1/customers/{id}/payment-methods").get(read, customers::payment_methods),
        path("/v1/customers/external/{external_id}/payment-methods")
            .get(read, customers::payment_methods_external),
    ]
}

fn member_paths() -> Vec<Path> {
    let (read, write) = (Scope::MEMBERS_READ, Scope::MEMBERS_WRITE);
    let one = |route, lookup: fn(&Call, &mut Validator) -> Option<Lookup>| {
        path(route)
            .get(read, move |call| members::get(call, lookup))
            .patch(write, move |call| members::update(call, lookup))
            .delete(write, move |call| members::delete(call, lookup))
    };
    vec![
        path("/v1/members/").get(read, members::list).post(write, members::add),
        path("/v1/customers/{id}/members").post(write, members::add_to),
        path("/v1/customers/external/{external_id}/members").post(write, members::add_to_external),
        one("/v1/members/{id}", Lookup::by_id),
        one("/v1/members/external/{external_id}", Lookup::by_external),
        one("/v1/customers/{id}/members/{member_id}", Lookup::of_customer),
        one(
            "/v1/customers/external/{external_id}/members/{member_external_id}",
            Lookup::of_external,
        ),
    ]
}

fn webhook_paths() -> Vec<Path> {
    let (read, write) = (Scope::WEBHOOKS_READ, Scope::WEBHOOKS_WRITE);
    vec![
        path("/v1/webhooks/endpoints")
            .get(read, webhooks::list_endpoints)
            .post(write, webhooks::create_endpoint),
        path("/v1/webhooks/endpoints/{id}")
            .get(read, webhooks::get_endpoint)
            .patch(write, webhooks::update_endpoint)
            .delete(write, webhooks::delete_endpoint),
        path("/v1/webhooks/endpoints/{id}/secret")
            .patch_without_body(write, webhooks::reset_secret),
        path("/v1/webhooks/deliveries").get(read, webhooks::list_deliveries),
        path("/v1/webhooks/events/{id}/redeliver").post_without_body(write, webhooks::redeliver),
        path("/v1/cli/listen/{organization_id}").get(read, webhooks::listen),
    ]
}

/// What is sold.
fn catalog_paths() -> Vec<Path> {
    let (read, write) = (Scope::PRODUCTS_READ, Scope::PRODUCTS_WRITE);
    vec![
        path("/v1/products/").get(read, products::list).post(write, products::create),
        path("/v1/products/{id}").get(read, record::get::<Product>).patch(write, products::update),
        path("/v1/products/{id}/benefits").post(write, products::attach),
        path("/v1/benefits/")
            .get(Scope::BENEFITS_READ, benefits::list)
            .post(Scope::BENEFITS_WRITE, benefits::create),
        path("/v1/benefits/{id}")
            .get(Scope::BENEFITS_READ, benefits::get)
            .patch(Scope::BENEFITS_WRITE, benefits::update)
            .delete(Scope::BENEFITS_WRITE, benefits::delete),
        path("/v1/discounts/")
            .get(Scope::DISCOUNTS_READ, discounts::list)
            .post(Scope::DISCOUNTS_WRITE, discounts::create),
        path("/v1/discounts/{id}")
            .get(Scope::DISCOUNTS_READ, record::get::<Discount>)
            .patch(Scope::DISCOUNTS_WRITE, discounts::update)
            .delete(Scope::DISCOUNTS_WRITE, discounts::delete),
        path("/v1/meters/")
            .get(Scope::METERS_READ, meters::list)
            .post(Scope::METERS_WRITE, meters::create),
        path("/v1/meters/{id}")
            .get(Scope::METERS_READ, record::get::<Meter>)
            .patch(Scope::METERS_WRITE, meters::update),
        path("/v1/meters/{id}/quantities").get(Scope::METERS_READ, meters::quantities),
    ]
}

/// What customers have.
fn access_paths() -> Vec<Path> {
    let (read, write) = (Scope::SUBSCRIPTIONS_READ, Scope::SUBSCRIPTIONS_WRITE);
    vec![
        path("/v1/subscriptions/")
            .get(read, subscriptions::list)
            .post(write, subscriptions::create),
        path("/v1/subscriptions/{id}")
            .get(read, record::get::<Subscription>)
            .patch(write, subscriptions::update)
            .delete(write, subscriptions::revoke),
        path("/v1/benefit-grants/").get(Scope::BENEFITS_READ, benefits::list_grants),
        path("/v1/benefits/{id}/grants").get(Scope::BENEFITS_READ, benefits::list_of_benefit),
        path("/v1/license-keys/").get(Scope::KEYS_READ, benefits::list_license_keys),
        path("/v1/license-keys/{id}").get(Scope::KEYS_READ, benefits::get_license_key),
        path("/v1/license-keys/validate").post(Scope::KEYS_WRITE, benefits::validate),
        path("/v1/license-keys/activate").post(Scope::KEYS_WRITE, benefits::activate),
        path("/v1/license-keys/deactivate").post(Scope::KEYS_WRITE, benefits::deactivate),
        path("/v1/customer-meters/").get(Scope::CUSTOMER_METERS_READ, meters::list_customer_meters),
        path("/v1/customer-meters/{id}")
            .get(Scope::CUSTOMER_METERS_READ, record::get::<CustomerMeter>),
    ]
}

/// Checkouts, orders and what follows them.
fn sales_paths() -> Vec<Path> {
    let (read, write) = (Scope::CHECKOUTS_READ, Scope::CHECKOUTS_WRITE);
    vec![
        path("/v1/checkouts/").get(read, checkouts::list).post(write, checkouts::create),
        path("/v1/checkouts/{id}")
            .get(read, record::get::<Checkout>)
            .patch(write, checkouts::update),
        path("/v1/checkouts/client/{client_secret}")
            .get(Scope::OPEN, checkouts::get_client)
            .patch(Scope::OPEN, checkouts::update_client),
        path("/v1/checkouts/client/{client_secret}/confirm").post(Scope::OPEN, checkouts::confirm),
        path("/v1/checkout-links/")
            .get(Scope::LINKS_READ, checkouts::list_links)
            .post(Scope::LINKS_WRITE, checkouts::create_link),
        path("/v1/checkout-links/{id}")
            .get(Scope::LINKS_READ, record::get::<CheckoutLink>)
            .patch(Scope::LINKS_WRITE, checkouts::update_link)
            .delete(Scope::LINKS_WRITE, checkouts::delete_link),
        path("/v1/checkout-links/{id}/redirect").get(Scope::OPEN, checkouts::follow_link),
        path("/v1/orders/").get(Scope::ORDERS_READ, orders::list),
        path("/v1/orders/{id}").get(Scope::ORDERS_READ, record::get::<Order>),
        path("/v1/refunds/")
            .get(Scope::REFUNDS_READ, orders::list_refunds)
            .post(Scope::REFUNDS_WRITE, orders::refund),
        path("/v1/customer-sessions/").post(Scope::SESSIONS_WRITE, portal::create_session),
    ]
}

/// What a customer may do with a session of its own.
fn portal_paths() -> Vec<Path> {
    let open = Scope::OPEN;
    vec![
        path("/v1/customer-portal/customers/me").get(open, portal::me),
        path("/v1/customer-portal/orders/").get(open, orders::of_portal),
        path("/v1/customer-portal/orders/{id}").get(open, orders::one_of_portal),
        path("/v1/customer-portal/subscriptions/").get(open, portal::subscriptions),
        path("/v1/customer-portal/subscriptions/{id}")
            .get(open, portal::subscription)
            .patch(open, portal::cancel)
            .delete(open, portal::revoke),
        path("/v1/customer-portal/benefit-grants/").get(open, portal::grants),
        path("/v1/customer-portal/meters/").get(open, portal::meters),
        path("/v1/customer-portal/meters/{id}").get(open, portal::meter),
        path("/v1/customer-portal/license-keys/validate").post(open, benefits::validate),
        path("/v1/customer-portal/license-keys/activate").post(open, benefits::activate),
        path("/v1/customer-portal/license-keys/deactivate").post(open, benefits::deactivate),
    ]
}

fn other_paths() -> Vec<Path> {
    let (read, write) = (Scope::EVENTS_READ, Scope::EVENTS_WRITE);
    vec![
        path("/v1/organizations/").get(Scope::ORGANIZATIONS_READ, organizations::list),
        path("/v1/organizations/{id}").get(Scope::ORGANIZATIONS_READ, organizations::get),
        path("/v1/events/").get(read, event_log::list),
        path("/v1/events/{id}").get(read, event_log::get),
        path("/v1/events/names").get(read, event_log::names),
        path("/v1/events/ingest").post(write, event_log::ingest),
    ]
}

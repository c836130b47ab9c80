//! Which path does what. Collections end in a slash, except webhooks' (as on the real API); the
//! other spelling is redirected, for every method.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any};
use serde_json::json;

use super::http::{
    Call, Problem, Scope, api, api_without_body, json_value, passed_on, route_not_found,
};
use super::members::Lookup;
use super::validate::Reader;
use super::{App, control, customers, event_log, members, organizations, webhooks};

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PATCH: MethodFilter = MethodFilter::PATCH;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// All routes.
pub(super) fn routes() -> Router<Arc<App>> {
    let router = Router::new()
        .route(
            "/healthz",
            axum::routing::get(async || json_value(StatusCode::OK, &json!({"status": "ok"}))),
        )
        .merge(control::routes());
    let router = customer_routes(router);
    let router = member_routes(router);
    let router = webhook_routes(router);
    let router = other_routes(router);
    router.fallback(async || route_not_found())
}

fn customer_routes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let (read, write) = (Scope::CUSTOMERS_READ, Scope::CUSTOMERS_WRITE);
    let router = path(
        router,
        "/v1/customers/",
        api(GET, read, customers::list).merge(api(POST, write, customers::create)),
        "GET",
    );
    let router = path(
        router,
        "/v1/customers/{id}",
        api(GET, read, customers::get).merge(api(PATCH, write, customers::update)).merge(api(
            DELETE,
            write,
            customers::delete,
        )),
        "GET",
    );
    let router = path(
        router,
        "/v1/customers/external/{external_id}",
        api(GET, read, customers::get_external)
            .merge(api(PATCH, write, customers::update_external))
            .merge(api(DELETE, write, customers::delete_external)),
        "GET",
    );
    let router = path(router, "/v1/customers/{id}/state", api(GET, read, customers::state), "GET");
    let router = path(
        router,
        "/v1/customers/external/{external_id}/state",
        api(GET, read, customers::state_external),
        "GET",
    );
    let router = path(
        router,
        "/v1/customers/{id}/payment-methods",
        api(GET, read, customers::payment_methods),
        "GET",
    );
    path(
        router,
        "/v1/customers/external/{external_id}/payment-methods",
        api(GET, read, customers::payment_methods_external),
        "GET",
    )
}

fn member_routes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let (read, write) = (Scope::MEMBERS_READ, Scope::MEMBERS_WRITE);
    let router = path(
        router,
        "/v1/members/",
        api(GET, read, members::list).merge(api(POST, write, members::add)),
        "GET",
    );
    let router =
        path(router, "/v1/customers/{id}/members", api(POST, write, members::add_to), "POST");
    let router = path(
        router,
        "/v1/customers/external/{external_id}/members",
        api(POST, write, members::add_to_external),
        "POST",
    );
    let one = |router, route, lookup: fn(&Call, &mut Reader) -> Option<Lookup>| {
        path(
            router,
            route,
            api(GET, read, move |call| members::get(call, lookup))
                .merge(api(PATCH, write, move |call| members::update(call, lookup)))
                .merge(api(DELETE, write, move |call| members::delete(call, lookup))),
            "GET",
        )
    };
    let router = one(router, "/v1/members/{id}", Lookup::by_id);
    let router = one(router, "/v1/members/external/{external_id}", Lookup::by_external);
    let router = one(router, "/v1/customers/{id}/members/{member_id}", Lookup::of_customer);
    one(
        router,
        "/v1/customers/external/{external_id}/members/{member_external_id}",
        Lookup::of_external,
    )
}

fn webhook_routes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let (read, write) = (Scope::WEBHOOKS_READ, Scope::WEBHOOKS_WRITE);
    let router = path(
        router,
        "/v1/webhooks/endpoints",
        api(GET, read, webhooks::list_endpoints).merge(api(POST, write, webhooks::create_endpoint)),
        "GET",
    );
    let router = path(
        router,
        "/v1/webhooks/endpoints/{id}",
        api(GET, read, webhooks::get_endpoint)
            .merge(api(PATCH, write, webhooks::update_endpoint))
            .merge(api(DELETE, write, webhooks::delete_endpoint)),
        "GET",
    );
    let router = path(
        router,
        "/v1/webhooks/endpoints/{id}/secret",
        api_without_body(PATCH, write, webhooks::reset_secret),
        "PATCH",
    );
    let router =
        path(router, "/v1/webhooks/deliveries", api(GET, read, webhooks::list_deliveries), "GET");
    let router = path(
        router,
        "/v1/webhooks/events/{id}/redeliver",
        api_without_body(POST, write, webhooks::redeliver),
        "POST",
    );
    path(router, "/v1/cli/listen/{organization_id}", api(GET, read, webhooks::listen), "GET")
}

fn other_routes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    let router = path(
        router,
        "/v1/organizations/",
        api(GET, Scope::ORGANIZATIONS_READ, organizations::list),
        "GET",
    );
    let router = path(
        router,
        "/v1/organizations/{id}",
        api(GET, Scope::ORGANIZATIONS_READ, organizations::get),
        "GET",
    );
    let router = path(router, "/v1/events/", api(GET, Scope::EVENTS_READ, event_log::list), "GET");
    let router =
        path(router, "/v1/events/{id}", api(GET, Scope::EVENTS_READ, event_log::get), "GET");
    let router =
        path(router, "/v1/events/names", api(GET, Scope::EVENTS_READ, event_log::names), "GET");
    path(router, "/v1/events/ingest", api(POST, Scope::EVENTS_WRITE, event_log::ingest), "POST")
}

/// A path with its methods, and its other spelling with a redirect to this one. A method that is not
/// there is told the first that is (FastAPI has a route for each), and HEAD is none of them.
fn path(
    router: Router<Arc<App>>,
    route: &str,
    methods: MethodRouter<Arc<App>>,
    allowed: &'static str,
) -> Router<Arc<App>> {
    let refuse =
        move || async move { Problem::NoMethod(HeaderValue::from_static(allowed)).into_response() };
    let other = match route.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{route}/"),
    };

    let methods = methods.fallback(refuse).head(refuse);
    router.route(route, methods).route(&other, any(redirect))
}

async fn redirect(request: Request) -> Response {
    let path = request.uri().path();
    let path = match path.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{path}/"),
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let host =
        request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    passed_on(&format!("http://{host}{path}{query}"))
}

//! The portal's page: what a customer has, and a button to cancel.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use uuid::Uuid;

use super::sessions::customer_of;
use crate::sandbox::App;
use crate::sandbox::benefits::{Benefit, Grant};
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, error_page, escape, form, money, page, see_other};
use crate::sandbox::orders::Order;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::subscriptions::{self, Subscription};
use crate::sandbox::validate::Query;

/// The pages.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/{slug}/portal", get(show).post(answer))
}

fn customer(app: &App, request: &Request) -> Result<Uuid, ApiError> {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let token = query.last("customer_session_token").unwrap_or_default();
    let now = app.clock.now();
    let found = app.store.read(|connection| customer_of(connection, token, now))?;
    found.ok_or(ApiError::Unauthorized)
}

async fn show(State(app): State<Arc<App>>, request: Request) -> Response {
    match customer(&app, &request).and_then(|customer| render(&app, customer)) {
        Ok(response) => response,
        Err(error) => error_page(error),
    }
}

fn render(app: &App, customer: Uuid) -> Result<Response, ApiError> {
    let body = app.store.read(|connection| {
        let own = || [customer.to_string()];
        let shown = customers::shown(connection, customer)?;
        let mut body = vec![format!(
            "<p class=\"notice\">This is a sandbox: no money moves here.</p><p>{}</p>\
             <h2>Subscriptions</h2><table>",
            escape(shown["email"].as_str().unwrap_or_default())
        )];
        for subscription in record::all::<Subscription>(connection, "customer = ?", own())? {
            let shown = subscription.render(connection)?;
            let cancel = if subscription.can_be_canceled() {
                format!(
                    "<form method=\"post\">\
                     <button name=\"cancel\" value=\"{}\">Cancel</button></form>",
                    subscription.id
                )
            } else {
                String::new()
            };
            body.push(format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{cancel}</td></tr>",
                escape(shown["product"]["name"].as_str().unwrap_or_default()),
                escape(shown["status"].as_str().unwrap_or_default()),
                money(&shown["amount"], &shown["currency"])
            ));
        }
        body.push("</table><h2>Orders</h2><table>".to_owned());
        for order in record::all::<Order>(connection, "customer = ?", own())? {
            let shown = order.render(connection)?;
            body.push(format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&order.invoice_number),
                escape(&order.description),
                money(&shown["total_amount"], &shown["currency"])
            ));
        }
        body.push("</table><h2>Benefits</h2><ul>".to_owned());
        for grant in record::all::<Grant>(connection, "customer = ? AND granted", own())? {
            if let Some(benefit) = record::find::<Benefit>(connection, grant.benefit_id)? {
                body.push(format!("<li>{}</li>", escape(&benefit.description)));
            }
        }
        body.push("</ul>".to_owned());
        Ok::<_, ApiError>(body.concat())
    })?;
    Ok(page(StatusCode::OK, "Your purchases", &body))
}

async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let target = request.uri().to_string();
    let customer = match customer(&app, &request) {
        Ok(customer) => customer,
        Err(error) => return error_page(error),
    };
    let fields = form(request.into_body()).await;
    let id = fields.iter().find(|(key, _)| key == "cancel");
    let Some(id) = id.and_then(|(_, id)| id.parse::<Uuid>().ok()) else {
        return see_other(&target);
    };
    let now = app.clock.now();
    let canceled = app.change(now, move |tx| {
        let mut subscription: Subscription = record::expect(tx, id)?;
        if subscription.customer_id != customer {
            return Err(ApiError::MISSING);
        }
        subscriptions::cancel(tx, &mut subscription)
    });
    match canceled.await {
        Ok(()) => see_other(&target),
        Err(error) => error_page(error),
    }
}

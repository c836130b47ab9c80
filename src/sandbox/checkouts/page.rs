//! The hosted page of a checkout. It works without scripts, and says that no money moves.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::control;
use super::list::by_secret;
use super::model::{Checkout, Status};
use crate::sandbox::App;
use crate::sandbox::http::{ApiError, error_page, escape, form, money, page, see_other};
use crate::sandbox::record::Record as _;

/// The pages.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/checkout/{secret}", get(show).post(answer))
        .route("/checkout/{secret}/confirmation", get(confirmation))
}

async fn show(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Response {
    match find(&app, &secret) {
        Ok((checkout, shown)) => offer(&checkout, &shown, ""),
        Err(error) => error_page(error),
    }
}

fn find(app: &App, secret: &str) -> Result<(Checkout, Value), ApiError> {
    app.store.read(|connection| {
        let checkout = by_secret(connection, secret)?;
        let shown = checkout.render(connection)?;
        Ok((checkout, shown))
    })
}

/// The form, or how the checkout stands once it is not open any more.
fn offer(checkout: &Checkout, shown: &Value, error: &str) -> Response {
    let name = shown["product"]["name"].as_str().unwrap_or_default();
    let price = money(&shown["total_amount"], &shown["currency"]);
    let every = shown["product"]["recurring_interval"].as_str();
    let every = every.map(|interval| format!(" every {interval}")).unwrap_or_default();
    let mut body = vec![format!(
        "<p class=\"notice\">This is a sandbox: no money moves here.</p>\
         <p><strong>{}</strong>, {price}{every}</p>",
        escape(name)
    )];
    if checkout.status != Status::Open {
        let status = shown["status"].as_str().unwrap_or_default();
        body.push(format!("<p>This checkout is {}.</p>", escape(status)));
        return page(StatusCode::OK, "Checkout", &body.concat());
    }
    if !error.is_empty() {
        body.push(format!("<p class=\"error\" role=\"alert\">{}</p>", escape(error)));
    }
    body.push("<form method=\"post\">".to_owned());
    for (key, label) in [("customer_name", "Name"), ("customer_email", "E-mail")] {
        let value = escape(shown[key].as_str().unwrap_or_default());
        body.push(format!("<label>{label}<input name=\"{key}\" value=\"{value}\"></label>"));
    }
    if let Some(external_id) = &checkout.external_customer_id {
        body.push(format!("<p>Customer <code>{}</code></p>", escape(external_id)));
    }
    for (action, label) in
        [("pay", "Pay"), ("decline", "Pay with a card that is declined"), ("abandon", "Abandon")]
    {
        body.push(format!("<button name=\"action\" value=\"{action}\">{label}</button>"));
    }
    body.push("</form>".to_owned());
    page(StatusCode::OK, "Checkout", &body.concat())
}

async fn answer(
    State(app): State<Arc<App>>,
    Path(secret): Path<String>,
    request: Request,
) -> Response {
    let fields = form(request.into_body()).await;
    let field = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let (checkout, shown) = match find(&app, &secret) {
        Ok(found) => found,
        Err(error) => return error_page(error),
    };
    if checkout.status != Status::Open {
        return offer(&checkout, &shown, "");
    }
    let said: Map<String, Value> = ["customer_name", "customer_email"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), json!(field(key)?))))
        .collect();
    let outcome = match field("action") {
        Some("pay") => control::pay(&app, checkout.id, said).await,
        Some("decline") => control::decline(&app, checkout.id, said).await,
        _ => return abandoned(&checkout),
    };
    match outcome {
        Ok(shown) => see_other(shown["success_url"].as_str().unwrap_or_default()),
        Err(ApiError::Named(_, _, detail)) => offer(&checkout, &shown, &detail),
        Err(ApiError::Rules(flaws) | ApiError::Schema(flaws)) => {
            let said: Vec<_> = flaws.iter().map(|flaw| flaw.msg.as_str()).collect();
            offer(&checkout, &shown, &said.join(" "))
        }
        Err(error) => error_page(error),
    }
}

/// The checkout stays open, as where a buyer closes the page.
fn abandoned(checkout: &Checkout) -> Response {
    match &checkout.return_url {
        Some(url) => see_other(url),
        None => {
            page(StatusCode::OK, "Checkout", "<p>Nothing was bought. This page can be closed.</p>")
        }
    }
}

async fn confirmation(State(app): State<Arc<App>>, Path(secret): Path<String>) -> Response {
    match find(&app, &secret) {
        Ok((checkout, shown)) if checkout.status == Status::Succeeded => {
            let name = escape(shown["product"]["name"].as_str().unwrap_or_default());
            let body = format!("<p>{name} was bought. This page can be closed.</p>");
            page(StatusCode::OK, "Thank you", &body)
        }
        Ok((checkout, shown)) => offer(&checkout, &shown, ""),
        Err(error) => error_page(error),
    }
}

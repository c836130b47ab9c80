//! The page at `/`: what there is, what was delivered, and buttons for what only a sandbox can. It
//! loads itself again every few seconds, and needs no script.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use rusqlite::Connection;
use serde_json::Value;

use super::checkouts::Checkout;
use super::clock::iso;
use super::http::{ApiError, error_page, escape, form, page, see_other};
use super::record;
use super::{App, time};

/// So many of the newest rows are shown.
const SHOWN: usize = 20;

/// What is counted: its name and its table.
const COUNTED: [(&str, &str); 7] = [
    ("Customers", "customer WHERE deleted = 0"),
    ("Products", "product"),
    ("Subscriptions", "subscription"),
    ("Orders", "purchase"),
    ("Refunds", "refund"),
    ("Benefit grants", "benefit_grant WHERE granted"),
    ("Webhook endpoints", "endpoint WHERE deleted = 0"),
];

/// The page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/", get(show).post(act))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    match app.store.read(state) {
        Ok(state) => {
            let now = iso(app.clock.now());
            let body = [
                "<meta http-equiv=\"refresh\" content=\"3\">".to_owned(),
                format!("<p>It is {now} here.</p><form method=\"post\">"),
                button("day", "A day later"),
                button("month", "A month later"),
                button("reset", "Forget everything"),
                format!("</form>{state}<h2>Deliveries</h2><table>"),
                deliveries(&app.journal.deliveries()),
                "</table>".to_owned(),
            ];
            page(StatusCode::OK, "tieback sandbox", &body.concat())
        }
        Err(error) => error_page(error),
    }
}

fn button(action: &str, label: &str) -> String {
    format!("<button name=\"action\" value=\"{action}\">{label}</button>")
}

fn state(connection: &Connection) -> Result<String, ApiError> {
    let mut body = vec!["<table>".to_owned()];
    for (name, table) in COUNTED {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        body.push(format!("<tr><td>{name}</td><td>{count}</td></tr>"));
    }
    body.push("</table><h2>Open checkouts</h2><ul>".to_owned());
    let open = record::all::<Checkout>(connection, "doc ->> 'status' = 'open'", [])?;
    for checkout in open.iter().rev().take(SHOWN) {
        let whose = checkout.external_customer_id.as_ref().or(checkout.customer_email.as_ref());
        let whose = escape(whose.map_or("unknown customer", String::as_str));
        body.push(format!("<li><a href=\"{}\">{whose}</a></li>", escape(&checkout.url)));
    }
    body.push("</ul>".to_owned());
    Ok(body.concat())
}

fn deliveries(deliveries: &[Value]) -> String {
    let row = |delivery: &Value| {
        let cell = |key: &str| {
            let text =
                delivery[key].as_str().map_or_else(|| delivery[key].to_string(), str::to_owned);
            format!("<td>{}</td>", escape(&text))
        };
        let cells: Vec<_> = ["at", "type", "http_code", "url"].into_iter().map(cell).collect();
        format!("<tr>{}</tr>", cells.concat())
    };
    deliveries.iter().rev().take(SHOWN).map(row).collect()
}

async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let fields = form(request.into_body()).await;
    let action = fields.iter().find(|(key, _)| key == "action").map(|(_, value)| value.as_str());
    let days = |days: u64| Duration::from_hours(24 * days);
    let done = match action {
        Some("day") => time::advance(&app, days(1)).await.map(drop),
        Some("month") => time::advance(&app, days(31)).await.map(drop),
        Some("reset") => time::reset(&app).await,
        _ => Ok(()),
    };
    done.map_or_else(error_page, |()| see_other("/"))
}

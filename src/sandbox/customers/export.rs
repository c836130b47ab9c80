//! `GET /v1/customers/export`

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use super::model::Customer;
use crate::sandbox::http::{ApiError, Call, json_text};
use crate::sandbox::validate::Validator;

const HEADER: [&str; 13] = [
    "ID",
    "External ID",
    "Created At",
    "Email",
    "Name",
    "Tax ID",
    "Billing Address Line 1",
    "Billing Address Line 2",
    "Billing Address City",
    "Billing Address State",
    "Billing Address Zip",
    "Billing Address Country",
    "Metadata",
];

/// All customers as CSV.
pub(crate) async fn export(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let organizations = call.query.ids(&mut validator, "organization_id");
    validator.finish(Some(()))?;
    let ours = organizations.is_empty() || organizations.contains(&call.app.organization.id);
    let failed = |error: csv::Error| ApiError::Internal(error.to_string());
    // Python's "excel" dialect ends lines the way Windows does.
    let mut csv =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(HEADER).map_err(failed)?;
    if ours {
        call.app.store.read(|connection| {
            let mut statement =
                connection.prepare("SELECT doc FROM customer WHERE deleted = 0 ORDER BY seq")?;
            let docs = statement.query_map([], |row| row.get::<_, String>(0))?;
            for doc in docs {
                csv.write_record(record(&serde_json::from_str(&doc?)?)?).map_err(failed)?;
            }
            Ok::<_, ApiError>(())
        })?;
    }
    let text = csv.into_inner().map_err(|error| ApiError::Internal(error.to_string()))?;
    let mut response = json_text(StatusCode::OK, text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=polar-customers.csv"),
    );
    Ok(response)
}

fn record(customer: &Customer) -> Result<[String; 13], ApiError> {
    let address = customer.billing_address.as_ref();
    let or_empty = |text: Option<&String>| text.cloned().unwrap_or_default();
    Ok([
        customer.id.to_string(),
        or_empty(customer.external_id.as_ref()),
        customer.created_at.replace('Z', "+00:00"),
        or_empty(customer.email.as_ref()),
        or_empty(customer.name.as_ref()),
        customer
            .tax_id
            .as_ref()
            .map(|(number, kind)| format!("['{number}', '{kind}']"))
            .unwrap_or_default(),
        or_empty(address.and_then(|address| address.line1.as_ref())),
        or_empty(address.and_then(|address| address.line2.as_ref())),
        or_empty(address.and_then(|address| address.city.as_ref())),
        or_empty(address.and_then(|address| address.state.as_ref())),
        or_empty(address.and_then(|address| address.postal_code.as_ref())),
        or_empty(address.map(|address| &address.country)),
        if customer.metadata.is_empty() {
            String::new()
        } else {
            serde_json::to_string(&customer.metadata)?
        },
    ])
}

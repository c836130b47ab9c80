//! The one organization that everything belongs to.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::{Micros, iso};
use super::http::{ApiError, Call, json_value, listed};
use super::validate::Validator;

/// An organization as the real API shows one that was just made; ids and times are filled in.
const TEMPLATE: &str = include_str!("organization.json");

/// The organization.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    document: Value,
}

impl Organization {
    /// The organization of this state; made where there is none.
    pub(crate) fn load_or_create(connection: &Connection, now: Micros) -> Result<Self, ApiError> {
        let known: Option<String> = connection
            .query_row("SELECT value FROM setting WHERE key = 'organization'", [], |row| row.get(0))
            .optional()?;
        let document: Value = if let Some(text) = known {
            serde_json::from_str(&text)?
        } else {
            let mut document: Value = serde_json::from_str(TEMPLATE)?;
            document["id"] = json!(Uuid::new_v4());
            document["account_id"] = json!(Uuid::new_v4());
            document["created_at"] = json!(iso(now));
            connection.execute(
                "INSERT INTO setting (key, value) VALUES ('organization', ?)",
                [document.to_string()],
            )?;
            document
        };
        let id = document["id"].as_str().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| ApiError::Internal("the organization has no id".to_owned()))?;
        Ok(Self { id, document })
    }
}

impl Organization {
    /// The name in addresses.
    pub(crate) fn slug(&self) -> &str {
        self.document["slug"].as_str().unwrap_or_default()
    }

    /// What the numbers of its invoices begin with.
    pub(crate) fn invoice_prefix(&self) -> String {
        self.slug().to_uppercase()
    }

    /// What buyers see of it.
    pub(crate) fn for_buyers(&self) -> Value {
        const HIDDEN: [&str; 13] = [
            "onboarding_resubmission_requested_at",
            "sso_enforced",
            "default_presentment_currency",
            "default_tax_behavior",
            "customer_portal_settings",
            "dispute_settings",
            "embed_hosts",
            "embed_hosts_enforced",
            "country",
            "account_id",
            "payout_account_id",
            "capabilities",
            "notification_settings",
        ];
        let mut shown = self.document.clone();
        if let Value::Object(shown) = &mut shown {
            shown.retain(|key, _| !HIDDEN.contains(&key.as_str()));
        }
        shown
    }
}

impl Organization {
    /// What the portal shows of it beside that.
    pub(crate) fn for_portal(&self) -> Value {
        let mut shown = self.for_buyers();
        shown["customer_portal_settings"] = self.document["customer_portal_settings"].clone();
        shown
    }
}

/// `GET /v1/organizations/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    // There is one organization, so nothing to sort; what cannot be sorted by is a flaw all the
    // same.
    call.query.sorting(
        &mut validator,
        &["created_at", "slug", "name", "next_review_threshold", "days_in_status"],
    );
    let page = validator.finish(page)?;
    let document = &call.app.organization.document;
    let matches = call.query.last("slug").is_none_or(|slug| document["slug"] == slug);
    let all = if matches { vec![document] } else { Vec::new() };
    let items = if page.offset == 0 { all.as_slice() } else { &[] };
    Ok(listed(items, i64::from(matches), page))
}

/// `GET /v1/organizations/{id}`
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let organization = &call.app.organization;
    if id != organization.id {
        return Err(ApiError::MISSING);
    }
    Ok(json_value(StatusCode::OK, &organization.document))
}

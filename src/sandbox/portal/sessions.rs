//! `POST /v1/customer-sessions/`: a token with which a customer sees what is its own, for an hour.

use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::checkouts::secret;
use crate::sandbox::clock::{Micros, iso, micros};
use crate::sandbox::customers::{self, By, find};
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::record::{self, Record};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator, string, uuid4};

const HOUR: Micros = 60 * 60 * 1_000_000;

/// A session's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomerSession {
    created_at: String,
    modified_at: Option<String>,
    id: Uuid,
    pub(crate) token: String,
    expires_at: String,
    return_url: Option<String>,
    customer_portal_url: String,
    customer_id: Uuid,
}

impl Record for CustomerSession {
    const TABLE: &'static str = "customer_session";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        shown["customer"] = customers::shown(connection, self.customer_id)?;
        Ok(shown)
    }
}

/// Opens a session for a customer.
pub(crate) fn open_session(
    tx: &Transaction<'_>,
    customer: Uuid,
    return_url: Option<String>,
) -> Result<CustomerSession, ApiError> {
    let token = secret("polar_cst_");
    let shown = customers::shown(tx, customer)?;
    let email = shown["email"].as_str().unwrap_or_default();
    let session = CustomerSession {
        created_at: iso(tx.now),
        modified_at: None,
        id: Uuid::new_v4(),
        customer_portal_url: format!(
            "{}/{}/portal?customer_session_token={token}&email={}",
            tx.app.base_url(),
            tx.app.organization.slug(),
            utf8_percent_encode(email, NON_ALPHANUMERIC)
        ),
        token,
        expires_at: iso(tx.now + HOUR),
        return_url,
        customer_id: customer,
    };
    record::save(tx, &session)?;
    Ok(session)
}

/// The customer whose session a token opens, while it lasts.
pub(crate) fn customer_of(
    connection: &Connection,
    token: &str,
    now: Micros,
) -> Result<Option<Uuid>, ApiError> {
    let session: Option<CustomerSession> = record::first(connection, "token = ?", [token])?;
    let session = session.filter(|session| micros(&session.expires_at) > now);
    Ok(session.map(|session| session.customer_id))
}

struct SessionCreate {
    customer: By,
    return_url: Option<String>,
}

/// Opens a session.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let customer = match find(tx, &body.customer) {
            Ok(customer) => customer,
            Err(ApiError::NotFound(_)) => {
                let (field, input) = body.customer.named();
                let msg = "Customer does not exist.";
                let flaw = Flaw::in_body("value_error", field, msg, input);
                return Err(ApiError::Rules(vec![flaw]));
            }
            Err(error) => return Err(error),
        };
        open_session(tx, customer.id, body.return_url)?.render(tx)
    });
    Ok(created(&shown.await?))
}

/// The customer is named by either id.
fn read(validator: &mut Validator, value: &Value) -> Option<SessionCreate> {
    type Read = fn(&mut Validator, &Map<String, Value>) -> Option<By>;
    let branches: [(&str, Read); 2] = [
        ("CustomerSessionCustomerIDCreate", |validator, map| {
            validator.required(map, "customer_id", uuid4).map(By::Id)
        }),
        ("CustomerSessionCustomerExternalIDCreate", |validator, map| {
            let known = ["external_customer_id", "customer_external_id"];
            let key = known.into_iter().find(|key| map.contains_key(*key)).unwrap_or(known[0]);
            validator.required(map, key, string).map(By::External)
        }),
    ];
    let mut flaws = Vec::new();
    for (name, customer) in branches {
        let read = validator.attempt(|validator| {
            validator.at(name, |validator| {
                let map = validator.object(value)?;
                let return_url = validator.nullable(map, "return_url", string).value();
                Some(SessionCreate { customer: customer(validator, map)?, return_url })
            })
        });
        match read {
            Ok(body) => return Some(body),
            Err(found) => flaws.extend(found),
        }
    }
    validator.report(flaws)
}

impl Call {
    /// The customer whose session this request belongs to.
    pub(crate) fn customer(&self) -> Result<Uuid, ApiError> {
        let Some(token) = &self.session else { return Err(ApiError::Unauthorized) };
        let now = self.app.clock.now();
        let customer = self.app.store.read(|connection| customer_of(connection, token, now))?;
        customer.ok_or(ApiError::Unauthorized)
    }
}

/// What the portal calls a customer.
pub(super) fn own(customer: &Value) -> Value {
    json!({
        "created_at": customer["created_at"],
        "modified_at": customer["modified_at"],
        "id": customer["id"],
        "email": customer["email"],
        "email_verified": customer["email_verified"],
        "name": customer["name"],
        "billing_name": customer["billing_name"],
        "billing_address": customer["billing_address"],
        "tax_id": customer["tax_id"],
        "oauth_accounts": {},
        "default_payment_method_id": null,
        "type": customer["type"],
        "locale": customer["locale"],
    })
}

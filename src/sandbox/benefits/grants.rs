//! Grants: which customer has which benefit, from which subscription or order.

use axum::response::Response;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::Benefit;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call};
use crate::sandbox::members;
use crate::sandbox::record::{self, Record, listed_records};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Validator;

/// A grant's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) id: Uuid,
    pub(crate) granted_at: Option<String>,
    pub(crate) is_granted: bool,
    pub(crate) revoked_at: Option<String>,
    pub(crate) is_revoked: bool,
    pub(crate) subscription_id: Option<Uuid>,
    pub(crate) order_id: Option<Uuid>,
    pub(crate) customer_id: Uuid,
    pub(crate) member_id: Option<Uuid>,
    pub(crate) benefit_id: Uuid,
    pub(crate) error: Option<Value>,
    pub(crate) properties: Map<String, Value>,
}

impl Record for Grant {
    const TABLE: &'static str = "benefit_grant";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        shown["customer"] = customers::shown(connection, self.customer_id)?;
        shown["member"] = match self.member_id {
            Some(member) => members::shown(connection, member)?,
            None => Value::Null,
        };
        shown["benefit"] = json!(record::find::<Benefit>(connection, self.benefit_id)?);
        shown["user_id"] = json!(self.customer_id);
        Ok(shown)
    }
}

/// `GET /v1/benefit-grants/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let customers = call.query.ids(&mut validator, "customer_id");
    let granted = call.query.flag(&mut validator, "is_granted");
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    let mut select = Select::new("benefit_grant", "1");
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    if let Some(granted) = granted {
        select.and("granted = ?", [i64::from(granted)]);
    }
    listed_records::<Grant>(&call, &select, "ORDER BY seq DESC", page)
}

/// `GET /v1/benefits/{id}/grants`, newest first, whatever `sorting` says (measured).
pub(crate) async fn list_of_benefit(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let granted = call.query.flag(&mut validator, "is_granted");
    let customers = call.query.ids(&mut validator, "customer_id");
    let members = call.query.ids(&mut validator, "member_id");
    let page = call.query.page(&mut validator);
    let (id, page) = validator.finish(id.zip(page))?;
    call.app.store.read(|connection| record::expect::<Benefit>(connection, id))?;
    let mut select = Select::new("benefit_grant", "1");
    select.and("benefit = ?", [id.to_string()]);
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    select.and_among("doc ->> 'member_id' IN (#)", members.iter().map(ToString::to_string));
    if let Some(granted) = granted {
        select.and("granted = ?", [i64::from(granted)]);
    }
    listed_records::<Grant>(&call, &select, "ORDER BY seq DESC", page)
}

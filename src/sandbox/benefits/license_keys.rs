//! Licence keys, which come with a grant.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::grants::Grant;
use super::model::Benefit;
use crate::sandbox::clock::iso;
use crate::sandbox::customers::{self, user};
use crate::sandbox::http::{ApiError, Call, empty, json_value};
use crate::sandbox::record::{self, Record, listed_records};
use crate::sandbox::store::Select;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Validator, any_uuid, between, metadata, string, uuid4};

/// A licence key's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LicenseKey {
    id: Uuid,
    created_at: String,
    modified_at: Option<String>,
    organization_id: Uuid,
    user_id: Uuid,
    customer_id: Uuid,
    benefit_id: Uuid,
    key: String,
    display_key: String,
    status: String,
    limit_activations: Option<i64>,
    usage: i64,
    limit_usage: Option<i64>,
    validations: i64,
    last_validated_at: Option<String>,
    /// Null whatever the benefit says about it (measured).
    expires_at: Option<String>,
    activations: Vec<Activation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Activation {
    id: Uuid,
    license_key_id: Uuid,
    label: String,
    meta: Map<String, Value>,
    created_at: String,
    modified_at: Option<String>,
}

impl Record for LicenseKey {
    const TABLE: &'static str = "license_key";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        let customer = customers::shown(connection, self.customer_id)?;
        let mut user = user(&customer);
        if let Value::Object(user) = &mut user {
            user.shift_remove("github_username");
        }
        shown["user"] = user;
        shown["customer"] = customer;
        Ok(shown)
    }
}

impl LicenseKey {
    /// Without its activations.
    fn alone(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = self.render(connection)?;
        if let Value::Object(shown) = &mut shown {
            shown.shift_remove("activations");
        }
        Ok(shown)
    }

    fn activation(&self, id: Uuid) -> Result<usize, ApiError> {
        self.activations.iter().position(|known| known.id == id).ok_or(ApiError::MISSING)
    }
}

/// Makes the key of a new grant, or lets the one of an old grant work again.
pub(super) fn give(
    tx: &Transaction<'_>,
    grant: &mut Grant,
    benefit: &Benefit,
) -> Result<(), ApiError> {
    if set_status(tx, grant, "granted")? {
        return Ok(());
    }
    let prefix = benefit.properties.get("prefix").and_then(Value::as_str);
    let key = Uuid::new_v4().to_string().to_uppercase();
    let display_key = format!("****-{}", &key[key.len() - 6..]);
    let key = prefix.map_or_else(|| key.clone(), |prefix| format!("{prefix}-{key}"));
    let activations = benefit.properties.get("activations");
    let license_key = LicenseKey {
        id: Uuid::new_v4(),
        created_at: iso(tx.now),
        modified_at: None,
        organization_id: benefit.organization_id,
        user_id: grant.customer_id,
        customer_id: grant.customer_id,
        benefit_id: benefit.id,
        key,
        display_key,
        status: "granted".to_owned(),
        limit_activations: activations.and_then(|limits| limits.get("limit")?.as_i64()),
        usage: 0,
        limit_usage: benefit.properties.get("limit_usage").and_then(Value::as_i64),
        validations: 0,
        last_validated_at: None,
        expires_at: None,
        activations: Vec::new(),
    };
    record::save(tx, &license_key)?;
    grant.properties.insert("license_key_id".to_owned(), json!(license_key.id));
    grant.properties.insert("display_key".to_owned(), json!(license_key.display_key));
    Ok(())
}

/// The key of a revoked grant works no more.
pub(super) fn revoke(tx: &Transaction<'_>, grant: &Grant) -> Result<(), ApiError> {
    set_status(tx, grant, "revoked").map(drop)
}

fn set_status(tx: &Transaction<'_>, grant: &Grant, status: &str) -> Result<bool, ApiError> {
    let id = grant.properties.get("license_key_id").and_then(Value::as_str);
    let Some(id) = id.and_then(|id| id.parse::<Uuid>().ok()) else { return Ok(false) };
    let Some(mut key) = record::find::<LicenseKey>(tx, id)? else { return Ok(false) };
    status.clone_into(&mut key.status);
    key.modified_at = Some(iso(tx.now));
    record::save(tx, &key)?;
    Ok(true)
}

/// `GET /v1/license-keys/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let benefits = call.query.ids(&mut validator, "benefit_id");
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    let mut select = Select::new("license_key", "1");
    let benefits = benefits.iter().map(ToString::to_string);
    select.and_among("doc ->> 'benefit_id' IN (#)", benefits);
    listed_records::<LicenseKey>(&call, &select, "ORDER BY seq DESC", page)
}

/// `GET /v1/license-keys/{id}`
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    record::get::<LicenseKey>(call).await
}

/// What is asked about a key.
struct KeyBody {
    key: String,
    organization_id: Uuid,
    label: Option<String>,
    activation_id: Option<Uuid>,
    increment_usage: Option<i64>,
    meta: Map<String, Value>,
}

impl KeyBody {
    fn read(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        let key = validator.required(map, "key", string);
        let organization_id = validator.required(map, "organization_id", uuid4);
        let label = validator.nullable(map, "label", string).value();
        let activation_id = validator.nullable(map, "activation_id", any_uuid).value();
        let increment = between(1, i64::from(i32::MAX));
        let increment_usage = validator.nullable(map, "increment_usage", increment).value();
        let meta = validator.optional(map, "meta", metadata).unwrap_or_default();
        Some(Self {
            key: key?,
            organization_id: organization_id?,
            label,
            activation_id,
            increment_usage,
            meta,
        })
    }

    fn find(&self, tx: &Transaction<'_>) -> Result<LicenseKey, ApiError> {
        let key: Option<LicenseKey> = record::first(tx, "key = ?", [&self.key])?;
        key.filter(|key| key.organization_id == self.organization_id && key.status == "granted")
            .ok_or(ApiError::MISSING)
    }
}

/// `POST /v1/license-keys/validate`
pub(crate) async fn validate(call: Call) -> Result<Response, ApiError> {
    let shown = with_key(call, |tx, body| {
        let mut key = body.find(tx)?;
        let activation = body.activation_id.map(|id| key.activation(id)).transpose()?;
        if let Some(increment) = body.increment_usage {
            if key.limit_usage.is_some_and(|limit| key.usage + increment > limit) {
                return Err(ApiError::named(
                    StatusCode::BAD_REQUEST,
                    "BadRequest",
                    "License key usage limit exceeded.",
                ));
            }
            key.usage += increment;
        }
        key.validations += 1;
        key.last_validated_at = Some(iso(tx.now));
        record::save(tx, &key)?;
        let mut shown = key.alone(tx)?;
        shown["activation"] = json!(activation.map(|index| &key.activations[index]));
        Ok(shown)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// `POST /v1/license-keys/activate`
pub(crate) async fn activate(call: Call) -> Result<Response, ApiError> {
    let shown = with_key(call, |tx, body| {
        let mut key = body.find(tx)?;
        let Some(limit) = key.limit_activations else {
            return Err(ApiError::NotPermitted("This license key does not support activations."));
        };
        if i64::try_from(key.activations.len()).unwrap_or(i64::MAX) >= limit {
            let detail = "License key activation limit already reached.";
            return Err(ApiError::NotPermitted(detail));
        }
        let activation = Activation {
            id: Uuid::new_v4(),
            license_key_id: key.id,
            label: body.label.unwrap_or_default(),
            meta: body.meta,
            created_at: iso(tx.now),
            modified_at: None,
        };
        let mut shown = json!(activation);
        key.activations.push(activation);
        record::save(tx, &key)?;
        shown["license_key"] = key.alone(tx)?;
        Ok(shown)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// `POST /v1/license-keys/deactivate`
pub(crate) async fn deactivate(call: Call) -> Result<Response, ApiError> {
    with_key(call, |tx, body| {
        let mut key = body.find(tx)?;
        let index = key.activation(body.activation_id.unwrap_or_default())?;
        key.activations.remove(index);
        record::save(tx, &key)
    })
    .await?;
    Ok(empty())
}

async fn with_key<T: Send + 'static>(
    call: Call,
    change: impl FnOnce(&Transaction<'_>, KeyBody) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, KeyBody::read);
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    call.app.change(now, move |tx| change(tx, body)).await
}

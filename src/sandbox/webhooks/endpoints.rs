//! Webhook endpoints.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::polar::EVENT_TYPES;
use crate::sandbox::App;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::organization_refused;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::{
    ApiError, Call, DEFAULT_VERSION, VERSIONS, created, empty, json_value, listed,
};
use crate::sandbox::store::Select;
use crate::sandbox::validate::{
    Given, Validator, boolean, choice, endpoint_url, list, string, uuid4,
};
use crate::secret::Secret;

/// The shortest secret that the real API takes, in characters.
pub const SHORTEST_SECRET: usize = 32;
const FORMATS: [&str; 3] = ["raw", "discord", "slack"];

/// An endpoint, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Endpoint {
    created_at: String,
    modified_at: Option<String>,
    id: Uuid,
    url: String,
    name: Option<String>,
    format: String,
    secret: String,
    organization_id: Uuid,
    events: Vec<String>,
    enabled: bool,
    /// The version of its payloads, where the client who made it named one.
    api_version: Option<String>,
    uses_standard_webhook_signature: bool,
}

impl Endpoint {
    /// As the API shows it; two fields are newer than the recordings, see `http::later`.
    fn shown(&self, version: Option<&String>) -> Value {
        let mut shown = json!(self);
        if let Value::Object(fields) = &mut shown {
            if version.is_none() {
                fields.retain(|key, _| key != "api_version" && !key.starts_with("uses_standard"));
            } else if self.api_version.is_none() {
                fields.insert("api_version".to_owned(), json!(DEFAULT_VERSION));
            }
        }
        shown
    }
}

/// What a body says; creating needs the first three.
struct EndpointBody {
    url: Option<String>,
    format: Option<&'static str>,
    events: Option<Vec<String>>,
    name: Given<String>,
    secret: Option<String>,
    enabled: Option<bool>,
    api_version: Option<String>,
    organization_id: Option<Value>,
}

impl EndpointBody {
    /// A change that names nothing, which is none: the endpoint's `modified_at` stays too.
    fn is_empty(&self) -> bool {
        let named = self.name != Given::Absent && self.name != Given::Null;
        self.url.is_none()
            && self.format.is_none()
            && self.events.is_none()
            && self.secret.is_none()
            && self.enabled.is_none()
            && self.api_version.is_none()
            && !named
    }
}

/// `POST /v1/webhooks/endpoints`
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let https_only = call.app.faults.armed(Fault::HttpsOnly).is_some();
    let wanted =
        call.read_body(&mut validator, |validator, value| read(validator, value, https_only, true));
    let wanted = validator.finish(wanted)?;
    if let Some(organization) = wanted.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(organization)]));
    }
    let app = call.app;
    // A secret that the caller chose signs the legacy way, and so do generated ones if asked to.
    let standard = wanted.secret.is_none() && !app.legacy_secrets;
    let endpoint = Endpoint {
        created_at: iso(app.clock.now()),
        modified_at: None,
        id: Uuid::new_v4(),
        url: wanted.url.unwrap_or_default(),
        name: wanted.name.value(),
        format: wanted.format.unwrap_or_default().to_owned(),
        secret: wanted.secret.unwrap_or_else(generate_secret),
        organization_id: app.organization.id,
        events: wanted.events.unwrap_or_default(),
        enabled: true,
        api_version: wanted.api_version.or(call.version.clone()),
        uses_standard_webhook_signature: standard,
    };
    let response = created(&endpoint.shown(call.version.as_ref()));
    app.store.write(move |connection| insert(connection, &endpoint, standard)).await?;
    app.recount_endpoints()?;
    Ok(response)
}

fn insert(connection: &Connection, endpoint: &Endpoint, standard: bool) -> Result<(), ApiError> {
    connection
        .prepare_cached(
            "INSERT INTO endpoint (id, url, events, secret, standard, doc)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            endpoint.id.as_bytes().as_slice(),
            endpoint.url,
            json!(endpoint.events).to_string(),
            endpoint.secret,
            standard,
            serde_json::to_string(endpoint)?,
        ])?;
    Ok(())
}

/// An endpoint that is there from the start.
#[derive(Debug, Clone)]
pub struct OwnEndpoint {
    /// Where webhooks go to.
    pub url: String,
    /// What the receiver verifies with; signs the legacy way, as a secret that a caller chose.
    pub secret: Secret,
    /// The event types that are sent.
    pub events: Vec<String>,
}

/// Makes an endpoint, or changes the one with its URL that a file has kept.
pub(crate) async fn provide(app: &App, wanted: OwnEndpoint) -> Result<(), ApiError> {
    let OwnEndpoint { url, secret, events } = wanted;
    app.journal.hide(secret.expose());
    let now = iso(app.clock.now());
    let organization_id = app.organization.id;
    // The app reads payloads with a client of today.
    let version = Some(DEFAULT_VERSION.to_owned());
    app.store
        .write(move |connection| {
            let known: Option<String> = connection
                .prepare_cached("SELECT doc FROM endpoint WHERE url = ? AND deleted = 0")?
                .query_row([&url], |row| row.get(0))
                .optional()?;
            let secret = secret.expose().to_owned();
            if let Some(known) = known {
                let known: Endpoint = serde_json::from_str(&known)?;
                let modified_at = Some(now);
                let api_version = known.api_version.or(version);
                let (enabled, uses_standard_webhook_signature) = (true, false);
                let endpoint = Endpoint {
                    modified_at,
                    secret,
                    events,
                    enabled,
                    api_version,
                    uses_standard_webhook_signature,
                    ..known
                };
                return save(connection, &endpoint, Some(false));
            }
            let endpoint = Endpoint {
                created_at: now,
                modified_at: None,
                id: Uuid::new_v4(),
                url,
                name: None,
                format: FORMATS[0].to_owned(),
                secret,
                organization_id,
                events,
                enabled: true,
                api_version: version,
                uses_standard_webhook_signature: false,
            };
            insert(connection, &endpoint, false)
        })
        .await
}

/// `GET /v1/webhooks/endpoints`
pub(crate) async fn list_endpoints(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let organizations = call.query.ids(&mut validator, "organization_id");
    let page = validator.finish(page)?;
    let mut select = Select::new("endpoint", "deleted = 0");
    if !organizations.is_empty() && !organizations.contains(&call.app.organization.id) {
        select.nothing();
    }
    let (items, total) = call.app.store.read(|connection| {
        let rows = select.rows(connection, "doc", "ORDER BY seq DESC", page.bounds(), |row| {
            row.get::<_, String>(0)
        })?;
        Ok::<_, ApiError>((rows, select.count(connection)?))
    })?;
    let items = items
        .iter()
        .map(|doc| Ok(serde_json::from_str::<Endpoint>(doc)?.shown(call.version.as_ref())))
        .collect::<Result<Vec<_>, ApiError>>()?;
    Ok(listed(&items, total, page))
}

/// `GET /v1/webhooks/endpoints/{id}`
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    one(&call, id)
}

fn one(call: &Call, id: Uuid) -> Result<Response, ApiError> {
    let doc = call.app.store.read(|connection| document(connection, id))?;
    let endpoint: Endpoint = serde_json::from_str(&doc)?;
    Ok(json_value(StatusCode::OK, &endpoint.shown(call.version.as_ref())))
}

/// `PATCH /v1/webhooks/endpoints/{id}`: what is null or left out stays as it is.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let https_only = call.app.faults.armed(Fault::HttpsOnly).is_some();
    let id = call.id(&mut validator, "id");
    let wanted = call
        .read_body(&mut validator, |validator, value| read(validator, value, https_only, false));
    let (id, wanted) = validator.finish(id.zip(wanted))?;
    if wanted.is_empty() {
        return one(&call, id);
    }
    change(&call, id, move |endpoint| {
        let chosen = wanted.secret.is_some();
        endpoint.url = wanted.url.unwrap_or(std::mem::take(&mut endpoint.url));
        endpoint.name = wanted.name.value().or(endpoint.name.take());
        endpoint.format =
            wanted.format.map_or_else(|| std::mem::take(&mut endpoint.format), str::to_owned);
        endpoint.events = wanted.events.unwrap_or(std::mem::take(&mut endpoint.events));
        endpoint.secret = wanted.secret.unwrap_or(std::mem::take(&mut endpoint.secret));
        endpoint.enabled = wanted.enabled.unwrap_or(endpoint.enabled);
        endpoint.api_version = wanted.api_version.or(endpoint.api_version.take());
        chosen.then_some(false)
    })
    .await
}

/// `PATCH /v1/webhooks/endpoints/{id}/secret`
pub(crate) async fn reset_secret(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let standard = !call.app.legacy_secrets;
    change(&call, id, move |endpoint| {
        endpoint.secret = generate_secret();
        Some(standard)
    })
    .await
}

/// `DELETE /v1/webhooks/endpoints/{id}`. What is pending is still sent, on the real API too.
pub(crate) async fn delete(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let app = call.app;
    app.store
        .write(move |connection| {
            let deleted = connection
                .prepare_cached("UPDATE endpoint SET deleted = 1 WHERE id = ? AND deleted = 0")?
                .execute([id.as_bytes().as_slice()])?;
            if deleted == 0 { Err(ApiError::MISSING) } else { Ok(()) }
        })
        .await?;
    app.recount_endpoints()?;
    Ok(empty())
}

/// How many endpoints may get something.
pub(crate) fn count_enabled(connection: &Connection) -> Result<u32, ApiError> {
    let sql = "SELECT count(*) FROM endpoint WHERE deleted = 0 AND enabled = 1";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Disables an endpoint that failed too often, and skips what is pending for it.
pub(super) fn disable(connection: &Connection, id: Uuid, now: Micros) -> Result<(), ApiError> {
    let id = id.as_bytes().as_slice();
    let doc: String = connection
        .prepare_cached("SELECT doc FROM endpoint WHERE id = ?")?
        .query_row([id], |row| row.get(0))?;
    let mut endpoint: Endpoint = serde_json::from_str(&doc)?;
    endpoint.enabled = false;
    endpoint.modified_at = Some(iso(now));
    save(connection, &endpoint, None)?;
    connection
        .prepare_cached(
            "UPDATE webhook SET skipped = 1, pending = 0, modified_at = ?
             WHERE endpoint = ? AND pending = 1",
        )?
        .execute(params![now, id])?;
    Ok(())
}

async fn change(
    call: &Call,
    id: Uuid,
    change: impl FnOnce(&mut Endpoint) -> Option<bool> + Send + 'static,
) -> Result<Response, ApiError> {
    let app = &call.app;
    let now = app.clock.now();
    let endpoint = app
        .store
        .write(move |connection| {
            let mut endpoint: Endpoint = serde_json::from_str(&document(connection, id)?)?;
            let standard = change(&mut endpoint);
            endpoint.uses_standard_webhook_signature =
                standard.unwrap_or(endpoint.uses_standard_webhook_signature);
            endpoint.modified_at = Some(iso(now));
            save(connection, &endpoint, standard)?;
            Ok::<_, ApiError>(endpoint)
        })
        .await?;
    app.recount_endpoints()?;
    Ok(json_value(StatusCode::OK, &endpoint.shown(call.version.as_ref())))
}

fn document(connection: &Connection, id: Uuid) -> Result<String, ApiError> {
    connection
        .prepare_cached("SELECT doc FROM endpoint WHERE id = ? AND deleted = 0")?
        .query_row([id.as_bytes().as_slice()], |row| row.get(0))
        .optional()?
        .ok_or(ApiError::MISSING)
}

/// Writes a changed endpoint back; `standard` only where the secret is another one.
fn save(
    connection: &Connection,
    endpoint: &Endpoint,
    standard: Option<bool>,
) -> Result<(), ApiError> {
    connection
        .prepare_cached(
            "UPDATE endpoint SET url = ?, events = ?, secret = ?,
             standard = coalesce(?, standard), enabled = ?,
             failures = CASE WHEN ?5 > enabled THEN 0 ELSE failures END, doc = ? WHERE id = ?",
        )?
        .execute(params![
            endpoint.url,
            json!(endpoint.events).to_string(),
            endpoint.secret,
            standard,
            endpoint.enabled,
            serde_json::to_string(endpoint)?,
            endpoint.id.as_bytes().as_slice(),
        ])?;
    Ok(())
}

/// Letters and digits only, so that it survives a double click; 33 bytes need no padding.
fn generate_secret() -> String {
    loop {
        let mut bytes = Vec::with_capacity(48);
        for _ in 0..3 {
            bytes.extend_from_slice(Uuid::new_v4().as_bytes());
        }
        // Two bytes of each id are partly fixed; those are left out.
        let random: Vec<u8> = bytes
            .into_iter()
            .enumerate()
            .filter(|(index, _)| !matches!(index % 16, 6 | 8))
            .map(|(_, byte)| byte)
            .collect();
        let encoded = STANDARD_NO_PAD.encode(&random[..33]);
        if encoded.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return format!("whsec_{encoded}");
        }
    }
}

/// The fields in the order in which the real schema declares them.
fn read(
    validator: &mut Validator,
    value: &Value,
    https_only: bool,
    creating: bool,
) -> Option<EndpointBody> {
    let map = validator.object(value)?;
    let url = |validator: &mut Validator, value: &Value| endpoint_url(validator, value, https_only);
    let format = |validator: &mut Validator, value: &Value| choice(validator, value, &FORMATS);
    let url = if creating {
        validator.required(map, "url", url)
    } else {
        validator.nullable(map, "url", url).value()
    };
    let name = validator.nullable(map, "name", string);
    let secret = validator.nullable(map, "secret", secret).value();
    let (format, events) = if creating {
        (validator.required(map, "format", format), validator.required(map, "events", events))
    } else {
        (
            validator.nullable(map, "format", format).value(),
            validator.nullable(map, "events", events).value(),
        )
    };
    let enabled =
        if creating { Given::Absent } else { validator.nullable(map, "enabled", boolean) };
    let version = |v: &mut Validator, value: &Value| choice(v, value, &VERSIONS);
    let api_version = validator.nullable(map, "api_version", version).value();
    let api_version = api_version.map(str::to_owned);
    let organization_id =
        if creating { validator.nullable(map, "organization_id", uuid4).value() } else { None };
    let organization_id = organization_id.map(|id| json!(id));
    Some(EndpointBody {
        url,
        format,
        events,
        name,
        secret,
        enabled: enabled.value(),
        api_version,
        organization_id,
    })
}

fn secret(validator: &mut Validator, value: &Value) -> Option<String> {
    let secret = string(validator, value)?;
    if secret.chars().count() < SHORTEST_SECRET {
        let msg = format!("String should have at least {SHORTEST_SECRET} characters");
        return validator.flaw_with(
            "string_too_short",
            msg,
            value,
            json!({"min_length": SHORTEST_SECRET}),
        );
    }
    Some(secret)
}

fn events(validator: &mut Validator, value: &Value) -> Option<Vec<String>> {
    list(validator, value, |v, item| choice(v, item, &EVENT_TYPES).map(str::to_owned))
}

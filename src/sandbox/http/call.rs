//! One request on its way to a handler.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value, json};
use uuid::Uuid;

use super::api_error::ApiError;
use super::auth::{Caller, SESSION, Scope, bearer, caller};
use super::front::{LARGEST_BODY, VERSION};
use crate::sandbox::App;
use crate::sandbox::validate::{
    Flaw, Place, PythonJson, Query, Validator, any_uuid, python_json, uuid4,
};

/// What a handler gets.
pub(crate) struct Call {
    /// Everything that requests share.
    pub(crate) app: Arc<App>,
    /// The query.
    pub(crate) query: Query,
    /// The body.
    pub(crate) body: JsonBody,
    /// The version of the API that the request names.
    pub(crate) version: Option<String>,
    /// The token of a customer's session, where the request comes with one.
    pub(crate) session: Option<String>,
    id: Option<Uuid>,
    path: Vec<(String, String)>,
}

/// Marks a request of the sandbox's own, which needs no token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Internal {
    /// The id of what it makes.
    pub(crate) id: Option<Uuid>,
}

/// A body as FastAPI reads it.
#[derive(Debug)]
pub(crate) enum JsonBody {
    /// Nothing, or `null`, which is the same to it.
    Missing,
    /// A value. A body that is not declared as JSON is one text.
    Value(PythonJson),
}

impl Call {
    /// The id of what this request makes.
    pub(crate) fn new_id(&self) -> Uuid {
        self.id.unwrap_or_else(Uuid::new_v4)
    }

    /// A part of the path as text.
    pub(crate) fn segment(&self, name: &str) -> String {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    /// A part of the path as an id.
    pub(crate) fn id(&self, validator: &mut Validator, name: &str) -> Option<Uuid> {
        let value = Value::String(self.segment(name));
        validator.at("path", |validator| validator.at(name, |validator| uuid4(validator, &value)))
    }

    /// A part of the path as an id of any version.
    pub(crate) fn any_id(&self, validator: &mut Validator, name: &str) -> Option<Uuid> {
        let value = Value::String(self.segment(name));
        validator
            .at("path", |validator| validator.at(name, |validator| any_uuid(validator, &value)))
    }

    /// The only thing a request says is an id in its path.
    pub(crate) fn only_id(&self, name: &str) -> Result<Uuid, ApiError> {
        let mut validator = Validator::default();
        let id = self.id(&mut validator, name);
        validator.finish(id).map_err(ApiError::Schema)
    }

    /// Reads the body; one has to be there.
    pub(crate) fn read_body<T>(
        &self,
        validator: &mut Validator,
        read: impl FnOnce(&mut Validator, &Value) -> Option<T>,
    ) -> Option<T> {
        validator.at("body", |validator| match &self.body {
            JsonBody::Missing => validator.flaw("missing", "Field required", &Value::Null),
            JsonBody::Value(body) => {
                validator.stands_in(body.stand_in);
                read(validator, &body.value)
            }
        })
    }
}

/// Refuses what the database would not survive.
pub(crate) fn without_nul(text: &str) -> Result<(), ApiError> {
    if text.contains('\0') { Err(ApiError::nul()) } else { Ok(()) }
}

/// Routes `method` to a handler, behind authentication.
pub(super) fn route<H, F>(
    method: MethodFilter,
    scope: Scope,
    has_body: bool,
    handler: H,
) -> MethodRouter<Arc<App>>
where
    H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, ApiError>> + Send,
{
    on(
        method,
        move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| async move {
            let path =
                params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            match prepare(app, path, request, scope, has_body).await {
                Ok(call) => handler(call).await.unwrap_or_else(ApiError::into_response),
                Err(problem) => problem.into_response(),
            }
        },
    )
}

async fn prepare(
    app: Arc<App>,
    path: Vec<(String, String)>,
    request: Request,
    scope: Scope,
    has_body: bool,
) -> Result<Call, ApiError> {
    let (parts, body) = request.into_parts();
    let internal = parts.extensions.get::<Internal>();
    let caller = match internal {
        Some(_) => Caller::Known(None),
        None => caller(&app.tokens, &parts.headers)?,
    };
    // FastAPI parses the body before it looks at anything else, where the route has one.
    let body = if has_body { read_json(&parts.headers, body).await? } else { JsonBody::Missing };
    caller.may(scope)?;
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let session = bearer(&parts.headers).filter(|token| token.starts_with(SESSION));
    let session = session.map(str::to_owned);
    let version = parts.headers.get(VERSION).and_then(|version| version.to_str().ok());
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    let id = internal.and_then(|internal| internal.id);
    Ok(Call { app, query, body, version, session, id, path })
}

async fn read_json(headers: &HeaderMap, body: Body) -> Result<JsonBody, ApiError> {
    let bytes = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| ApiError::TooLarge)?;
    if bytes.is_empty() {
        return Ok(JsonBody::Missing);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| ApiError::UnreadableBody)?;
    // Python's parser passes over a byte order mark.
    let text = text.strip_prefix('\u{feff}').filter(|_| is_json(headers)).unwrap_or(text);
    if !is_json(headers) {
        return Ok(JsonBody::Value(Value::String(text.to_owned()).into()));
    }
    match python_json(text) {
        Ok(body) if body.value.is_null() => Ok(JsonBody::Missing),
        Ok(body) => Ok(JsonBody::Value(body)),
        Err(error) => Err(malformed(text, &error)),
    }
}

/// Too much nesting has another answer than broken JSON, as on the real API.
fn malformed(text: &str, error: &serde_json::Error) -> ApiError {
    if error.to_string().starts_with("recursion limit exceeded") {
        return ApiError::UnreadableBody;
    }
    let line_start: usize = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    // A column is that of the character that cannot be read, counted from 1; at the end, the last.
    let at = line_start + error.column().saturating_sub(usize::from(!error.is_eof()));
    let at = text.get(..at).unwrap_or(text).chars().count();
    ApiError::Schema(vec![Flaw {
        kind: "json_invalid",
        loc: vec!["body".into(), Place::Index(at)],
        msg: "JSON decode error".to_owned(),
        input: json!({}),
        ctx: Some(json!({"error": error.to_string()})),
    }])
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

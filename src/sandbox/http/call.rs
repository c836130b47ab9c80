//! One request on its way to a handler.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value, json};
use uuid::Uuid;

use super::auth::{Scope, caller};
use super::front::LARGEST_BODY;
use super::problem::Problem;
use crate::sandbox::App;
use crate::sandbox::validate::{
    Flaw, Place, PythonJson, Query, Reader, any_uuid, python_json, syntax_error, uuid4,
};

/// What a handler gets.
pub(crate) struct Call {
    /// Everything that requests share.
    pub(crate) app: Arc<App>,
    /// The query.
    pub(crate) query: Query,
    /// The body.
    pub(crate) body: JsonBody,
    path: Vec<(String, String)>,
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
    /// A part of the path as text.
    pub(crate) fn segment(&self, name: &str) -> String {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    /// A part of the path as an id.
    pub(crate) fn id(&self, reader: &mut Reader, name: &str) -> Option<Uuid> {
        let value = Value::String(self.segment(name));
        reader.at("path", |reader| reader.at(name, |reader| uuid4(reader, &value)))
    }

    /// A part of the path as an id of any version.
    pub(crate) fn any_id(&self, reader: &mut Reader, name: &str) -> Option<Uuid> {
        let value = Value::String(self.segment(name));
        reader.at("path", |reader| reader.at(name, |reader| any_uuid(reader, &value)))
    }

    /// The only thing a request says is an id in its path.
    pub(crate) fn only_id(&self, name: &str) -> Result<Uuid, Problem> {
        let mut reader = Reader::default();
        let id = self.id(&mut reader, name);
        reader.finish(id).map_err(Problem::Schema)
    }

    /// Reads the body; one has to be there.
    pub(crate) fn read_body<T>(
        &self,
        reader: &mut Reader,
        read: impl FnOnce(&mut Reader, &Value) -> Option<T>,
    ) -> Option<T> {
        reader.at("body", |reader| match &self.body {
            JsonBody::Missing => reader.flaw("missing", "Field required", &Value::Null),
            JsonBody::Value(body) => {
                reader.stands_in(body.stand_in);
                read(reader, &body.value)
            }
        })
    }
}

/// Refuses what the database would not survive.
pub(crate) fn without_nul(text: &str) -> Result<(), Problem> {
    if text.contains('\0') { Err(Problem::nul()) } else { Ok(()) }
}

/// Routes `method` to a handler, behind authentication.
pub(crate) fn api<H, F>(method: MethodFilter, scope: Scope, handler: H) -> MethodRouter<Arc<App>>
where
    H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    route(method, scope, true, handler)
}

/// The same for a POST or PATCH that says all in its path: what else is sent is not even read.
pub(crate) fn api_without_body<H, F>(
    method: MethodFilter,
    scope: Scope,
    handler: H,
) -> MethodRouter<Arc<App>>
where
    H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    route(method, scope, false, handler)
}

fn route<H, F>(
    method: MethodFilter,
    scope: Scope,
    has_body: bool,
    handler: H,
) -> MethodRouter<Arc<App>>
where
    H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send,
{
    on(
        method,
        move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| async move {
            let path =
                params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            match prepare(app, path, request, scope, has_body).await {
                Ok(call) => handler(call).await.unwrap_or_else(Problem::into_response),
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
) -> Result<Call, Problem> {
    let (parts, body) = request.into_parts();
    let caller = caller(&app.tokens, &parts.headers)?;
    // FastAPI parses the body before it looks at anything else, where the route has one.
    let body = if has_body && (parts.method == Method::POST || parts.method == Method::PATCH) {
        read_json(&parts.headers, body).await?
    } else {
        JsonBody::Missing
    };
    caller.may(scope)?;
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    Ok(Call { app, query, body, path })
}

async fn read_json(headers: &HeaderMap, body: Body) -> Result<JsonBody, Problem> {
    let bytes = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| Problem::TooLarge)?;
    if bytes.is_empty() {
        return Ok(JsonBody::Missing);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::UnreadableBody)?;
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

/// Python gives up on nesting too, though later than we do; that is another answer than broken JSON.
fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    if error.to_string().starts_with("recursion limit exceeded") {
        return Problem::UnreadableBody;
    }
    let Some((at, reason)) = syntax_error(text) else {
        return Problem::Internal(error.to_string());
    };
    Problem::Schema(vec![Flaw {
        kind: "json_invalid",
        loc: vec!["body".into(), Place::Index(at)],
        msg: "JSON decode error".to_owned(),
        input: json!({}),
        ctx: Some(json!({"error": reason})),
    }])
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

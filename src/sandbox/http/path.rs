//! A path with its methods.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::HOST;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any};

use super::auth::Scope;
use super::call::{Call, route};
use super::{ApiError, passed_on};
use crate::sandbox::App;

/// A path in the making.
pub(crate) struct Path {
    route: &'static str,
    methods: MethodRouter<Arc<App>>,
    allowed: Option<&'static str>,
}

/// A path without methods.
pub(crate) fn path(path: &'static str) -> Path {
    Path { route: path, methods: MethodRouter::new(), allowed: None }
}

impl Path {
    pub(crate) fn get<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("GET", route(MethodFilter::GET, scope, false, handler))
    }

    pub(crate) fn post<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("POST", route(MethodFilter::POST, scope, true, handler))
    }

    pub(crate) fn patch<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("PATCH", route(MethodFilter::PATCH, scope, true, handler))
    }

    pub(crate) fn delete<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("DELETE", route(MethodFilter::DELETE, scope, false, handler))
    }

    /// A POST that says all in its path: its body is not even read.
    pub(crate) fn post_without_body<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("POST", route(MethodFilter::POST, scope, false, handler))
    }

    /// A PATCH that says all in its path: its body is not even read.
    pub(crate) fn patch_without_body<H, F>(self, scope: Scope, handler: H) -> Self
    where
        H: FnOnce(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, ApiError>> + Send,
    {
        self.with("PATCH", route(MethodFilter::PATCH, scope, false, handler))
    }

    fn with(mut self, method: &'static str, handler: MethodRouter<Arc<App>>) -> Self {
        self.allowed.get_or_insert(method);
        self.methods = self.methods.merge(handler);
        self
    }

    /// Adds the path, and its other spelling with a redirect to this one. A refused method is told
    /// the first that is there (FastAPI has a route for each), and HEAD is refused everywhere.
    pub(crate) fn add_to(self, router: Router<Arc<App>>) -> Router<Arc<App>> {
        let allowed = HeaderValue::from_static(self.allowed.unwrap_or_default());
        let refuse = move || async move { ApiError::NoMethod(allowed).into_response() };
        let methods = self.methods.fallback(refuse.clone()).head(refuse);
        router.route(self.route, methods).route(&respelled(self.route), any(redirect))
    }
}

/// A path with its last slash taken off, or added.
fn respelled(path: &str) -> String {
    path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)
}

async fn redirect(request: Request) -> Response {
    let path = respelled(request.uri().path());
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let host =
        request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    passed_on(&format!("http://{host}{path}{query}"))
}

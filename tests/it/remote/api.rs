//! What answers at the end of a tunnel: the sandbox, with its answers bent where a test says so.

use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rustls::{ClientConfig, RootCertStore};

/// What is answered in place of the sandbox, if anything; gets the number of the request, from 0.
type Instead = Box<dyn Fn(usize, &Parts) -> Option<Act> + Send + Sync>;

/// What becomes of a request.
pub enum Act {
    /// It is answered like this.
    Reply(Response),
    /// It is never answered.
    Hang,
}

/// How the API differs from the sandbox. The default does not.
#[derive(Default)]
pub struct Behaviour {
    /// Its answers lack `x-polar-sandbox`.
    pub live: bool,
    /// It stands below this path.
    pub prefix: &'static str,
    /// What happens instead.
    pub instead: Option<Instead>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET /v1/customers/?limit=1`
    pub line: String,
    pub headers: HeaderMap,
}

pub struct Api {
    pub behaviour: Behaviour,
    pub sandbox: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    client: reqwest::Client,
}

impl Api {
    pub fn new(behaviour: Behaviour, sandbox: String) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let tls = tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        let client = reqwest::Client::builder().no_proxy().no_gzip().no_deflate();
        let client = client
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls)
            .build()
            .unwrap();
        Self { behaviour, sandbox, seen: Arc::default(), client }
    }

    /// Answers one request.
    pub async fn answer(self: Arc<Self>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Seen {
                line: format!("{} {}", parts.method, parts.uri),
                headers: parts.headers.clone(),
            });
            seen.len() - 1
        };
        match self.behaviour.instead.as_ref().and_then(|instead| instead(number, &parts)) {
            Some(Act::Reply(response)) => response,
            Some(Act::Hang) => std::future::pending().await,
            None => self.forward(&parts, body).await,
        }
    }

    /// Asks the sandbox, which answers to the names of this machine only.
    async fn forward(&self, parts: &Parts, body: Body) -> Response {
        let path = parts.uri.path_and_query().unwrap().as_str();
        let Some(path) = path.strip_prefix(self.behaviour.prefix) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut headers = parts.headers.clone();
        headers.remove(header::HOST);
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let asked = self.client.request(parts.method.clone(), format!("{}{path}", self.sandbox));
        let answer = asked.headers(headers).body(body).send().await.unwrap();
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if !(self.behaviour.live && name == "x-polar-sandbox")
                && name != header::TRANSFER_ENCODING
            {
                response = response.header(name, value);
            }
        }
        let pieces = futures_util::stream::try_unfold(answer, |mut answer| async {
            let piece = answer.chunk().await?;
            Ok::<_, reqwest::Error>(piece.map(|piece| (piece, answer)))
        });
        response.body(Body::from_stream(pieces)).unwrap()
    }
}

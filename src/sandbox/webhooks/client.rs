//! The client that sends webhooks.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::sandbox::http::is_loopback_name;

/// What came back.
pub(super) struct Answer {
    /// The status; `None` without an answer.
    pub(super) status: Option<u16>,
    /// The body, or why there is none, in the words of the real API's HTTP client.
    pub(super) text: String,
}

/// What the real API's delivery log says about a name that does not resolve.
const NO_SUCH_HOST: &str = "[Errno -2] Name or service not known";

/// So much of an answer is read.
const LARGEST_ANSWER: usize = 16 * 1024;

/// Two clients, made when they are first needed: loopback has neither TLS roots nor a proxy.
#[derive(Default)]
pub(crate) struct Client {
    loopback: OnceLock<Option<reqwest::Client>>,
    outside: OnceLock<Option<reqwest::Client>>,
}

impl Client {
    /// Posts `body` and reads the answer. Redirects are not followed: they are failures.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
        timeout: Duration,
    ) -> Answer {
        let unreachable = |text: &str| Answer { status: None, text: text.to_owned() };
        let Ok(url) = Url::parse(url) else { return unreachable("the URL cannot be read") };
        // A name that never resolves (RFC 6761); asking a resolver that is not there takes seconds.
        if url.domain().is_some_and(|name| name == "invalid" || name.ends_with(".invalid")) {
            return unreachable(NO_SUCH_HOST);
        }
        let client = if url.host_str().is_some_and(is_loopback_name) {
            self.loopback.get_or_init(|| build(RootCertStore::empty(), true))
        } else {
            self.outside.get_or_init(|| build(roots(), false))
        };
        let Some(client) = client else { return unreachable("the HTTP client could not be made") };
        let mut request = client.post(url).timeout(timeout).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match request.send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                match text(response).await {
                    Ok(text) => Answer { status: Some(status), text },
                    Err(error) => unreachable(&reason(&error)),
                }
            }
            Err(error) => unreachable(&reason(&error)),
        }
    }
}

async fn text(mut response: reqwest::Response) -> reqwest::Result<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() >= LARGEST_ANSWER {
            body.truncate(LARGEST_ANSWER);
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Measured on the real API: what its delivery log says about endpoints that do not answer.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return String::new();
    }
    if !error.is_connect() {
        return "Server disconnected without sending a response.".to_owned();
    }
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(each) = cause {
        let text = each.to_string();
        if text.contains("dns error") || text.contains("lookup address") {
            return NO_SUCH_HOST.to_owned();
        }
        cause = each.source();
    }
    "All connection attempts failed".to_owned()
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    roots
}

fn build(roots: RootCertStore, loopback: bool) -> Option<reqwest::Client> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .http1_only()
        .tcp_nodelay(true);
    let builder = if loopback { builder.no_proxy() } else { builder };
    builder.build().ok()
}

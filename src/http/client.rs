//! Sending a request and reading its answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION,
    RETRY_AFTER, USER_AGENT,
};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::failure::MAX_BODY;
use super::limit::{RateLimit, RateLimitPolicy};
use super::pools::Pools;
use super::{BaseUrl, ExtraRoots, Failure, FailureKind, Request, Response, decode, json};

use crate::secret::{Redactor, Secret, may_name_a_secret};

/// The most header lines that an answer may have. Room for all of them is made for every answer.
const MAX_HEADERS: usize = 1_024;

/// How many redirects are followed: one for a missing slash, and a few for good measure.
const MAX_REDIRECTS: usize = 5;

/// What a name of this machine leads to; the port is the URL's.
const THIS_MACHINE: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
];

/// What a [`Client`] needs to know.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The API.
    pub base: BaseUrl,
    /// Sent as a bearer token with requests that want it.
    pub token: Option<Secret>,
    /// Sent with every request, redirects within the origin included.
    pub headers: HeaderMap,
    /// For one exchange, from the first byte sent to the last byte read.
    pub timeout: Duration,
    /// How a rate limit is waited for.
    pub policy: RateLimitPolicy,
    /// Who is trusted beside the built-in certificate authorities.
    pub roots: ExtraRoots,
}

impl ClientOptions {
    /// A client without credentials, with ten seconds for an exchange.
    #[must_use]
    pub fn new(base: BaseUrl) -> Self {
        Self {
            base,
            token: None,
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(10),
            policy: RateLimitPolicy::default(),
            roots: ExtraRoots::default(),
        }
    }
}

/// What a request is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To wait for a rate limit, for so long.
    Wait(Duration),
    /// To be sent.
    Attempt,
}

/// What this program calls itself.
const AGENT: &str = concat!("tieback/", env!("CARGO_PKG_VERSION"));

/// A client for one API. Clones share its connections and what it knows of the API's rate limit.
#[derive(Debug, Clone)]
pub struct Client {
    pools: Arc<Pools>,
    limit: Arc<RateLimit>,
    policy: RateLimitPolicy,
    base: BaseUrl,
    token: Option<HeaderValue>,
    /// What every request begins with.
    headers: HeaderMap,
    timeout: Duration,
    /// Held by the one request that may be under way, where there may only be one.
    turns: Option<Arc<Semaphore>>,
    /// Learns the secrets that are sent and answered.
    redactor: Redactor,
    /// Nothing is sent any more; every request fails like this.
    given_up: Option<Failure>,
}

impl Client {
    /// Makes a client. No connection is opened yet.
    pub fn new(options: ClientOptions) -> anyhow::Result<Self> {
        let tls = tls_config(&options)?;
        let base = options.base.clone();
        let pools = Arc::new(Pools::new(move || builder(&base, tls.clone()))?);
        let token = match &options.token {
            Some(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                    .map_err(|_| {
                        anyhow::anyhow!("the token holds characters that no HTTP header can carry")
                    })?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        let (limit, policy) = (Arc::default(), options.policy);
        let redactor = Redactor::default();
        let ClientOptions { base, timeout, .. } = options;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(decode::ACCEPTED));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let mut given = options.headers;
        for value in given.values_mut() {
            value.set_sensitive(true);
        }
        headers.extend(given);
        Ok(Self {
            pools,
            limit,
            policy,
            base,
            token,
            headers,
            timeout,
            turns: None,
            redactor,
            given_up: None,
        })
    }

    /// A client that tells `redactor` of the secrets that pass through it: credentials in headers,
    /// and what stands under the name of a secret in JSON, either way.
    #[must_use]
    pub fn telling(self, redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), ..self }
    }

    /// A client that sends nothing more: every request fails as one before it did, and was not
    /// done.
    #[must_use]
    pub fn given_up(self, failure: Failure) -> Self {
        Self { given_up: Some(Failure { maybe_done: false, ..failure }), ..self }
    }

    /// The same client, which sends one request at a time, all clones of it together. A stream that
    /// is read while it goes on does not count.
    #[must_use]
    pub fn one_at_a_time(self) -> Self {
        Self { turns: Some(Arc::new(Semaphore::new(1))), ..self }
    }

    /// The API this client talks to.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// For one exchange.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether there is a token to send, or another credential in its place.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some() || self.headers.contains_key(AUTHORIZATION)
    }

    /// The same client, whose requests wait for no rate limit once `stop` is cancelled.
    #[must_use]
    pub fn until(&self, stop: &CancellationToken) -> Self {
        let policy =
            RateLimitPolicy { until: stop.clone(), says_itself: None, ..self.policy.clone() };
        Self { policy, ..self.clone() }
    }

    /// The same client, for a clean-up: `says` hears of every wait for a rate limit and may say so
    /// itself, and none lasts once `hurry` is cancelled.
    #[must_use]
    pub fn for_clean_up(
        &self,
        hurry: &CancellationToken,
        says: impl Fn(Duration) -> bool + Send + Sync + 'static,
    ) -> Self {
        let policy = RateLimitPolicy {
            until: hurry.clone(),
            says_itself: Some(Arc::new(says)),
            ..self.policy.clone()
        };
        Self { policy, ..self.clone() }
    }

    /// Keeps within so many requests a minute from now on, all clones together.
    pub fn limit_to(&self, requests_a_minute: usize) {
        self.limit.set(requests_a_minute);
    }

    /// Sends `request` and reads its answer. A 429 is waited out. Any status is an answer, apart
    /// from a 429 that outlasted the waiting.
    pub async fn send(&self, request: &Request) -> Result<Response, Failure> {
        self.send_and_tell(request, |_| {}).await
    }

    /// The same; `tell` hears what is about to happen.
    pub async fn send_and_tell(
        &self,
        request: &Request,
        tell: impl Fn(Next),
    ) -> Result<Response, Failure> {
        self.patiently(request, tell, |response| response, || self.insist(request)).await
    }

    /// One exchange, once more where the connection was lost and repeating cannot do anything
    /// twice. All of it has the time of one.
    async fn insist(&self, request: &Request) -> Result<Response, Failure> {
        let turn = OptionFuture::from(self.turns.as_ref().map(|turns| turns.acquire()));
        let _turn = turn.await;
        let deadline = Instant::now() + self.timeout;
        match self.exchange(request, deadline).await {
            Err(failure) if failure.kind == FailureKind::ConnectionLost && request.is_safe() => {
                self.exchange(request, deadline).await
            }
            other => other,
        }
    }

    /// Asks until the answer is no 429, for as long as one request may wait.
    pub(super) async fn patiently<A, Asked: Future<Output = Result<A, Failure>>>(
        &self,
        request: &Request,
        tell: impl Fn(Next),
        head: impl Fn(&A) -> &Response,
        ask: impl Fn() -> Asked,
    ) -> Result<A, Failure> {
        if let Some(failure) = &self.given_up {
            return Err(failure.clone());
        }
        let mut waits = self.limit.waits(&self.policy, &request.method);
        loop {
            waits.turn(&|wait| tell(Next::Wait(wait))).await?;
            tell(Next::Attempt);
            let answer = ask().await?;
            if head(&answer).status != 429 {
                waits.answered();
                return Ok(answer);
            }
            waits.refused(head(&answer).header(RETRY_AFTER.as_str()));
        }
    }

    /// The URL of a request, which is within the origin.
    pub(super) fn url_of(&self, request: &Request) -> Result<Url, Failure> {
        self.base.join(&request.path).ok_or_else(|| {
            let detail = format!("the path `{}` leads away from {}", request.path, self.base);
            Failure::new(FailureKind::Unreachable, detail)
        })
    }

    /// One exchange, redirects within the origin included.
    async fn exchange(&self, request: &Request, deadline: Instant) -> Result<Response, Failure> {
        let mut url = self.url_of(request)?;
        let slow = || Failure::timed_out(format!("no whole answer within {:?}", self.timeout));
        for _ in 0..=MAX_REDIRECTS {
            let response =
                timeout_at(deadline, self.once(request, &url)).await.map_err(|_| slow())??;
            match self.redirect(&response).filter(|_| request.redirects) {
                Some(next) => url = next,
                None => return Ok(response),
            }
        }
        let detail = format!("it redirects in a circle (more than {MAX_REDIRECTS} times)");
        Err(Failure::new(FailureKind::ConnectionLost, detail).with_hint(
            "Check the target's rule for redirects, often one for slashes at the end of a path.",
        ))
    }

    /// Where a response sends the very same request, if that is within the origin.
    fn redirect(&self, response: &Response) -> Option<Url> {
        if !matches!(response.status, 307 | 308) {
            return None;
        }
        let next = response.url.join(response.header(LOCATION.as_str())?).ok()?;
        self.base.owns(&next).then_some(next)
    }

    /// The path with its query to which an answer leads, if that is within the origin.
    #[must_use]
    pub fn leads_to(&self, response: &Response) -> Option<String> {
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let next = response.url.join(response.header(LOCATION.as_str())?).ok()?;
        self.base.path_of(&next).filter(|_| self.base.owns(&next))
    }

    /// One request and its whole answer.
    async fn once(&self, request: &Request, url: &Url) -> Result<Response, Failure> {
        let mut answer = self.ask(request, url).await?;
        let head = head(&answer, url.clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Failure::too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let answer = Response { body: decode::decoded(&head, body)?, ..head };
        self.learn_from(&answer);
        Ok(answer)
    }

    /// From now on, `text` is taken out of everything that is printed.
    pub fn hide(&self, text: &str) {
        self.redactor.learn(&Secret::new(text));
    }

    fn learn_from_request(&self, request: &Request) {
        for (name, value) in &request.headers {
            self.redactor.learn_header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        if let Some(body) = request.body.as_deref().filter(|body| may_name_a_secret(body)) {
            self.redactor.learn_sent(&json::parse(body).unwrap_or_else(|_| form(body)));
        }
    }

    fn learn_from(&self, answer: &Response) {
        for (name, value) in &answer.headers {
            self.redactor.learn_answer_header(name, value);
        }
        // Most answers hold none, and are not read twice.
        if may_name_a_secret(&answer.body)
            && let Some(body) = answer.json()
        {
            self.redactor.learn_answer(&body, answer.is_success());
        }
    }

    /// The headers that go with a request; those of the connection are not among them. Values that
    /// are secret wherever they stand are marked as sensitive.
    #[must_use]
    pub fn headers(&self, request: &Request) -> HeaderMap {
        let mut headers = self.headers.clone();
        if let Some(token) = self.token.as_ref().filter(|_| request.with_token) {
            headers.insert(AUTHORIZATION, token.clone());
        }
        headers.extend(request.headers.clone());
        headers
    }

    /// Whether the client's token goes with a request.
    #[must_use]
    pub fn sends_token(&self, request: &Request) -> bool {
        let own = request.headers.contains_key(AUTHORIZATION);
        request.with_token && self.token.is_some() && !own
    }

    /// One request and the head of its answer.
    pub(super) async fn ask(
        &self,
        request: &Request,
        url: &Url,
    ) -> Result<reqwest::Response, Failure> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|_| {
            Failure::new(
                FailureKind::Unreachable,
                format!("invalid HTTP method `{}`", request.method),
            )
        })?;
        let mut headers = self.headers(request);
        self.learn_from_request(request);
        let mut builder = self.pools.get(request.is_safe())?.request(method.clone(), url.clone());
        match &request.body {
            Some(body) => builder = builder.body(body.clone()),
            // Polar answers 411 where the length is left out.
            None if method == "POST" || method == "PATCH" || method == "PUT" => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            None => {}
        }
        let answer = builder.headers(headers).send().await?;
        self.pools.learn(&answer);
        Ok(answer)
    }
}

/// An answer without its body.
pub(super) fn head(answer: &reqwest::Response, url: Url) -> Response {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    Response { status: answer.status().as_u16(), headers: headers.collect(), body: Vec::new(), url }
}

/// What all connections to `base` have in common.
///
/// What others read is read here as well, though no standard asks for it any more (curl and
/// browsers are the measure): folded header lines, a space before the colon, and lines that are no
/// header.
fn builder(base: &BaseUrl, tls: ClientConfig) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_max_headers(MAX_HEADERS)
        .tls_backend_preconfigured(tls);
    if !base.is_loopback() {
        return builder;
    }
    // HTTP_PROXY would otherwise be applied to 127.0.0.1 as well, and what localhost is, or
    // `app.localhost`, is not for a name server to say.
    let builder = builder.no_proxy();
    match base.name() {
        Some(name) => builder.resolve_to_addrs(name, &THIS_MACHINE),
        None => builder,
    }
}

/// The fields of a form, each by the innermost name that it has: `user[password]` is a `password`.
fn form(body: &[u8]) -> serde_json::Value {
    let fields = url::form_urlencoded::parse(body);
    let inner = |name: &str| name.trim_end_matches(']').rsplit('[').next().map(str::to_owned);
    fields
        .map(|(name, value)| serde_json::json!({ inner(&name).unwrap_or_default(): value }))
        .collect()
}

/// Reading the roots takes milliseconds, so plain `http` does without.
fn tls_config(options: &ClientOptions) -> anyhow::Result<ClientConfig> {
    let roots =
        if options.base.is_https() { options.roots.store() } else { RootCertStore::empty() };
    Ok(super::roots::trusting(roots)?)
}

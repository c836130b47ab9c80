//! The app under test of a run: it is started, and its webhook handler is found.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::app_file::{Given, filled};
use super::notices::Notices;
use super::ready::Ready;
use crate::app::{self, Found, NotReady, Process};
use crate::engine::{AppDown, AppTarget, Stop, WebhookHandler};
use crate::event::Code;
use crate::http::{BaseUrl, Client, ClientOptions, Request};
use crate::intercept::{self, Interception};
use crate::plan::{EMAIL_DOMAIN, WEBHOOK_URL};
use crate::provider::POLAR;
use crate::scenario::{Start, Template};
use crate::secret::{Redactor, Secret};
use crate::variables::Variables;

/// How long a webhook handler may take, as for the API itself.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request to the app may take.
const APP_TIMEOUT: Duration = Duration::from_secs(30);

/// The app of a run: ready to be talked to, or why it is not.
pub(super) struct Running {
    pub(super) target: Result<AppTarget, AppDown>,
    process: Option<Process>,
    /// What leads the app's calls here, and how many came.
    led: Option<Led>,
    /// What scenarios may use, by name.
    pub(super) values: Vec<(&'static str, Json)>,
}

/// Starts the app, where its file says how, and finds its webhook handler.
pub(super) async fn start(
    given: &Given,
    ready: &Ready,
    token: Option<&Secret>,
    redactor: &Redactor,
    notices: &Notices,
    stop: &Stop,
) -> anyhow::Result<Running> {
    let file = &given.file;
    let mut variables = given.variables.clone();
    let secret = match (&file.handler.secret, &file.start) {
        (Some(secret), _) => Some(filled(&variables, secret, &file.source.name)?),
        (None, Some(_)) => Some(made_up_secret()),
        (None, None) => None,
    };
    let mut values = vec![
        ("target.url", json!(ready.client.base().to_string())),
        ("target.token", json!(token.map(Secret::expose).unwrap_or_default())),
        ("app.url", json!(given.url.to_string())),
    ];
    values.extend(secret.as_ref().map(|secret| ("webhook.secret", json!(secret))));
    values.extend(given.product().map(|id| ("product.id", json!(id))));
    for (name, value) in &values {
        variables.set(*name, value.clone());
    }
    variables.set(EMAIL_DOMAIN, json!("example.com"));
    let secret = secret.map(Secret::new);
    for value in given.private_values() {
        redactor.learn(&Secret::new(value));
    }
    for secret in secret.iter().chain(token.filter(|_| ready.sandbox.is_none())) {
        redactor.learn(secret);
    }
    let client = client(&given.url, APP_TIMEOUT, redactor)?;
    let mut running = Running { target: Err(AppDown::none()), process: None, led: None, values };
    if let Some(start) = &file.start {
        let mut env = own_env(given, start, &variables)?;
        if file.intercept {
            let token = token.filter(|_| ready.sandbox.is_none());
            let led = Led::start(&env, ready, token).await?;
            let variables = led.interception.variables().iter();
            env.extend(variables.map(|(name, value)| (OsString::from(name), value.clone())));
            running.led = Some(led);
        }
        let launched = launch(&mut running, given, start, env, &variables, &client, stop).await?;
        if let Err(why) = launched {
            for line in running.process.iter().flat_map(Process::last_lines) {
                notices.tell(format!("the app said: {line}"));
            }
            let why = format!("`{}`: {why}", start.command);
            running.target = Err(AppDown { code: Code::AppNotReady, why });
            return Ok(running);
        }
    } else if let Err(failure) = client.send(&bare("GET", "/")).await {
        let why = format!("{} gives no answer: {}", given.url, failure.detail);
        running.target = Err(AppDown { code: Code::AppUnreachable, why });
        return Ok(running);
    }
    let handler = handler(given, &client, secret, redactor).await?;
    if let Ok(handler) = &handler {
        running.values.push((WEBHOOK_URL, json!(public_url(given, &variables, handler)?)));
    }
    let folder = given.folder.clone();
    running.target = Ok(AppTarget { client, handler, folder });
    Ok(running)
}

/// Starts the app's process and waits until it is ready.
async fn launch(
    running: &mut Running,
    given: &Given,
    start: &Start,
    env: Vec<(OsString, OsString)>,
    variables: &Variables,
    client: &Client,
    stop: &Stop,
) -> anyhow::Result<Result<(), NotReady>> {
    // Otherwise another program would be taken for the app.
    if is_taken(&given.url).await {
        bail!(
            "{} answers before the app was started: end what runs there, or leave `start` out to \
             test it",
            given.url
        );
    }
    let command = known(given, variables, &start.command)?;
    let temporary = running.led.as_ref().map(|led| led.interception.folder());
    let (method, path) = &start.ready;
    let request = bare(method, &variables.path(path)?);
    let process = match Process::start(&command, &given.folder, env, temporary) {
        Ok(process) => running.process.insert(process),
        Err(why) => return Ok(Err(why)),
    };
    Ok(tokio::select! {
        ready = process.ready(client, &request, start.within) => ready,
        () = stop.soon.cancelled() => Err(NotReady::Stopped),
    })
}

/// A text that is known before the app starts.
fn known(given: &Given, variables: &Variables, template: &Template) -> anyhow::Result<String> {
    variables.text(template).with_context(|| {
        format!("{}: `{template}` is not known when the app starts", given.file.source.name)
    })
}

/// The variables that the app file gives the app.
fn own_env(
    given: &Given,
    start: &Start,
    variables: &Variables,
) -> anyhow::Result<Vec<(OsString, OsString)>> {
    let filled = |(name, value): &(String, Template)| {
        Ok((OsString::from(name), OsString::from(known(given, variables, value)?)))
    };
    start.env.iter().map(filled).collect()
}

/// How long it may take to find out whether a port of this machine is taken.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Whether something listens at an address already, be it that it answers or not.
async fn is_taken(url: &BaseUrl) -> bool {
    let Some(url) = url.join("/") else { return false };
    let Ok(addresses) = url.socket_addrs(|| None) else { return false };
    let connecting = TcpStream::connect(addresses.as_slice());
    timeout(CONNECT_TIMEOUT, connecting).await.is_ok_and(|connected| connected.is_ok())
}

/// The address at which the API reaches the app's handler.
fn public_url(
    given: &Given,
    variables: &Variables,
    handler: &WebhookHandler,
) -> anyhow::Result<String> {
    match &given.file.handler.public_url {
        Some(url) => known(given, variables, url),
        None => Ok(format!("{}{}", given.url.to_string().trim_end_matches('/'), handler.path)),
    }
}

/// Where the app takes webhooks, or why none can be delivered to it.
async fn handler(
    given: &Given,
    client: &Client,
    secret: Option<Secret>,
    redactor: &Redactor,
) -> anyhow::Result<Result<WebhookHandler, String>> {
    if !given.url.is_loopback() && !given.deliver_elsewhere {
        return Ok(Err(format!(
            "{} is another machine: --allow-deliver lets webhooks go there",
            given.url
        )));
    }
    let Some(secret) = secret else {
        return Ok(Err("the app file names no `webhook.secret` to sign with".to_owned()));
    };
    let path = match &given.file.handler.path {
        Some(path) => path.value.clone(),
        None => match app::find(client, POLAR.webhook.usual_paths).await {
            Found { path: Some(path), .. } => path,
            Found { path: None, tried } => {
                return Ok(Err(format!("none of the usual paths is one: {}", tried.join(", "))));
            }
        },
    };
    let client = handler_client(&given.url, redactor)?;
    Ok(Ok(WebhookHandler { client, path, secret }))
}

/// What leads the app's calls to the API under test.
struct Led {
    interception: Interception,
    calls: Arc<AtomicUsize>,
}

impl Led {
    /// What the app file sets (`own`) is chained as what the user's own environment sets.
    async fn start(
        own: &[(OsString, OsString)],
        ready: &Ready,
        token: Option<&Secret>,
    ) -> anyhow::Result<Self> {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let interception = intercept::start(intercept::Options {
            hosts: POLAR.live.hosts,
            target: ready.client.base().clone(),
            token: token.cloned(),
            environment: std::env::vars_os().chain(own.iter().cloned()).collect(),
            told: Box::new(move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
        });
        let interception = interception.await.context("the app's calls cannot be led here")?;
        Ok(Self { interception, calls })
    }
}

impl Running {
    /// Ends the app, and says what it said last where something did not pass.
    pub(super) async fn stop(self, failed: bool, notices: &Notices) {
        let Self { process: Some(process), led, .. } = self else { return };
        if failed && led.as_ref().is_some_and(|led| led.calls.load(Ordering::Relaxed) == 0) {
            notices.tell(format!(
                "no call of the app to {} was led here: it {}",
                POLAR.live.hosts.join(" or "),
                intercept::NO_CALL
            ));
        }
        if failed {
            for line in process.last_lines() {
                notices.tell(format!("the app said: {line}"));
            }
        }
        process.stop().await;
    }
}

/// A client with the time that the API gives a handler.
pub(super) fn handler_client(url: &BaseUrl, redactor: &Redactor) -> anyhow::Result<Client> {
    client(url, HANDLER_TIMEOUT, redactor)
}

fn client(url: &BaseUrl, timeout: Duration, redactor: &Redactor) -> anyhow::Result<Client> {
    let options = ClientOptions { timeout, ..ClientOptions::new(url.clone()) };
    Ok(Client::new(options)?.telling(redactor))
}

/// A request without credentials whose redirects are not followed.
fn bare(method: &str, path: &str) -> Request {
    Request { with_token: false, redirects: false, ..Request::new(method, path, None) }
}

/// A secret as the API makes them: 32 random bytes.
fn made_up_secret() -> String {
    let bytes = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
    format!("{}{}", POLAR.webhook.secret_prefix, STANDARD.encode(bytes))
}

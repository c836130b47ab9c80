//! A target that is known, and safe to write to.

use anyhow::bail;
use tokio::net::TcpListener;

use super::args::{Settings, production_refused};
use crate::engine::Stop;
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client, ClientOptions, Failure, Patience};
use crate::polar::live;
use crate::sandbox;
use crate::secret::Secret;

/// A target that may be written to.
pub(super) struct Ready {
    pub(super) client: Client,
    pub(super) kind: TargetKind,
    /// Why it cannot be told what the target is, so that nothing may be written to it.
    pub(super) unknown: Option<Failure>,
    /// The sandbox inside this process, where that is the target.
    pub(super) sandbox: Option<sandbox::Handle>,
}

/// Starts the embedded sandbox, or finds out what the base URL leads to. Refuses a live API.
pub(super) async fn prepare(settings: &Settings, patience: Patience, stop: &Stop) -> anyhow::Result<Ready> {
    let client = |base: BaseUrl, token: Option<Secret>| {
        Client::new(ClientOptions { base, token, timeout: settings.timeout, patience: patience.clone() })
    };
    let Some(base) = &settings.base else {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sandbox = sandbox::start(listener, sandbox::Options::default()).await?;
        let base = BaseUrl::parse(&format!("http://{}", sandbox.local_addr()))?;
        // The sandbox wants a token as the real API does, and takes any: the user's own stays here.
        let client = client(base, Some(Secret::new("embedded")))?;
        return Ok(Ready { client, kind: TargetKind::Embedded, unknown: None, sandbox: Some(sandbox) });
    };
    let client = client(base.clone(), settings.token.clone())?;
    let (kind, unknown) = if base.is_loopback() { (TargetKind::Loopback, None) } else { probe(&client, stop).await };
    if kind == TargetKind::Production && !settings.allow_production {
        bail!(production_refused(base));
    }
    if let Some(most) = live::requests_a_minute(kind) {
        client.limit_to(most);
    }
    Ok(Ready { client, kind, unknown, sandbox: None })
}

/// What a target elsewhere is. One that gives no answer may be anything.
async fn probe(client: &Client, stop: &Stop) -> (TargetKind, Option<Failure>) {
    match client.until(&stop.soon).send(&live::probe()).await {
        _ if live::is_production_host(client.base()) => (TargetKind::Production, None),
        Ok(answer) => (live::kind_of(&answer), None),
        Err(failure) => (TargetKind::Other, Some(failure)),
    }
}

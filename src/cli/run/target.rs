//! A target that is known, and safe to write to.

use anyhow::bail;
use tokio::net::TcpListener;

use super::args::{Settings, production_refused};
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client, ClientOptions};
use crate::polar::live;
use crate::sandbox;
use crate::secret::Secret;

/// A target that may be written to.
pub(super) struct Ready {
    pub(super) client: Client,
    pub(super) kind: TargetKind,
    /// The sandbox inside this process, where that is the target.
    pub(super) sandbox: Option<sandbox::Handle>,
}

/// Starts the embedded sandbox, or finds out what the base URL leads to. Refuses a live API.
pub(super) async fn prepare(settings: &Settings) -> anyhow::Result<Ready> {
    let client =
        |base: BaseUrl, token: Option<Secret>| Client::new(ClientOptions { base, token, timeout: settings.timeout });
    let Some(base) = &settings.base else {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sandbox = sandbox::start(listener, sandbox::Options::default()).await?;
        let base = BaseUrl::parse(&format!("http://{}", sandbox.local_addr()))?;
        // The sandbox wants a token as the real API does, and takes any: the user's own stays here.
        let client = client(base, Some(Secret::new("embedded")))?;
        return Ok(Ready { client, kind: TargetKind::Embedded, sandbox: Some(sandbox) });
    };
    let client = client(base.clone(), settings.token.clone())?;
    let kind = if base.is_loopback() { TargetKind::Loopback } else { probe(&client).await };
    if kind == TargetKind::Production && !settings.allow_production {
        bail!(production_refused(base));
    }
    Ok(Ready { client, kind, sandbox: None })
}

/// What a target elsewhere is. One that gives no answer says nothing: the first step will report it.
async fn probe(client: &Client) -> TargetKind {
    match client.send(&live::probe(), |_| {}).await {
        _ if live::is_production_host(client.base()) => TargetKind::Production,
        Ok(answer) => live::kind_of(&answer),
        Err(_) => TargetKind::Other,
    }
}

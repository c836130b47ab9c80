//! A target that is known, and safe to write to.

use tokio::net::TcpListener;

use super::args::{Settings, WORK};
use super::notices::Notices;
use crate::cli::connection::{Known, find_out};
use crate::engine::Stop;
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client};
use crate::sandbox;
use crate::secret::Secret;

/// A target that may be written to.
pub(super) struct Ready {
    pub(super) client: Client,
    pub(super) kind: TargetKind,
    /// The sandbox inside this process, where that is the target.
    pub(super) sandbox: Option<sandbox::Handle>,
}

/// Starts the embedded sandbox, or finds out what the base URL leads to. Refuses a live API. One
/// that gives no answer is for the first step to report.
pub(super) async fn prepare(
    settings: &Settings,
    notices: &Notices,
    stop: &Stop,
) -> anyhow::Result<Ready> {
    let (access, told) = (&settings.access, notices.clone());
    let tell = move |text| told.tell(text);
    let Some(base) = &settings.base else {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sandbox = sandbox::start(listener, sandbox::Options::default()).await?;
        let base = BaseUrl::parse(&format!("http://{}", sandbox.local_addr()))?;
        // The sandbox wants a token as the real API does, and takes any: the user's own stays here.
        let client = access.client_with(base, Some(Secret::new("embedded")), tell)?;
        return Ok(Ready { client, kind: TargetKind::Embedded, sandbox: Some(sandbox) });
    };
    let client = access.client(base.clone(), tell)?;
    let Known { client, kind, .. } = find_out(client, access, WORK, stop).await?;
    Ok(Ready { client, kind, sandbox: None })
}

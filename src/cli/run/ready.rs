//! A target that is known, and safe to write to.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::app_file::Given;
use super::args::{Settings, WORK};
use super::notices::Notices;
use crate::cli::connection::{Known, find_out};
use crate::engine::Stop;
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client, FailureKind, Request};
use crate::sandbox;

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
    app: Option<&Given>,
    notices: &Notices,
    stop: &Stop,
) -> anyhow::Result<Ready> {
    let (access, told) = (&settings.access, notices.clone());
    let tell = move |text| told.tell(text);
    let Some(base) = &settings.base else {
        let fixed = app.and_then(|app| app.file.sandbox);
        let address = fixed.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("the embedded sandbox cannot listen on {address}, which the app file names")
        })?;
        let seed = app.map(Given::seed).transpose()?.flatten();
        let options = sandbox::Options { seed, ..sandbox::Options::default() };
        let sandbox = sandbox::start(listener, options).await?;
        let base = BaseUrl::parse(&format!("http://{}", sandbox.local_addr()))?;
        let client = access.embedded(base, tell)?;
        return Ok(Ready { client, kind: TargetKind::Embedded, sandbox: Some(sandbox) });
    };
    let client = access.client(base.clone(), tell)?;
    if let Some(limit) = settings.wait_for_target {
        wait_for(&client, limit, notices, stop).await;
    }
    let Known { client, kind, .. } = find_out(client, access, WORK, stop).await?;
    Ok(Ready { client, kind, sandbox: None })
}

/// The first pause between two tries to reach a target; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Waits until the target answers at all, at most for `limit`. One that does not is for the first
/// step to report.
async fn wait_for(client: &Client, limit: Duration, notices: &Notices, stop: &Stop) {
    // A port may be open before the server behind it is, so that only an answer counts.
    let request = Request { with_token: false, ..Request::new("GET", "/", None) };
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = tokio::select! {
            answer = timeout_at(deadline, client.send(&request)) => answer,
            () = stop.soon.cancelled() => return,
        };
        match answer {
            Ok(Err(failure)) if is_missing(failure.kind) => {}
            // Anything else will not change by waiting.
            _ => return,
        }
        notices.tell(format!("waiting up to {limit:?} for {} to answer", client.base()));
        let next = (Instant::now() + pause).min(deadline);
        if next == deadline {
            return;
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = stop.soon.cancelled() => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether a failure is what a server that is not up yet looks like.
fn is_missing(kind: FailureKind) -> bool {
    use FailureKind::{ConnectionLost, TimedOut, Unreachable};
    matches!(kind, ConnectionLost | TimedOut | Unreachable)
}

//! The target of a command: where it is (`base`), how it is reached (`access`), and what it is,
//! found out before anything is written to it.

mod access;
mod base;
mod headers;
mod proxy;
mod token;

use anyhow::bail;

pub(super) use access::{Access, AccessArgs, HEADING};
pub(super) use base::{BaseArgs, Given, parse as parse_base_url};

use crate::engine::Stop;
use crate::event::TargetKind;
use crate::http::{BaseUrl, Client, Failure, FailureKind, Response};
use crate::provider::POLAR;

/// What a command would do to production, which is why it is refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work(pub(super) &'static str);

/// A target that may be written to.
pub(super) struct Known {
    /// Sends nothing more where the target did not say what it is.
    pub(super) client: Client,
    pub(super) kind: TargetKind,
    /// Why the target did not say what it is.
    pub(super) failure: Option<Failure>,
}

/// Finds out what the base URL leads to. Refuses a live API.
///
/// Elsewhere than on this machine the one harmless read decides. Where it is not answered, it is
/// unknown whether the target is live, and nothing is sent to it any more. An interruption ends the
/// wait for it as well. A limit on requests that is known is kept from here on.
pub(super) async fn find_out(
    client: Client,
    access: &Access,
    work: Work,
    stop: &Stop,
) -> anyhow::Result<Known> {
    if client.base().is_loopback() {
        return Ok(Known { client, kind: TargetKind::Loopback, failure: None });
    }
    let by_name = POLAR.live.is_host(client.base());
    let probe = POLAR.live.probe();
    let answer = tokio::select! {
        answer = client.send(&probe) => answer,
        () = stop.soon.cancelled() => Err(Failure::timed_out("interrupted".to_owned())),
    };
    let (kind, failure) = match answer {
        Ok(answer) => match (POLAR.live.kind_of)(&answer) {
            Some(kind) => (kind, None),
            None => (TargetKind::Other, Some(untold(&answer))),
        },
        Err(failure) => (TargetKind::Other, Some(failure)),
    };
    let kind = if by_name { TargetKind::Production } else { kind };
    if kind == TargetKind::Production && !access.allow_production {
        bail!(production_refused(client.base(), work));
    }
    if let Some(most) = (POLAR.live.requests_a_minute)(kind) {
        client.limit_to(most);
    }
    let client = match &failure {
        Some(failure) => client.given_up(failure.clone()),
        None => client,
    };
    Ok(Known { client, kind, failure })
}

/// An answer that leaves open whether the target is live.
fn untold(answer: &Response) -> Failure {
    let detail = format!(
        "the read that tells a live API from a sandbox was answered {}, so nothing is written",
        answer.status
    );
    Failure::new(FailureKind::ConnectionLost, detail)
        .with_hint("Run again when the API answers: until it has said that it is a sandbox, nothing is written to it.")
}

/// What is said where a live API is refused.
fn production_refused(base: &BaseUrl, Work(does): Work) -> String {
    format!(
        "{base} is production, and {does}; nothing was written. \
         Use the sandbox (https://sandbox-api.polar.sh), or add --allow-production if you mean it"
    )
}

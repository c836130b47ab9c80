//! Where a run reads webhooks: chosen, set up, and taken down again.

use super::args::Settings;
use super::notices::Notices;
use super::ready::Ready;
use crate::engine::{Events, Stop};
use crate::event::{EventSource, LeftBehind, TargetKind};
use crate::http::{BaseUrl, Client};
use crate::plan::Plan;
use crate::provider::POLAR;
use crate::secret::Redactor;
use crate::webhook::subscribe::{Source, Subscriber};
use crate::webhook::{Refused, RulesOut};

/// Where the events of a run come from.
pub(super) struct Webhooks {
    /// What the report calls it.
    pub(super) kind: EventSource,
    /// What the engine reads.
    pub(super) events: Events,
    source: Option<Source>,
    left_behind: Vec<LeftBehind>,
}

impl Webhooks {
    fn without(events: Events) -> Self {
        Self { kind: EventSource::None, events, source: None, left_behind: Vec::new() }
    }

    /// Takes the source down; says what stays at the API.
    pub(super) async fn close(self, client: &Client, stop: &Stop) -> Vec<LeftBehind> {
        let mut left_behind = self.left_behind;
        if let Some(source) = self.source {
            let removal = source.removal();
            tokio::select! {
                biased;
                () = stop.now.cancelled() => left_behind.extend(removal.map(|request| LeftBehind {
                    request,
                    reason: "the run was told to end at once".to_owned(),
                })),
                left = source.close(client) => left_behind.extend(left),
            }
        }
        left_behind
    }
}

/// What a source is set up with.
pub(super) struct Setup<'a> {
    pub(super) settings: &'a Settings,
    pub(super) plan: &'a Plan,
    pub(super) ready: &'a Ready,
    pub(super) redactor: &'a Redactor,
    pub(super) notices: &'a Notices,
    pub(super) run_id: &'a str,
    pub(super) stop: &'a Stop,
}

/// Sets up the source that the settings ask for, ready before the first request is sent.
pub(super) async fn open(setup: &Setup<'_>) -> Webhooks {
    let &Setup { settings, plan, ready, notices, .. } = setup;
    if plan.event_types.is_empty() || setup.stop.soon.is_cancelled() {
        return Webhooks::without(Events::Off);
    }
    let (choices, why): (&[EventSource], _) = match &settings.events {
        Some(EventSource::None) => {
            notices.tell(
                "--events none: event steps are skipped, so no webhook was checked".to_owned(),
            );
            return Webhooks::without(Events::Off);
        }
        Some(source) => (std::slice::from_ref(source), None),
        None => {
            let (choices, why) = preference(settings.public_url.is_some(), ready.kind);
            (choices, Some(why))
        }
    };
    let mut left_behind = Vec::new();
    let mut refusals = Vec::new();
    let (mut endpoints, mut failure) = (true, None);
    for choice in choices {
        if *choice == EventSource::Deliveries && !endpoints {
            continue;
        }
        let refused = match setup.source(*choice).await {
            Ok(source) => {
                if let Some(first) = why.filter(|_| ready.kind != TargetKind::Embedded) {
                    let before: Vec<_> = choices
                        .iter()
                        .take_while(|before| *before != choice)
                        .map(|it| named(*it))
                        .collect();
                    let refused = format!("{} cannot be used", before.join(" and "));
                    let why = if before.is_empty() { first } else { &refused };
                    notices.tell(format!("webhooks are read {}, because {why}", from(*choice)));
                }
                let events = Events::Inbox(source.inbox());
                return Webhooks { kind: source.kind, events, source: Some(source), left_behind };
            }
            Err(refused) => refused,
        };
        left_behind.extend(refused.left_behind);
        if let RulesOut::Everything(why) = refused.rules_out {
            failure = why;
        }
        if matches!(refused.rules_out, RulesOut::Everything(_)) || setup.stop.soon.is_cancelled() {
            refusals = vec![refused.why];
            break;
        }
        endpoints &= refused.rules_out != RulesOut::Endpoints;
        // What was asked for by name needs none.
        let refusal = why.map(|_| format!("{} cannot be used: {}", named(*choice), refused.why));
        if let Some(refusal) = &refusal {
            notices.tell(refusal.clone());
        }
        refusals.push(refusal.unwrap_or(refused.why));
    }
    let all = refusals.join("; ");
    // Of several, each was told when it came.
    let told = why.is_some() && refusals.len() > 1;
    let end = if told { "no way to receive them is left" } else { &all };
    notices.tell(format!("webhooks cannot be received: {end}"));
    Webhooks { left_behind, ..Webhooks::without(Events::Unavailable { why: all, failure }) }
}

/// The order in which `auto` tries the sources, and why it starts where it does.
fn preference(public_url: bool, kind: TargetKind) -> (&'static [EventSource], &'static str) {
    use EventSource::{Deliveries, Listener, Stream};
    match kind {
        _ if public_url => (&[Listener, Stream, Deliveries], "--public-url is given"),
        TargetKind::Embedded | TargetKind::Loopback => {
            (&[Listener, Stream, Deliveries], "the target is on this machine")
        }
        _ => (
            &[Stream, Deliveries],
            "the target is not on this machine and cannot reach a listener here",
        ),
    }
}

/// A source as the subject of a sentence.
fn named(source: EventSource) -> &'static str {
    match source {
        EventSource::Listener => "a listener",
        EventSource::Stream => "the event stream",
        EventSource::Deliveries => "the delivery log",
        EventSource::None => "nothing",
    }
}

/// Where webhooks are read, as it stands in a sentence.
fn from(source: EventSource) -> &'static str {
    match source {
        EventSource::Listener => "by a listener",
        EventSource::Stream => "from the event stream",
        EventSource::Deliveries => "from the delivery log",
        EventSource::None => "nowhere",
    }
}

impl Setup<'_> {
    /// Sets up one source.
    async fn source(&self, choice: EventSource) -> Result<Source, Refused> {
        let &Self { settings, plan, ready, redactor, notices, run_id, stop } = self;
        let client = &ready.client.until(&stop.soon);
        let types = &plan.event_types;
        let subscriber = Subscriber { client, provider: &POLAR, types, run_id, redactor };
        let notices = notices.clone();
        let notify = move |text| notices.tell(text);
        match choice {
            EventSource::Listener => {
                let (address, public_url) = (settings.listen, settings.public_url.as_ref());
                if let Some(secret) = &settings.webhook_secret {
                    let path = public_url.map(|url| url.path().to_owned());
                    return subscriber.listen_for(address, path, secret, notify).await;
                }
                let public_url = public_url.map(BaseUrl::to_string);
                subscriber.listen(address, public_url.as_deref(), notify).await
            }
            EventSource::Deliveries => subscriber.read_log(notify).await,
            EventSource::Stream | EventSource::None => {
                subscriber.read_stream(&stop.soon, notify).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listener_comes_first_where_the_target_can_reach_it() {
        for (public_url, kind, first) in [
            (false, TargetKind::Embedded, EventSource::Listener),
            (false, TargetKind::Loopback, EventSource::Listener),
            (true, TargetKind::Sandbox, EventSource::Listener),
            (true, TargetKind::Other, EventSource::Listener),
            (false, TargetKind::Sandbox, EventSource::Stream),
            (false, TargetKind::Production, EventSource::Stream),
            (false, TargetKind::Other, EventSource::Stream),
        ] {
            let (choices, _) = preference(public_url, kind);
            assert_eq!(choices[0], first, "{kind:?}");
            assert!(choices.ends_with(&[EventSource::Stream, EventSource::Deliveries]));
        }
    }
}

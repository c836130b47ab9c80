//! A delivery step: webhooks for the app's handler, signed as the API signs them, or as a forger
//! would.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::json;

use super::calls::Calls;
use super::check::written;
use super::chosen::chosen;
use super::context::Context;
use super::kept::Kept;
use super::state::{Ended, Learned, Sent, State};
use super::target::{WebhookHandler, down};
use crate::event::{Check, Code, Status, StepResult};
use crate::evidence::{Answer, Delivered, Outcome, SentWebhook, StepEvidence, summary};
use crate::http::{FailureKind, Request, Response};
use crate::provider::Webhook;
use crate::scenario::{Deliver, KeyScheme, Sign, StatusPattern, Step, TargetName};
use crate::secret::Secret;
use crate::webhook::signature::{Scheme, TOLERANCE, sign};

/// How long a refused webhook is sent again where the step does not say.
const RETRIES: Duration = Duration::from_secs(10);
/// The wait before the second attempt. It doubles; the API's own waits are minutes.
const FIRST_RETRY: Duration = Duration::from_millis(100);

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    step: &Step,
    deliver: &Deliver,
    mut result: StepResult,
) -> Ended {
    let webhooks = match chosen(context, state, deliver) {
        Ok(webhooks) => webhooks,
        Err(error) => return Ended::unfilled(result, error),
    };
    let handler = match context.shared.steps.app().map(|app| &app.handler) {
        Some(Ok(handler)) => handler,
        Some(Err(why)) => {
            result.status = Status::Errored;
            return Ended::new(result, Outcome::AppDown(Code::AppNoHandler, why.clone()));
        }
        None => {
            result.reason = Some("there is no app under test".to_owned());
            return Ended::new(result, Outcome::Nothing);
        }
    };
    let facts = &context.shared.provider.webhook;
    let scheme = deliver.scheme.unwrap_or_else(|| implied(facts, &handler.secret));
    if scheme == KeyScheme::Standard && !is_standard(facts, &handler.secret) {
        result.status = Status::Passed;
        result.reason = Some(
            "the app's secret makes no key of this scheme, so the API never signs like that"
                .to_owned(),
        );
        return Ended::new(result, Outcome::Nothing);
    }
    let calls = &Calls::since(context.shared.options.began);
    let sender = Sender { context, handler, facts, deliver, scheme, calls, within: step.within };
    let mut sent = Vec::new();
    for webhook in &webhooks {
        if let Some(halted) = context.shared.halted() {
            return Ended::halted(result, halted);
        }
        let copies = (0..deliver.times).map(|copy| sender.send(webhook, copy));
        if deliver.at_once {
            sent.extend(join_all(copies).await);
        } else {
            for copy in copies {
                sent.push(copy.await);
            }
        }
    }
    let at = Instant::now();
    let expected = step.expect.status.clone().unwrap_or(StatusPattern::Class(2));
    result.checks = checks(&sent, &expected);
    let holds = result.checks.iter().all(|check| check.status == Status::Passed);
    result.status = if holds { Status::Passed } else { Status::Failed };
    report(context, handler, &mut result, &sent);
    let mut learned = Learned::default();
    let is_valid = deliver.sign == Sign::Valid && deliver.age.abs() <= TOLERANCE;
    for (webhook, one) in
        webhooks.iter().flat_map(|one| vec![one; deliver.times as usize]).zip(&sent)
    {
        match &one.webhook.answer {
            Answer::Status(200..=299) => learned.taken_by_app.push(webhook.id.clone()),
            // What a handler is to refuse is not to be sent again.
            _ if is_valid => learned.refused_by_app.push(webhook.clone()),
            _ => {}
        }
    }
    let failed = sent.iter().find_map(|one| one.failure);
    learned.down = failed.and_then(down).map(|why| (TargetName::App, why));
    let (path, body) = (handler.path.clone(), None);
    learned.sent = Some(Sent { path, body, own: None, at, failure: None });
    let early = state.in_background;
    let webhooks = sent.into_iter().map(|one| SentWebhook { early, ..one.webhook }).collect();
    let outcome = Outcome::Delivered(Box::new(Delivered { webhooks, expected }));
    Ended { result, outcome, learned }
}

/// So long may an answer take without a word; the API itself waits five times as long.
const SLOW: Duration = Duration::from_secs(2);

/// What to say of webhooks that the app took long to answer.
pub(super) fn slow(steps: &[StepEvidence]) -> Vec<String> {
    let sent = steps.iter().filter_map(|step| match &step.outcome {
        Outcome::Delivered(delivered) => Some(&delivered.webhooks),
        _ => None,
    });
    let slowest = sent.flatten().max_by_key(|one| one.took).filter(|one| one.took > SLOW);
    let seconds = |took: Duration| format!("{:.1} s", took.as_secs_f64());
    let notice = slowest.map(|one| {
        format!(
            "the app took {} to answer {}: the API waits 10 s, and sends it again",
            seconds(one.took),
            one.event_type
        )
    });
    notice.into_iter().collect()
}

/// What of the deliveries the report has: the first that was not answered as expected, or the last.
fn report(
    context: &Context<'_>,
    handler: &WebhookHandler,
    result: &mut StepResult,
    sent: &[SentCopy],
) {
    let failed = result.checks.iter().position(|check| check.status != Status::Passed);
    let Some(shown) = failed.and_then(|index| sent.get(index)).or(sent.last()) else { return };
    let whole = context.keeps(result.status);
    let variable = context.shared.provider.token.variable;
    let request = &shown.request;
    let attempts = shown.attempts;
    result.request =
        Some(summary::request(&handler.client, request, whole.then_some(variable), attempts));
    result.response = shown.response.as_ref().map(|response| summary::response(response, whole));
}

/// Whether each was answered as expected.
fn checks(sent: &[SentCopy], expected: &StatusPattern) -> Vec<Check> {
    let check = |one: &SentCopy| {
        let SentWebhook { event_type, copy, answer, .. } = &one.webhook;
        let path = match (sent.len(), copy) {
            (1, _) => "status".to_owned(),
            (_, 0) => format!("{event_type}.status"),
            _ => format!("{event_type}#{}.status", copy + 1),
        };
        let (actual, holds) = match answer {
            Answer::Status(status) => (json!(status), expected.holds(*status)),
            Answer::None(why) => (json!(why), false),
        };
        let status = if holds { Status::Passed } else { Status::Failed };
        Check { path, expected: written(expected), actual, missing: false, status, line: None }
    };
    sent.iter().map(check).collect()
}

/// Whether a secret makes a key the standard way.
fn is_standard(facts: &Webhook, secret: &Secret) -> bool {
    sign(facts, secret, Scheme::Standard, "", 0, b"").is_some()
}

/// The way that the API makes the key out of a secret like this.
fn implied(facts: &Webhook, secret: &Secret) -> KeyScheme {
    if is_standard(facts, secret) { KeyScheme::Standard } else { KeyScheme::Legacy }
}

/// Sends webhooks to the app.
struct Sender<'a> {
    context: &'a Context<'a>,
    handler: &'a WebhookHandler,
    facts: &'a Webhook,
    deliver: &'a Deliver,
    scheme: KeyScheme,
    calls: &'a Calls,
    within: Option<Duration>,
}

/// One copy of a webhook that was sent.
struct SentCopy {
    webhook: SentWebhook,
    request: Request,
    response: Option<Response>,
    failure: Option<FailureKind>,
    attempts: u32,
}

impl Sender<'_> {
    /// Sends one copy, and again where it is refused and the step says so.
    async fn send(&self, webhook: &Kept, copy: u32) -> SentCopy {
        let deadline = Instant::now() + self.within.unwrap_or(RETRIES);
        let (mut attempts, mut pause) = (0, FIRST_RETRY);
        loop {
            attempts += 1;
            let sent = self.attempt(webhook, copy, attempts).await;
            let refused = !matches!(sent.webhook.answer, Answer::Status(200..=299));
            let over = Instant::now() + pause > deadline || self.context.shared.halted().is_some();
            if !(self.deliver.retry && refused) || over {
                return sent;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.context.shared.halt.cancelled() => {}
            }
            pause *= 2;
        }
    }

    async fn attempt(&self, webhook: &Kept, copy: u32, attempts: u32) -> SentCopy {
        let request = self.request(webhook);
        let started = Instant::now();
        let answer = self.handler.client.send(&request).await;
        let took = started.elapsed();
        let status = answer.as_ref().ok().map(|response| response.status);
        self.calls.add(webhook.event_type.clone(), started, took, status);
        let Deliver { sign, age, at_once, .. } = *self.deliver;
        let (answer, response, failure) = match answer {
            Ok(response) => (Answer::Status(response.status), Some(response), None),
            Err(failure) => (Answer::None(failure.detail.clone()), None, Some(failure.kind)),
        };
        let body = response.as_ref().map(|response| response.body.clone()).unwrap_or_default();
        let webhook = SentWebhook {
            event_type: webhook.event_type.clone(),
            id: webhook.id.clone(),
            payload: webhook.payload.clone(),
            sign,
            scheme: self.scheme,
            age,
            copy,
            at_once,
            early: false,
            took,
            answer,
            said: String::from_utf8_lossy(&body).into_owned(),
        };
        SentCopy { webhook, request, response, failure, attempts }
    }

    fn request(&self, webhook: &Kept) -> Request {
        let facts = self.facts;
        let scheme = match self.scheme {
            KeyScheme::Standard => Scheme::Standard,
            KeyScheme::Legacy => Scheme::Legacy,
        };
        let other = Secret::new(format!("{}of another endpoint", facts.older_prefix()));
        let (secret, scheme) = match self.deliver.sign {
            Sign::Wrong => (&other, Scheme::Legacy),
            _ => (&self.handler.secret, scheme),
        };
        let at = Timestamp::now().as_second() - self.deliver.age;
        let signature = sign(facts, secret, scheme, &webhook.id, at, &webhook.body);
        let mut body = webhook.body.clone();
        match self.deliver.sign {
            Sign::Tampered if body.ends_with(b"}") => {
                body.truncate(body.len() - 1);
                body.extend_from_slice(b",\"changed\":true}");
            }
            Sign::Cut => body.truncate(body.len() / 2),
            _ => {}
        }
        let mut request = Request::new("POST", self.handler.path.clone(), None);
        (request.body, request.with_token, request.redirects) = (Some(body), false, false);
        let at = at.to_string();
        let signed = [(facts.id_header, webhook.id.as_str()), (facts.timestamp_header, &at)];
        for (name, value) in facts.sent_headers.iter().copied().chain(signed) {
            // The provider's own, so that they are right.
            let _ = request.set_header(name, value);
        }
        if let Some(signature) = signature.filter(|_| self.deliver.sign != Sign::None) {
            let _ = request.set_header(facts.signature_header, &signature);
            if let Some(value) = request.headers.get_mut(facts.signature_header) {
                value.set_sensitive(true);
            }
        }
        request
    }
}

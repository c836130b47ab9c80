//! Takes secrets out of an event before any reporter cuts, escapes or folds its texts: half a
//! secret, or one escaped for XML, cannot be found any more. Texts are cut to what is shown here,
//! after that; what is cut before keeps more than [`LONGEST_TEXT`], so that a secret across the cut
//! is found.

mod message;

use std::borrow::Cow;

use serde_json::Value;

use self::message::message_texts;
use crate::event::{
    Arrival, Call, Check, Comparison, Diagnosis, Difference, Event, EventSummary, KEPT,
    KEPT_PASSED, LONGEST_TEXT, LeftBehind, Quote, RequestSummary, ResponseSummary, RunInfo,
    RunReport, ScenarioInfo, ScenarioResult, Status, StepResult, Target, UndoResult, pieces,
};
use crate::printable::start;
use crate::secret::{REDACTED, Redactor, is_secret_name};

/// The most of an explanation that is shown, in characters.
const SHOWN: usize = 2_000;

/// Takes everything that `redactor` knows out of every text of `event`.
pub fn redact_event(event: &mut Event, redactor: &Redactor) {
    match event {
        Event::RunStarted(RunInfo { target, scenarios }) => {
            target_texts(target, redactor);
            for ScenarioInfo { name, steps } in scenarios {
                redact(name, redactor);
                for step in steps {
                    redact(step, redactor);
                }
            }
        }
        Event::Notice(text) | Event::Waiting { what: text, .. } => sentence(text, redactor),
        Event::ScenarioFinished { result, .. } => scenario_texts(result, redactor),
        Event::RunFinished(report) => {
            // Destructured everywhere, so that a new field cannot be forgotten.
            let RunReport {
                schema: _,
                version: _,
                status: _,
                target,
                started_at: _,
                duration: _,
                summary: _,
                troubles: _,
                left_behind,
                notices,
                comparison,
                scenarios,
            } = &mut **report;
            target_texts(target, redactor);
            for LeftBehind { request, reason } in left_behind {
                redact(request, redactor);
                sentence(reason, redactor);
            }
            for notice in notices {
                sentence(notice, redactor);
            }
            if let Some(comparison) = comparison {
                comparison_texts(comparison, redactor);
            }
            for scenario in scenarios {
                scenario_texts(scenario, redactor);
            }
        }
        Event::Tick
        | Event::ScenarioStarted { .. }
        | Event::StepStarted { .. }
        | Event::StepFinished { .. } => {}
    }
}

fn target_texts(target: &mut Target, redactor: &Redactor) {
    let Target { base_url, kind: _, events: _ } = target;
    redact(base_url, redactor);
}

fn comparison_texts(comparison: &mut Comparison, redactor: &Redactor) {
    let Comparison { with, started_at, broke, healed, changed, still, new, untested } = comparison;
    redact(with, redactor);
    redact(started_at, redactor);
    for one in [broke, healed, changed, still, new, untested].into_iter().flatten() {
        let Difference { scenario, before, now: _, codes_before, codes: _ } = one;
        redact(scenario, redactor);
        before.iter_mut().chain(codes_before).for_each(|text| redact(text, redactor));
    }
}

fn scenario_texts(scenario: &mut ScenarioResult, redactor: &Redactor) {
    let ScenarioResult {
        name,
        title,
        file,
        built_in: _,
        app: _,
        status: _,
        at: _,
        duration: _,
        steps,
        webhooks,
        undo,
        notices,
    } = scenario;
    redact(name, redactor);
    redact(title, redactor);
    redact(file, redactor);
    for step in steps {
        step_texts(step, redactor);
    }
    for Arrival { at: _, webhook_id, event_type, signature: _ } in webhooks {
        redact(webhook_id, redactor);
        redact(event_type, redactor);
    }
    for UndoResult { request, status: _, at: _, duration: _, reason } in undo {
        redact(request, redactor);
        if let Some(reason) = reason {
            sentence(reason, redactor);
        }
    }
    for notice in notices {
        sentence(notice, redactor);
    }
}

fn step_texts(step: &mut StepResult, redactor: &Redactor) {
    let StepResult {
        name,
        kind: _,
        status,
        at: _,
        duration: _,
        line: _,
        note,
        reason,
        calls,
        rate_limited: _,
        request,
        response,
        event,
        arrived,
        checks,
        diagnosis,
    } = step;
    redact(name, redactor);
    if let Some(note) = note {
        redact(note, redactor);
    }
    if let Some(reason) = reason {
        sentence(reason, redactor);
    }
    for Call { what, at: _, duration: _, status: _ } in calls {
        redact(what, redactor);
    }
    let passed = matches!(status, Status::Passed | Status::Skipped);
    let limit = if passed { KEPT_PASSED } else { KEPT };
    if let Some(RequestSummary { method, url, attempts: _, headers, body, token }) = request {
        redact(method, redactor);
        redact(url, redactor);
        message_texts(headers, body.as_mut(), *token, limit, redactor);
    }
    if let Some(ResponseSummary { status: _, headers, body }) = response {
        message_texts(headers, Some(body), None, limit, redactor);
    }
    for event in event.iter_mut().chain(arrived) {
        let EventSummary {
            webhook_id,
            event_type,
            signature: _,
            at: _,
            waited: _,
            headers,
            payload,
        } = event;
        redact(webhook_id, redactor);
        redact(event_type, redactor);
        message_texts(headers, Some(payload), None, limit, redactor);
    }
    for Check { path, expected, actual, missing: _, status: _, line: _ } in checks {
        redact(path, redactor);
        for value in [expected, actual] {
            value_texts(value, redactor);
            if path.rsplit('.').next().is_some_and(is_secret_name) {
                hide(value);
            }
        }
    }
    if let Some(Diagnosis { code: _, message, hint }) = diagnosis {
        for text in [message, hint] {
            sentence(text, redactor);
            shorten(text, SHOWN);
        }
    }
}

/// The secret of an endpoint that was made with one of its owner's choice looks like any other
/// text.
fn hide(value: &mut Value) {
    if value.is_string() {
        *value = Value::from(REDACTED);
    }
}

fn value_texts(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => redact(text, redactor),
        Value::Array(items) => items.iter_mut().for_each(|item| value_texts(item, redactor)),
        Value::Object(entries) => {
            *entries = std::mem::take(entries)
                .into_iter()
                .map(|(mut key, mut value)| {
                    redact(&mut key, redactor);
                    if is_secret_name(&key) {
                        hide(&mut value);
                    }
                    value_texts(&mut value, redactor);
                    (key, value)
                })
                .collect();
        }
        Value::Number(number) => {
            let mut text = number.to_string();
            redact(&mut text, redactor);
            if text != number.to_string() {
                *value = Value::String(text);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

fn redact(text: &mut String, redactor: &Redactor) {
    let long = text.len() > LONGEST_TEXT;
    if long {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    }
    let clean = if long { redactor.redact_start(text) } else { redactor.redact(text) };
    if let Cow::Owned(clean) = clean {
        *text = clean;
    }
    if long {
        text.push('…');
    }
}

/// A sentence, whose quoted values are cut.
fn sentence(text: &mut String, redactor: &Redactor) {
    let mut whole = String::with_capacity(text.len());
    for (piece, quote) in pieces(text) {
        let mut piece = piece.to_owned();
        redact(&mut piece, redactor);
        if quote == Some(Quote::Excerpt) {
            piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if let Some(quote) = quote {
            shorten(&mut piece, quote.limit());
        }
        whole.push_str(&piece);
    }
    // Two pieces may make a secret together.
    redact(&mut whole, redactor);
    *text = whole;
}

fn shorten(text: &mut String, limit: usize) {
    if let Cow::Owned(short) = start(text, limit) {
        *text = short;
    }
}

#[cfg(test)]
mod tests;

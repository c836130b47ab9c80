//! Takes secrets out of an event before any reporter cuts, escapes or folds its texts: half a
//! secret, or one escaped for XML, cannot be found any more. Texts are cut to what is shown here,
//! after that; what is cut before keeps more than [`LONGEST_TEXT`], so that a secret across the cut
//! is found.

use std::borrow::Cow;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};
use serde_json::Value;

use crate::event::{
    Body, CUT, Check, Diagnosis, Event, EventSummary, Headers, KEPT, KEPT_PASSED, LONGEST_TEXT,
    LeftBehind, Quote, RequestSummary, ResponseSummary, RunInfo, RunReport, ScenarioInfo,
    ScenarioResult, Status, StepResult, Target, UndoResult, pieces,
};
use crate::printable::start;
use crate::secret::{REDACTED, Redactor, is_secret_header, is_secret_name, may_name_a_secret};

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
                left_behind,
                notices,
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

fn scenario_texts(scenario: &mut ScenarioResult, redactor: &Redactor) {
    let ScenarioResult {
        name,
        title,
        file,
        built_in: _,
        status: _,
        duration: _,
        steps,
        undo,
        notices,
    } = scenario;
    redact(name, redactor);
    redact(title, redactor);
    redact(file, redactor);
    for step in steps {
        step_texts(step, redactor);
    }
    for UndoResult { request, status: _, reason } in undo {
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
        duration: _,
        line: _,
        note,
        reason,
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
        let EventSummary { webhook_id, event_type, signature: _, waited: _, headers, payload } =
            event;
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

/// Headers and a body. `token` is there where the header with the run's token holds the name of a
/// variable in place of it.
fn message_texts(
    headers: &mut Headers,
    body: Option<&mut Body>,
    token: Option<&str>,
    limit: usize,
    redactor: &Redactor,
) {
    let is_form = |(name, value): &(String, String)| {
        name == "content-type" && value.starts_with("application/x-www-form-urlencoded")
    };
    let form = headers.0.iter().any(is_form);
    for (name, value) in &mut headers.0 {
        redact(name, redactor);
        match name.as_str() {
            "authorization" if token.is_some() => {}
            "set-cookie" => hide_cookie(value),
            name if is_secret_header(name) => REDACTED.clone_into(value),
            _ => redact(value, redactor),
        }
    }
    let Some(body) = body else { return };
    // Secrets that stand under their names may be too short to be known.
    if may_name_a_secret(body.text.as_bytes()) {
        if let Some(mut value) = body.json() {
            value_texts(&mut value, redactor);
            body.text = value.to_string();
        } else {
            hide_named(&mut body.text, if form { &FORM_FIELD } else { &JSON_FIELD });
        }
    }
    let clean =
        if body.cut { redactor.redact_start(&body.text) } else { redactor.redact(&body.text) };
    if let Cow::Owned(clean) = clean {
        body.text = clean;
    }
    body.cut(limit);
    if body.cut {
        body.text.push_str(CUT);
    }
}

/// Leaves a cookie's name and attributes.
fn hide_cookie(cookie: &mut String) {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    let name = pair.split_once('=').map_or("", |(name, _)| name);
    let end = if attributes.is_empty() { "" } else { ";" };
    *cookie = format!("{name}={REDACTED}{end}{attributes}");
}

/// A key and its value in JSON that was cut or is broken, and in a form.
static JSON_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"("((?:[^"\\]|\\.)*)"\s*:\s*")(?:[^"\\]|\\.)*"#).ok());
static FORM_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"((?:^|&)([^=&]*)=)[^&]*").ok());

/// Hides what stands under the name of a secret.
fn hide_named(text: &mut String, field: &LazyLock<Option<Regex>>) {
    let Some(field) = field.as_ref() else { return };
    let hidden = field.replace_all(text, |found: &Captures| {
        let key = percent_decode_str(&found[2]).decode_utf8_lossy();
        let key = key.trim_end_matches(']').rsplit('[').next().unwrap_or_default();
        if is_secret_name(key) { format!("{}{REDACTED}", &found[1]) } else { found[0].to_owned() }
    });
    if let Cow::Owned(hidden) = hidden {
        *text = hidden;
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
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::secret::Secret;
    use serde_json::json;

    const TOKEN: &str = "polar_oat_<&\"'>_1234567890";

    #[test]
    fn a_number_may_be_a_secret() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("1234567890"));
        let mut value = json!([1_234_567_890, 12, 912_345_678_901_i64]);
        value_texts(&mut value, &redactor);
        assert_eq!(value, json!(["(redacted)", 12, "9(redacted)1"]));
    }

    #[test]
    fn a_secret_across_the_cut_does_not_show_in_part() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new(TOKEN));
        for before in LONGEST_TEXT - TOKEN.len()..=LONGEST_TEXT {
            let mut text = format!("{}{TOKEN}{}", "x".repeat(before), "y".repeat(10));
            redact(&mut text, &redactor);
            assert!(text.ends_with('…') && !text.contains("po"), "{before}");
            let mut many = format!("{}{TOKEN}", TOKEN.repeat(before / TOKEN.len()));
            many.insert_str(0, &"x".repeat(LONGEST_TEXT + 9 - many.len().min(LONGEST_TEXT)));
            redact(&mut many, &redactor);
            assert!(!many.contains("po"), "{before}");
        }
        let mut short = format!("{}é", "x".repeat(LONGEST_TEXT - 2));
        redact(&mut short, &redactor);
        assert_eq!(short.len(), LONGEST_TEXT);
    }

    #[test]
    fn no_text_of_an_event_keeps_a_secret() {
        let mut report = sample::everything();
        report.target.base_url = format!("https://{TOKEN}@example.com");
        report.notices.push(TOKEN.to_owned());
        report.left_behind[0].reason = TOKEN.to_owned();
        for scenario in &mut report.scenarios {
            scenario.notices.push(TOKEN.to_owned());
            scenario.undo[0].request = TOKEN.to_owned();
            for step in &mut scenario.steps {
                step.note = Some(TOKEN.to_owned());
                step.response = Some(sample::answer(200, &json!({ "echo": TOKEN }).to_string()));
                step.checks.push(sample::check(
                    "body",
                    json!([{ TOKEN: { "deep": TOKEN } }]),
                    json!(null),
                ));
            }
        }
        let redactor = Redactor::default();
        redactor.learn(&Secret::new(TOKEN));
        for mut event in sample::events(&report) {
            redact_event(&mut event, &redactor);
            assert!(!format!("{event:?}").contains("1234567890"), "{event:?}");
        }
    }
}

//! Takes secrets out of an event before any reporter cuts, escapes or folds its texts: half a
//! secret, or one escaped for XML, cannot be found any more. Texts are cut to what is shown here,
//! after that; what is cut before keeps more than [`LONGEST_TEXT`], so that a secret across the cut
//! is found.

use std::borrow::Cow;

use serde_json::Value;

use crate::event::{
    Check, Diagnosis, Event, EventSummary, LONGEST_TEXT, LeftBehind, Quote, RequestSummary,
    ResponseSummary, RunInfo, RunReport, ScenarioInfo, ScenarioResult, StepResult, Target,
    UndoResult, pieces,
};
use crate::printable::start;
use crate::secret::{REDACTED, Redactor, is_secret_name};

/// The most of a body and of an explanation that is shown, in characters.
const SHOWN: usize = 2_000;

/// Takes everything that `redactor` knows out of every text of `event`.
pub fn redact_event(event: &mut Event, redactor: &Redactor) {
    let redact = |text: &mut String| redact(text, redactor);
    match event {
        Event::RunStarted(RunInfo { target, scenarios }) => {
            target_texts(target, &redact);
            for ScenarioInfo { name, steps } in scenarios {
                redact(name);
                steps.iter_mut().for_each(redact);
            }
        }
        Event::Notice(text) | Event::Waiting { what: text, .. } => sentence(text, &redact),
        Event::ScenarioFinished { result, .. } => scenario_texts(result, &redact),
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
            target_texts(target, &redact);
            for LeftBehind { request, reason } in left_behind {
                redact(request);
                sentence(reason, &redact);
            }
            for notice in notices {
                sentence(notice, &redact);
            }
            for scenario in scenarios {
                scenario_texts(scenario, &redact);
            }
        }
        Event::Tick
        | Event::ScenarioStarted { .. }
        | Event::StepStarted { .. }
        | Event::StepFinished { .. } => {}
    }
}

fn target_texts(target: &mut Target, redact: &impl Fn(&mut String)) {
    let Target { base_url, kind: _, events: _ } = target;
    redact(base_url);
}

fn scenario_texts(scenario: &mut ScenarioResult, redact: &impl Fn(&mut String)) {
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
    redact(name);
    redact(title);
    redact(file);
    for step in steps {
        step_texts(step, redact);
    }
    for UndoResult { request, status: _, reason } in undo {
        redact(request);
        if let Some(reason) = reason {
            sentence(reason, redact);
        }
    }
    for notice in notices {
        sentence(notice, redact);
    }
}

fn step_texts(step: &mut StepResult, redact: &impl Fn(&mut String)) {
    let StepResult {
        name,
        kind: _,
        status: _,
        duration: _,
        line: _,
        note,
        reason,
        request,
        response,
        event,
        checks,
        diagnosis,
    } = step;
    redact(name);
    note.iter_mut().for_each(redact);
    if let Some(reason) = reason {
        sentence(reason, redact);
    }
    if let Some(RequestSummary { method, url, attempts: _ }) = request {
        redact(method);
        redact(url);
    }
    if let Some(ResponseSummary { status: _, body }) = response {
        redact(body);
        shorten(body, SHOWN);
    }
    if let Some(EventSummary { webhook_id, event_type, signature: _, waited: _ }) = event {
        redact(webhook_id);
        redact(event_type);
    }
    for Check { path, expected, actual, missing: _, status: _, line: _ } in checks {
        redact(path);
        for value in [expected, actual] {
            value_texts(value, redact);
            if path.rsplit('.').next().is_some_and(is_secret_name) {
                hide(value);
            }
        }
    }
    if let Some(Diagnosis { code: _, message, hint }) = diagnosis {
        for text in [message, hint] {
            sentence(text, redact);
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

fn value_texts(value: &mut Value, redact: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| value_texts(item, redact)),
        Value::Object(entries) => {
            *entries = std::mem::take(entries)
                .into_iter()
                .map(|(mut key, mut value)| {
                    redact(&mut key);
                    if is_secret_name(&key) {
                        hide(&mut value);
                    }
                    value_texts(&mut value, redact);
                    (key, value)
                })
                .collect();
        }
        Value::Number(number) => {
            let mut text = number.to_string();
            redact(&mut text);
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
fn sentence(text: &mut String, redact: &impl Fn(&mut String)) {
    let mut whole = String::with_capacity(text.len());
    for (piece, quote) in pieces(text) {
        let mut piece = piece.to_owned();
        redact(&mut piece);
        if quote == Some(Quote::Excerpt) {
            piece = piece.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if let Some(quote) = quote {
            shorten(&mut piece, quote.limit());
        }
        whole.push_str(&piece);
    }
    // Two pieces may make a secret together.
    redact(&mut whole);
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
        value_texts(&mut value, &|text| redact(text, &redactor));
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

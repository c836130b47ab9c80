//! Headers and bodies, as the reports for people and for CI systems print them.

use super::explain::sent;
use crate::event::{Body, EventSummary, Headers, StepResult};
use crate::printable::printable;

/// The headers, a line each, then the body: JSON laid out, other text as it is.
pub fn lines(headers: &Headers, body: Option<&Body>) -> Vec<String> {
    let headers = headers.0.iter();
    let mut lines: Vec<String> =
        headers.map(|(name, value)| printable(&format!("{name}: {value}")).into_owned()).collect();
    if let Some(body) = body {
        let laid_out = body.json().and_then(|value| serde_json::to_string_pretty(&value).ok());
        let text = laid_out.as_deref().unwrap_or(&body.text);
        lines.extend(text.lines().map(|line| printable(line).into_owned()));
    }
    lines
}

/// `customer.created (evt_1)`. Not printable yet.
pub fn named(event: &EventSummary) -> String {
    format!("{} ({})", event.event_type, event.webhook_id)
}

/// Everything that a step sent and got, under a heading each.
pub fn passed_between(step: &StepResult) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |heading: String, headers: &Headers, body: Option<&Body>| {
        all.push(printable(&heading).into_owned());
        all.extend(lines(headers, body));
    };
    if let Some(request) = &step.request {
        add(format!("> {}", sent(request)), &request.headers, request.body.as_ref());
    }
    if let Some(response) = &step.response {
        add(format!("< {}", response.status), &response.headers, Some(&response.body));
    }
    for event in step.event.iter().chain(&step.arrived) {
        let heading = format!("< webhook: {}, {}", named(event), event.signature);
        add(heading, &event.headers, Some(&event.payload));
    }
    all
}

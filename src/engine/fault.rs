//! A fault step: tells the sandbox what is to go wrong.

use serde_json::{Value as Json, json};

use super::calls::Calls;
use super::context::Context;
use super::state::{Ended, Learned, State};
use crate::event::{Status, StepResult};
use crate::evidence::{Outcome, summary};
use crate::http::Request;
use crate::scenario::{FaultStep, NO_FAULT, Shape};
use crate::variables::{FillError, Variables};

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    fault: &FaultStep,
    mut result: StepResult,
) -> Ended {
    let path = context.shared.provider.sandbox.faults;
    if fault.name.value == NO_FAULT {
        disarm(context, &state.faults).await;
        result.status = Status::Passed;
        return Ended::new(result, Outcome::Nothing);
    }
    let body = match body(&state.variables, fault) {
        Ok(body) => body,
        Err(error) => return Ended::unfilled(result, error),
    };
    let request = Request::new("POST", path, Some(&body));
    let client = context.shared.steps.billing();
    let calls = Calls::since(context.shared.options.began);
    let tell = |next| calls.about_to(next, || format!("POST {path}"));
    let answer = client.send_and_tell(&request, tell).await;
    calls.answered(answer.as_ref().ok().map(|response| response.status));
    calls.report(&mut result);
    let variable = context.shared.provider.token.variable;
    result.request = Some(summary::request(client, &request, Some(variable), 1));
    match answer {
        Ok(response) if response.is_success() => {
            result.status = Status::Passed;
            let learned = Learned { fault: Some(fault.name.value.clone()), ..Learned::default() };
            Ended { result, outcome: Outcome::Nothing, learned }
        }
        Ok(response) => {
            result.status = Status::Errored;
            let said = response.json().and_then(|json| json["detail"].as_str().map(str::to_owned));
            result.reason =
                Some(said.unwrap_or_else(|| format!("the sandbox answered {}", response.status)));
            Ended::new(result, Outcome::Nothing)
        }
        Err(failure) => {
            result.status = Status::Errored;
            Ended::new(result, Outcome::Failed(failure))
        }
    }
}

/// Disarms what a scenario armed. A sandbox that is gone shows no fault either.
pub(super) async fn disarm(context: &Context<'_>, armed: &[String]) {
    let path = context.shared.provider.sandbox.faults;
    for name in armed {
        let request = Request::new("DELETE", format!("{path}/{name}"), None);
        let _ = context.shared.targets.billing().send(&request).await;
    }
}

fn body(variables: &Variables, fault: &FaultStep) -> Result<Json, FillError> {
    let mut body = json!({ "name": fault.name.value });
    if let Some(on) = &fault.on {
        body["on"] = json!(variables.text(on)?);
    }
    for (key, count) in [("after", &fault.after), ("times", &fault.times)] {
        if let Some(count) = count {
            body[key] = number(variables, count)?;
        }
    }
    if let Some(duration) = &fault.duration {
        body["duration"] = json!(duration.value);
    }
    Ok(body)
}

/// A number, also where a table has it as text.
fn number(variables: &Variables, shape: &Shape) -> Result<Json, FillError> {
    let value = variables.value(shape)?;
    let number = value.as_str().and_then(|text| text.parse::<u32>().ok());
    Ok(number.map_or(value, Json::from))
}

//! A step that runs a program of the app file: its output is looked at as an answer would be.

use std::cell::RefCell;

use super::capture;
use super::check::{Checked, Expected};
use super::context::Context;
use super::poll::{Polled, poll};
use super::state::{Ended, Learned, State};
use crate::app;
use crate::event::{Status, StepResult};
use crate::evidence::{Exchange, Outcome, summary};
use crate::http::{Failure, FailureKind, Response};
use crate::scenario::{Exec, Step, TargetName};

/// What stands for the method of a request.
const METHOD: &str = "EXEC";

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    exec: &Exec,
    mut result: StepResult,
) -> Ended {
    let command = exec.command.iter().map(|part| state.variables.text(part));
    let filled = command
        .collect::<Result<Vec<_>, _>>()
        .and_then(|command| Ok((command, Expected::fill(context, &state.variables, step)?)));
    let (command, expected) = match filled {
        Ok(filled) => filled,
        Err(error) => return Ended::unfilled(result, error),
    };
    let Some(app) = context.shared.steps.app() else {
        result.reason = Some("there is no app under test".to_owned());
        return Ended::new(result, Outcome::Nothing);
    };
    let (folder, limit) = (&app.folder, app.client.timeout());
    let program = command.first().cloned().unwrap_or_default();
    let last = RefCell::new(None);
    let polled = poll(context, state, number, step, async || {
        let printed = app::exec(&command, folder, limit).await;
        let body = printed.map_err(|why| Failure::new(FailureKind::Undecodable, why))?;
        let url = app.client.base().join("/").ok_or_else(|| {
            Failure::new(FailureKind::Unreachable, "the app has no address".to_owned())
        })?;
        let response = Response { status: 200, headers: Vec::new(), body, url };
        let Checked { checks, json, wants_json } = expected.check(context, step, &response);
        *last.borrow_mut() = Some(summary::response(&response, true));
        let exchange = Exchange {
            method: METHOD.to_owned(),
            path: program.clone(),
            with_token: false,
            sent: None,
            expected: expected.status.clone(),
            json,
            wants_json,
            response,
        };
        Ok((checks, exchange))
    });
    match polled.await {
        Polled::Decided { holds, checks, exchange } => {
            result.status = if holds { Status::Passed } else { Status::Failed };
            result.checks = checks;
            let (response, json) = (&exchange.response, exchange.json.as_ref());
            let from = capture::From::Answer { response, json };
            let source = &context.planned.scenario.source;
            let captured = capture::take(step, source, &state.variables, &from);
            let captured = captured.judge(&mut result);
            for path in &step.hidden {
                if let Some(value) = json.and_then(|json| capture::in_body(json, path)) {
                    context.hide(value);
                }
            }
            result.response = last.into_inner().filter(|_| context.keeps(result.status));
            let learned = Learned { captured, ..Learned::default() };
            Ended { result, outcome: Outcome::Exchange(exchange), learned }
        }
        Polled::Failed(failure) => {
            result.status = Status::Errored;
            let why = format!("the program of the app file failed: {}", failure.detail);
            let outcome = Outcome::AppDown(crate::event::Code::AppUnreachable, why);
            let learned = Learned {
                down: Some((TargetName::App, "a program of the app file failed")),
                ..Learned::default()
            };
            Ended { result, outcome, learned }
        }
        Polled::Halted(halted) => Ended::halted(result, halted),
    }
}

//! What happened in a scenario, in the order of time.

use std::time::Duration;

use crate::event::{Call, ScenarioResult, Status, StepKind, StepResult, UndoResult};

/// A lifeline of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    App,
    Tool,
    Api,
    Webhooks,
}

/// What an arrow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    Answer,
    Webhook,
    /// What never came.
    Lost,
}

/// An arrow from one lifeline to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow {
    pub kind: Kind,
    pub from: Lane,
    pub to: Lane,
    pub broken: bool,
}

/// One row of the picture.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    pub at: Duration,
    pub until: Duration,
    pub arrows: Vec<Arrow>,
    pub what: String,
    /// What came of it, in a word or two.
    pub result: String,
    /// How often it happened.
    pub times: usize,
    /// The step that it belongs to, by its index.
    pub step: Option<(usize, &'a StepResult)>,
    /// Whether what passed between is shown here.
    pub opens: bool,
}

/// The rows of a scenario.
pub fn rows(scenario: &ScenarioResult) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (index, step) in scenario.steps.iter().enumerate() {
        rows.extend(of_step(index, step));
    }
    rows.extend(unawaited(scenario));
    rows.extend(scenario.undo.iter().map(undone));
    let mut rows = split(rows);
    rows.sort_by_key(|row| row.at);
    let mut merged: Vec<Row<'_>> = Vec::new();
    for row in rows {
        match merged.last_mut() {
            Some(last) if repeats(last, &row) => {
                (last.until, last.times) = (row.until, last.times + 1);
                (last.opens, last.arrows) = (row.opens, row.arrows);
            }
            _ => merged.push(row),
        }
    }
    merged
}

/// Whether a row is the same request with the same answer once more.
fn repeats(last: &Row<'_>, row: &Row<'_>) -> bool {
    let index = |row: &Row<'_>| row.step.map(|(index, _)| index);
    index(last).is_some()
        && index(last) == index(row)
        && (&last.what, &last.result) == (&row.what, &row.result)
        && last.arrows.len() == row.arrows.len()
        && !last.opens
}

fn of_step(index: usize, step: &StepResult) -> Vec<Row<'_>> {
    let broken = matches!(step.status, Status::Failed | Status::Errored);
    let whole = |arrows: Vec<Arrow>, at, until, what: String, result: String| Row {
        at,
        until,
        arrows,
        what,
        result,
        times: 1,
        step: Some((index, step)),
        opens: true,
    };
    let (at, end) = (step.at, step.at + step.duration);
    let far =
        if matches!(step.kind, StepKind::App | StepKind::Deliver) { Lane::App } else { Lane::Api };
    if !step.calls.is_empty() {
        let shown = shown(step);
        let row = |(number, call): (usize, &Call)| {
            let (opens, arrows) =
                (number == shown, pair(far, step, call, broken && number == shown));
            let result = call.status.map_or("no answer".to_owned(), |status| status.to_string());
            Row {
                opens,
                ..whole(arrows, call.at, call.at + call.duration, call.what.clone(), result)
            }
        };
        return step.calls.iter().enumerate().map(row).collect();
    }
    if let Some(event) = &step.event {
        let arrow = Arrow { kind: Kind::Webhook, from: Lane::Webhooks, to: Lane::Tool, broken };
        let when = if event.waited.is_zero() { "was there already, " } else { "" };
        let result = format!("{when}{}", signed(event.signature));
        return vec![whole(vec![arrow], event.at, event.at, event.event_type.clone(), result)];
    }
    let lost = |from, to| vec![Arrow { kind: Kind::Lost, from, to, broken: true }];
    match (step.kind, &step.request, &step.response) {
        (StepKind::Event, ..) if step.status == Status::Failed => {
            vec![whole(
                lost(Lane::Webhooks, Lane::Tool),
                end,
                end,
                String::new(),
                "did not come".to_owned(),
            )]
        }
        (StepKind::App, _, Some(_)) => {
            let arrows = vec![
                Arrow { kind: Kind::Request, from: Lane::Tool, to: Lane::App, broken: false },
                Arrow { kind: Kind::Answer, from: Lane::App, to: Lane::Tool, broken },
            ];
            vec![whole(arrows, at, end, "a program of the app file".to_owned(), String::new())]
        }
        (_, Some(request), _) if broken => {
            let what = format!("{} {}", request.method, request.url);
            vec![whole(lost(Lane::Tool, far), at, end, what, "not sent".to_owned())]
        }
        _ => vec![whole(Vec::new(), at, end, String::new(), String::new())],
    }
}

/// `signed (standard)`, or why it is not.
fn signed(signature: &str) -> String {
    match signature {
        "standard" | "legacy" => format!("signed ({signature})"),
        other => other.to_owned(),
    }
}

/// There and back.
fn pair(far: Lane, step: &StepResult, call: &Call, broken: bool) -> Vec<Arrow> {
    let kind = if step.kind == StepKind::Deliver { Kind::Webhook } else { Kind::Request };
    if call.status.is_none() {
        return vec![Arrow { kind: Kind::Lost, from: Lane::Tool, to: far, broken: true }];
    }
    vec![
        Arrow { kind, from: Lane::Tool, to: far, broken: false },
        Arrow { kind: Kind::Answer, from: far, to: Lane::Tool, broken },
    ]
}

/// Which of several calls the report shows: of webhooks the first that was not answered as
/// expected, else the last.
fn shown(step: &StepResult) -> usize {
    let failed = step.checks.iter().find(|check| check.status == Status::Failed);
    let is_it = |call: &Call| {
        step.kind == StepKind::Deliver
            && failed.is_some_and(|check| {
                (check.path == "status" || check.path.starts_with(&call.what))
                    && check.actual.as_u64() == call.status.map(u64::from)
            })
    };
    step.calls.iter().rposition(is_it).unwrap_or(step.calls.len().saturating_sub(1))
}

/// The webhooks that decided no step.
fn unawaited(scenario: &ScenarioResult) -> Vec<Row<'_>> {
    let decided = |id: &str, at| {
        scenario
            .steps
            .iter()
            .filter_map(|step| step.event.as_ref())
            .any(|event| event.webhook_id == id && event.at == at)
    };
    let known = |id: &str| {
        scenario
            .steps
            .iter()
            .filter_map(|step| step.event.as_ref())
            .any(|event| event.webhook_id == id)
    };
    let webhooks = scenario.webhooks.iter().filter(|one| !decided(&one.webhook_id, one.at));
    webhooks
        .map(|one| Row {
            at: one.at,
            until: one.at,
            arrows: vec![Arrow {
                kind: Kind::Webhook,
                from: Lane::Webhooks,
                to: Lane::Tool,
                broken: false,
            }],
            what: one.event_type.clone(),
            result: if known(&one.webhook_id) {
                format!("a copy, {}", signed(one.signature))
            } else {
                format!("no step waits for it, {}", signed(one.signature))
            },
            times: 1,
            step: None,
            opens: false,
        })
        .collect()
}

/// Where something else happens between a request and its answer, the answer has its own row.
fn split(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let times: Vec<_> = rows
        .iter()
        .map(|row| (row.at, row.step.map(|(index, _)| index), row.arrows.len()))
        .collect();
    let mut out = Vec::new();
    for row in rows {
        let own = row.step.map(|(index, _)| index);
        let between = times.iter().any(|(at, step, arrows)| {
            *arrows > 0 && *step != own && row.at < *at && *at < row.until
        });
        if row.arrows.len() == 2 && between {
            let answer = Row { at: row.until, arrows: row.arrows[1..].to_vec(), ..row.clone() };
            let sent = "sent; the answer is below".to_owned();
            let arrows = row.arrows[..1].to_vec();
            out.push(Row { until: row.at, arrows, result: sent, opens: false, ..row });
            out.push(answer);
        } else {
            out.push(row);
        }
    }
    out
}

fn undone(undo: &UndoResult) -> Row<'_> {
    let broken = !matches!(undo.status, Status::Passed | Status::Skipped);
    let (far, tool) = (Lane::Api, Lane::Tool);
    let arrows = if undo.status == Status::Skipped {
        Vec::new()
    } else {
        vec![
            Arrow { kind: Kind::Request, from: tool, to: far, broken: false },
            Arrow { kind: Kind::Answer, from: far, to: tool, broken },
        ]
    };
    let result = match (&undo.reason, undo.status) {
        (Some(reason), _) => format!("taken back: {}, {reason}", undo.status.as_str()),
        (None, _) => "taken back".to_owned(),
    };
    let (at, until) = (undo.at, undo.at + undo.duration);
    Row {
        at,
        until,
        arrows,
        what: undo.request.clone(),
        result,
        times: 1,
        step: None,
        opens: false,
    }
}

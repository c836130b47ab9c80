use std::io;

use serde_json::json;

use super::*;
use crate::event::{
    Code, EventSource, LeftBehind, RunReport, ScenarioResult, Status, StepKind, StepResult,
};
use crate::printable::{columns, is_hidden};
use crate::report::sample::{
    self, check, create, diagnosis, everything, hostile, mapping, mapping_lost, micros, missing,
    read_back, read_back_unmapped, report, scenario, skipped, webhook,
};

fn shown(detail: Detail, report: &RunReport) -> io::Result<String> {
    written(Look { detail, ..Look::default() }, report)
}

fn written(look: Look, report: &RunReport) -> io::Result<String> {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, look);
    sample::events(report).iter().try_for_each(|event| terminal.event(event))?;
    String::from_utf8(out).map_err(io::Error::other)
}

#[test]
fn all_passed() -> io::Result<()> {
    let lookup = scenario("customer-lookup", vec![create(), read_back()]);
    insta::assert_snapshot!(shown(Detail::Normal, &report(vec![mapping(), lookup]))?);
    Ok(())
}

#[test]
fn one_failed() -> io::Result<()> {
    let lookup = scenario("customer-lookup", vec![create(), read_back()]);
    insta::assert_snapshot!(shown(Detail::Normal, &report(vec![mapping_lost(), lookup]))?);
    Ok(())
}

#[test]
fn everything_at_once() -> io::Result<()> {
    insta::assert_snapshot!(shown(Detail::Normal, &everything())?);
    Ok(())
}

#[test]
fn quiet() -> io::Result<()> {
    insta::assert_snapshot!(shown(Detail::Quiet, &everything())?);
    Ok(())
}

#[test]
fn quiet_and_passed_is_one_line() -> io::Result<()> {
    let shown = shown(Detail::Quiet, &report(vec![mapping()]))?;
    insta::assert_snapshot!(shown, @"1 scenario: 1 passed in 812.4 ms");
    Ok(())
}

#[test]
fn verbose() -> io::Result<()> {
    insta::assert_snapshot!(shown(Detail::Verbose, &everything())?);
    Ok(())
}

#[test]
fn a_report_that_stands_alone_says_what_was_tested() -> io::Result<()> {
    let mut run = report(vec![mapping()]);
    run.notices.push("webhooks are read by the listener: the target is on this machine".to_owned());
    insta::assert_snapshot!(written(Look { standalone: true, ..Look::default() }, &run)?);
    Ok(())
}

#[test]
fn coloured() -> io::Result<()> {
    let text = written(Look { style: Style::coloured(), ..Look::default() }, &everything())?;
    let mut plain = text.clone();
    while let Some((start, end)) =
        plain.find('\u{1b}').and_then(|at| Some((at, at + plain[at..].find('m')?)))
    {
        plain.replace_range(start..=end, "");
    }
    assert_ne!(text, plain);
    assert_eq!(plain, shown(Detail::Normal, &everything())?);
    Ok(())
}

/// Each scenario's first step carries the diagnosis; explained once is enough.
#[test]
fn a_target_that_is_down_is_explained_once() -> io::Result<()> {
    let down = |name| {
        let first = StepResult {
            status: Status::Errored,
            response: None,
            checks: Vec::new(),
            diagnosis: Some(diagnosis(
                Code::TargetUnreachable,
                "nothing answers at http://127.0.0.1:40123: connection refused",
                "start the target, or name another one with --base-url",
            )),
            ..create()
        };
        let steps =
            vec![first, skipped("Read it back", StepKind::Request, 22, "the target is gone")];
        ScenarioResult { undo: Vec::new(), ..scenario(name, steps) }
    };
    insta::assert_snapshot!(shown(
        Detail::Normal,
        &report(vec![down("customer-mapping"), down("customer-lookup"), down("team")])
    )?);
    Ok(())
}

#[test]
fn interrupted() -> io::Result<()> {
    let waiting = StepResult {
        status: Status::Interrupted,
        duration: micros(4_210_000),
        event: None,
        ..webhook()
    };
    let mut cut_short = scenario("customer-mapping", vec![create(), read_back(), waiting]);
    cut_short.duration = micros(4_300_000);
    let never = scenario(
        "customer-lookup",
        vec![skipped("Create the customer", StepKind::Request, 8, "interrupted")],
    );
    let mut run = report(vec![cut_short, never]);
    run.duration = micros(4_400_000);
    insta::assert_snapshot!(shown(Detail::Normal, &run)?);
    Ok(())
}

#[test]
fn webhooks_that_nobody_signed() -> io::Result<()> {
    let mut step = webhook();
    if let Some(event) = &mut step.event {
        event.signature = "not signed";
        event.waited = micros(0);
    }
    let mut run = report(vec![scenario("customer-mapping", vec![create(), step])]);
    run.target.events = EventSource::Deliveries;
    insta::assert_snapshot!(shown(Detail::Normal, &run)?);
    Ok(())
}

#[test]
fn a_webhook_for_nobody_and_many_checks() -> io::Result<()> {
    let mut step = webhook();
    step.status = Status::Failed;
    step.note = Some(
        "Polar sends this right after the customer is made.\nYour handler reads data.external_id."
            .to_owned(),
    );
    step.checks = vec![missing("body.data.external_id", json!("user_8f2"))];
    step.checks.extend(
        (0..8).map(|number| check(&format!("body.data.list.{number}"), json!(1), json!(null))),
    );
    step.diagnosis = Some(diagnosis(Code::WebhookUnmapped, "the event carries no external_id", ""));
    insta::assert_snapshot!(shown(
        Detail::Normal,
        &report(vec![scenario("customer-mapping", vec![create(), step])])
    )?);
    Ok(())
}

#[test]
fn kept_on_purpose() -> io::Result<()> {
    let mut run = report(vec![mapping()]);
    for undo in &mut run.scenarios[0].undo {
        undo.status = Status::Skipped;
    }
    run.left_behind.push(LeftBehind {
        request: "DELETE /v1/customers/1".to_owned(),
        reason: "--keep".to_owned(),
    });
    insta::assert_snapshot!(shown(Detail::Normal, &run)?);
    Ok(())
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() -> io::Result<()> {
    let text = shown(Detail::Normal, &hostile())?;
    assert!(!text.replace('\n', "").contains(is_hidden));
    insta::assert_snapshot!(text);
    Ok(())
}

/// The sample's scenarios end in the opposite order.
#[test]
fn lines_come_as_scenarios_end_and_details_in_the_order_of_selection() -> io::Result<()> {
    let names = ["one", "two", "three"];
    let run = report(names.map(|name| scenario(name, vec![create()])).into());
    let order = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with([' ', 'n']));
        let known = |line: &str| {
            line.split([' ', ':']).find(|word| names.contains(word)).map(str::to_owned)
        };
        lines.filter_map(known).collect::<Vec<_>>()
    };
    assert_eq!(order(&shown(Detail::Normal, &run)?), ["three", "two", "one"]);
    assert_eq!(order(&shown(Detail::Verbose, &run)?), names);
    let run = report(names.map(|name| scenario(name, vec![read_back_unmapped()])).into());
    let text = shown(Detail::Normal, &run)?;
    assert_eq!(order(&text), ["three", "two", "one", "one", "two", "three"], "{text}");
    Ok(())
}

/// What is longer than the width is one word, or a command to copy.
#[test]
fn every_width_from_40_on_is_kept() -> io::Result<()> {
    for width in [40, 59, 60, 80, 100, 120] {
        for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose, Detail::All] {
            let text = written(Look { detail, width, ..Look::default() }, &everything())?;
            for line in text.lines().filter(|line| columns(line) > width) {
                let copied = ["repeat ", "next: "].iter().any(|label| line.contains(label))
                    || line.trim_start().starts_with("tieback run ");
                let words = line.get(19..).unwrap_or(line).trim().split(' ').count();
                assert!(copied || words == 1 || line.split_whitespace().count() <= 2, "{line}");
            }
        }
    }
    insta::assert_snapshot!(written(Look { width: 40, ..Look::default() }, &everything())?);
    Ok(())
}

#[test]
fn what_failed_is_run_again_from_the_json_report() -> io::Result<()> {
    let last = |look: Look, run: &RunReport| -> io::Result<String> {
        Ok(written(look, run)?.lines().last().unwrap_or_default().to_owned())
    };
    let lookup = || scenario("customer-lookup", vec![create()]);
    let run = report(vec![mapping_lost(), lookup()]);
    let json = Look { json: Some("the report.json".to_owned()), ..Look::default() };
    let said = "      tieback run --rerun 'the report.json'  # with the same options";
    assert_eq!(last(json.clone(), &run)?, said);
    let named = "      tieback run scenarios/customer-mapping.yaml  # with the same options";
    assert_eq!(last(Look::default(), &run)?, named);
    let only = report(vec![mapping_lost()]);
    assert_eq!(last(json, &only)?, "next: tieback explain external_id_lost");
    assert_eq!(last(Look::default(), &report(vec![lookup()]))?, "1 scenario: 1 passed in 812.4 ms");
    Ok(())
}

/// Steps that were not tried are counted, scenarios that never ran are named.
#[test]
fn an_interruption_is_not_told_step_by_step() -> io::Result<()> {
    let stopped = |name| StepResult {
        status: Status::Interrupted,
        duration: micros(0),
        event: None,
        reason: Some("interrupted".to_owned()),
        note: Some("A remark.".to_owned()),
        ..sample::step(name, StepKind::Event, 9)
    };
    let steps = || vec![stopped("One"), stopped("Two"), stopped("Three"), stopped("Four")];
    let mut begun = scenario("begun", [vec![create()], steps()].concat());
    let mut never = scenario("never-began", steps());
    (begun.undo, never.undo) = (Vec::new(), Vec::new());
    let run =
        report(vec![begun, never.clone(), ScenarioResult { name: "nor-this".to_owned(), ..never }]);
    insta::assert_snapshot!(shown(Detail::Normal, &run)?);
    Ok(())
}

//! The JUnit report: a test suite a scenario, a test case a step.

use std::collections::HashMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::curl::curl;
use super::message::passed_between;
use super::redacting_writer::Output;
use super::terminal::Look;
use super::{AtTheEnd, Reporter, explain};
use crate::event::{RunReport, ScenarioResult, Status, StepResult};
use crate::printable::printable;

/// The reporter of this format: JUnit XML, at the end of the run.
pub(super) fn reporter(_: Look, out: Output) -> Box<dyn Reporter + Send> {
    let mut out = out.whole();
    Box::new(AtTheEnd(move |report: &RunReport| {
        let xml = document(report).to_string().map_err(io::Error::other)?;
        out.write_all(xml.as_bytes())?;
        out.flush()
    }))
}

fn document(report: &RunReport) -> Report {
    let mut document = Report::new("tieback");
    document.set_time(report.duration);
    let left_behind: Vec<String> = report
        .left_behind
        .iter()
        .map(|left| {
            format!("left behind: {} ({})", printable(&left.request), printable(&left.reason))
        })
        .collect();
    for scenario in &report.scenarios {
        document.add_test_suite(suite(report, scenario));
    }
    // XML for JUnit knows no remarks on a whole run; they stand with its last suite.
    if let Some(last) = document.test_suites.last_mut() {
        let remarks = report.notices.iter().map(|notice| format!("note: {}", printable(notice)));
        let lines: Vec<String> = remarks.chain(left_behind).collect();
        if !lines.is_empty() {
            last.set_system_err(lines.join("\n"));
        }
    }
    document
}

fn suite(report: &RunReport, scenario: &ScenarioResult) -> TestSuite {
    let mut suite = TestSuite::new(printable(&scenario.name));
    suite.set_time(scenario.duration);
    // By the name that CI systems read, though the XML library has no field for it.
    suite.extra.insert("timestamp".into(), report.started_at.to_string().into());
    for (name, value) in [
        ("title", printable(&scenario.title)),
        (if scenario.built_in { "scenario" } else { "file" }, printable(&scenario.file)),
        ("target", printable(&report.target.base_url)),
        ("target.kind", report.target.kind.as_str().into()),
        ("target.events", report.target.events.as_str().into()),
    ] {
        suite.add_property(Property::new(name, value));
    }
    // GitLab takes cases of one name for one.
    let mut names: HashMap<&str, usize> = HashMap::new();
    suite.add_test_cases(scenario.steps.iter().map(|step| {
        let count = names.entry(step.name.as_str()).or_default();
        *count += 1;
        let name = printable(&step.name);
        let name = if *count > 1 { format!("{name} ({count})") } else { name.into_owned() };
        case(scenario, step, name)
    }));
    let undo = scenario
        .undo
        .iter()
        .filter(|undo| !matches!(undo.status, Status::Passed | Status::Skipped))
        .map(|undo| {
            let reason = undo.reason.as_deref().unwrap_or_default();
            format!(
                "undo {}: {} {}",
                undo.status.as_str(),
                printable(&undo.request),
                printable(reason)
            )
        });
    let notices = scenario.notices.iter().map(|notice| format!("note: {}", printable(notice)));
    let lines: Vec<String> = notices.chain(undo).collect();
    if !lines.is_empty() {
        suite.set_system_out(lines.join("\n"));
    }
    suite
}

fn case(scenario: &ScenarioResult, step: &StepResult, name: String) -> TestCase {
    let mut status = match step.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Status::Errored | Status::Interrupted => TestCaseStatus::non_success(NonSuccessKind::Error),
        Status::Skipped => TestCaseStatus::skipped(),
    };
    if step.status != Status::Passed {
        status.set_message(printable(&explain::headline(step)));
    }
    if step.status == Status::Skipped {
        // GitLab reads the text and no attribute.
        status.set_description(printable(&explain::headline(step)));
    } else if step.status != Status::Passed {
        status.set_type(explain::code(step));
        status.set_description(explain::story(scenario, step).join("\n"));
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(printable(&scenario.name))
        .set_time(step.duration)
        .set_assertions(step.checks.len());
    // CI systems open what stands here.
    if !scenario.built_in {
        case.extra.insert("file".into(), printable(&scenario.file).into());
        case.extra.insert("line".into(), explain::line(step).to_string().into());
    }
    let note =
        step.note.iter().flat_map(|note| note.lines()).map(|line| printable(line).into_owned());
    let mut lines: Vec<_> = note.collect();
    if !matches!(step.status, Status::Passed | Status::Skipped) {
        lines.extend(step.request.as_ref().map(curl));
        lines.extend(passed_between(step));
    }
    if !lines.is_empty() {
        // GitLab would link to a file of the job.
        case.set_system_out(lines.join("\n").replace("[[ATTACHMENT|", r"[[ATTACHMENT\|"));
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StepKind;
    use crate::printable::is_hidden;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: &RunReport) -> io::Result<String> {
        document(report).to_string().map_err(io::Error::other)
    }

    fn parsed(xml: &str) -> io::Result<Report> {
        Report::deserialize_from_str(xml).map_err(io::Error::other)
    }

    #[test]
    fn everything_has_its_place() -> io::Result<()> {
        insta::assert_snapshot!(written(&sample::everything())?);
        Ok(())
    }

    #[test]
    fn it_reads_back_with_the_same_counts() -> io::Result<()> {
        let read = parsed(&written(&sample::everything())?)?;
        assert_eq!((read.tests, read.failures, read.errors, read.skipped), (8, 1, 1, 1));
        assert_eq!(read.test_suites.len(), 3);
        Ok(())
    }

    #[test]
    fn hostile_text_stays_text() -> io::Result<()> {
        let xml = written(&sample::hostile())?;
        assert!(!xml.replace('\n', "").contains(is_hidden), "{xml}");
        let read = parsed(&xml)?;
        assert_eq!(
            read.test_suites[0].test_cases[0].name.as_str(),
            r"a # name\nok 2 - forged \u{202e}"
        );
        Ok(())
    }

    /// GitLab reads the text of an element, and the attributes `classname`, `name`, `file` and `time`.
    #[test]
    fn it_has_what_gitlab_reads() -> io::Result<()> {
        let mut step = sample::read_back_unmapped();
        step.response = Some(sample::answer(200, "[[ATTACHMENT|/etc/passwd]]"));
        let skipped = sample::skipped("Later", StepKind::Event, 1, "no webhooks");
        let steps = vec![step, skipped.clone(), skipped];
        let xml = written(&sample::report(vec![sample::scenario("own", steps)]))?;
        let case = xml.lines().find(|line| line.contains("<testcase name=\"Read it back\""));
        let case = case.unwrap_or_default();
        for attribute in ["classname=\"own\"", "file=\"scenarios/own.yaml\"", "time=\"0.002\""] {
            assert!(case.contains(attribute), "{attribute}: {xml}");
        }
        assert!(xml.contains(">no webhooks</skipped>"), "{xml}");
        assert!(xml.contains("name=\"Later\"") && xml.contains("name=\"Later (2)\""), "{xml}");
        let outs: Vec<_> = xml.split("<system-out>").skip(1).collect();
        assert!(outs.len() == 1 && outs[0].contains(r"[[ATTACHMENT\|/etc"), "{xml}");
        assert!(!outs[0].contains("[[ATTACHMENT|"), "{xml}");
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_well_formed(name in any::<String>(), reason in any::<String>()) {
            let step = sample::skipped(&name, StepKind::Event, 1, &reason);
            let xml = written(&sample::report(vec![sample::scenario("s", vec![step])]))?;
            prop_assert!(parsed(&xml).is_ok(), "{}", xml);
        }
    }
}

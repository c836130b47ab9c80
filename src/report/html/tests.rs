use super::rows::{Kind, rows};
use super::*;
use crate::event::Status;
use crate::printable::is_hidden;
use crate::report::sample;

/// The page without its style and its script, an element a line.
fn body(report: &RunReport) -> String {
    page(report).into_string().replace(STYLE, "").replace(SCRIPT, "").replace("><", ">\n<")
}

#[test]
fn everything_has_its_place() {
    insta::assert_snapshot!(body(&sample::everything()));
}

#[test]
fn hostile_text_stays_text_and_can_be_seen() {
    let mut hostile = sample::hostile();
    hostile.scenarios[0].title = "</script><img src=x onerror=alert(1)>\u{202e}".to_owned();
    hostile.notices.push("<style>*{display:none}</style>".to_owned());
    let text = page(&hostile).into_string();
    assert!(!text.replace('\n', "").contains(is_hidden));
    assert!(!text.contains("<img") && text.contains("&lt;/script&gt;&lt;img"), "{text}");
    assert_eq!((text.matches("<style").count(), text.matches("<script").count()), (1, 1));
    assert!(text.contains(r"\u{202e}"), "{text}");
}

#[test]
fn a_webhook_that_comes_before_the_answer_stands_before_it() {
    let mut scenario = sample::mapping();
    let call = scenario.steps[0].calls[0].clone();
    if let Some(event) = &mut scenario.steps[2].event {
        event.at = call.at + call.duration / 2;
        scenario.webhooks[0].at = event.at;
    }
    let rows = rows(&scenario);
    let kinds: Vec<Vec<_>> =
        rows.iter().map(|row| row.arrows.iter().map(|arrow| arrow.kind).collect()).collect();
    assert_eq!(kinds[..3], [vec![Kind::Request], vec![Kind::Webhook], vec![Kind::Answer]]);
    assert!(rows.is_sorted_by_key(|row| row.at));
}

#[test]
fn what_is_sent_again_with_the_same_answer_is_one_row() {
    let mut scenario = sample::mapping();
    let call = scenario.steps[1].calls[0].clone();
    scenario.steps[1].calls = vec![call; 9];
    let rows = rows(&scenario);
    let read: Vec<_> = rows.iter().filter(|row| row.what.starts_with("GET")).collect();
    assert_eq!((read.len(), read[0].times, read[0].opens), (1, 9, true));
}

#[test]
fn only_the_step_that_failed_is_broken() {
    let scenario = sample::mapping_lost();
    for row in rows(&scenario) {
        let failed = row.step.is_some_and(|(_, step)| step.status == Status::Failed);
        assert_eq!(row.arrows.iter().any(|arrow| arrow.broken), failed, "{row:?}");
    }
}

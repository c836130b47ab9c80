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

//! What is printed, and what never is.

use serde_json::json;

use super::records::{customer, endpoint, with};
use super::{TOKEN, clean, clean_all, holds, left, refusing, with_customers};
use crate::support::server::Behaviour;

#[test]
fn text_from_outside_does_nothing_to_a_terminal() {
    let odd = with(
        customer("c\u{1b}[31m"),
        &json!({ "email": "a\u{202e}b\r\n@example.com", "external_id": "\u{9b}2J",
            "metadata": { "tieback_run": "x\u{7}" } }),
    );
    let api = holds(&[odd], &[], refusing("DELETE", 403, json!({})));
    let ran = clean_all(&api).status(3).done();
    ran.prints(r"a\u{202e}b\r\n@example.com")
        .prints(r"c\u{1b}[31m")
        .prints(r"x\u{7}")
        .prints(r"\u{9b}2J");
    ran.prints("  DELETE /v1/customers/c%1B%5B31m  (");
    let harmless = |text: &str| {
        text.chars().all(|char| char == '\n' || !char.is_control() && char != '\u{202e}')
    };
    assert!(harmless(&ran.stdout) && harmless(&ran.stderr), "{ran}");
}

#[test]
fn neither_tokens_nor_secrets_are_printed() {
    const SECRET: &str = "whsec_bm90aGluZyB0byBzZWUgaGVyZSBhdCBhbGw=";
    let telling = with(
        endpoint("e1"),
        &json!({ "secret": SECRET,
            "url": format!("https://x.example/{TOKEN}?{}{SECRET}", "long".repeat(16)) }),
    );
    let customer =
        with(customer("c1"), &json!({ "email": SECRET, "external_id": TOKEN, "name": "x" }));
    let api = holds(&[customer], &[telling], Behaviour::correct());
    let ran = clean_all(&api).done();
    for half in [SECRET, &SECRET[..20], TOKEN, &TOKEN[..16]] {
        ran.hides(half);
    }
    ran.prints("https://x.example/(redacted)?long");
}

#[test]
fn long_texts_are_cut_and_ids_are_not() {
    let id = "1".repeat(200);
    let long = with(customer(&id), &json!({ "email": "e".repeat(200) }));
    let api = holds(&[long], &[], Behaviour::correct());
    let ran = clean_all(&api).done();
    ran.prints(&id).prints(&format!("{}…", "e".repeat(79)));
    assert!(!ran.stdout.contains(&"e".repeat(80)), "{ran}");
}

#[test]
fn columns_line_up_whatever_the_script() {
    let wide = with(customer("c1"), &json!({ "external_id": "名前" }));
    let api = holds(&[wide, customer("c2")], &[], Behaviour::correct());
    let ran = clean_all(&api).done();
    let list: Vec<_> = ran.stdout.lines().skip(1).take(3).collect();
    assert!(list[0].contains("external id  created"), "{ran}");
    assert!(list[1].contains("名前         20") && list[2].contains("user_c2      20"), "{ran}");
}

#[test]
fn quiet_is_the_summary_and_what_failed() {
    let api = with_customers(&["c1", "c2"]);
    assert_eq!(clean_all(&api).args(["-q"]).done().stdout, "2 deleted\n");
    // What somebody else has to decide by is shown all the same.
    let api = with_customers(&["c1"]);
    clean(&api).args(["-q"]).status(2).done().prints("user_c1");
}

#[test]
fn colour_is_the_users_choice() {
    for (arguments, variable, coloured) in [
        (&[][..], "", false),
        (&["--color", "always"], "", true),
        (&[], "CLICOLOR_FORCE", true),
        (&["--color", "never"], "CLICOLOR_FORCE", false),
    ] {
        let api = with_customers(&["c1"]);
        let program = clean_all(&api).args(arguments);
        let program = if variable.is_empty() { program } else { program.env(variable, "1") };
        assert_eq!(program.done().stdout.contains('\u{1b}'), coloured, "{arguments:?} {variable}");
    }
}

/// The reader may go: what was begun is brought to its end.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let ids: Vec<_> = (0..50).map(|id| id.to_string()).collect();
    let api = with_customers(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut running = clean_all(&api).start();
    running.stop_reading();
    running.done();
    assert!(left(&api).is_empty());
}

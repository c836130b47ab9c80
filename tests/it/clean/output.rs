//! What is printed, and what never is.

use std::process::{Command, Stdio};

use axum::http::StatusCode;
use serde_json::json;

use crate::clean::program::{Program, TOKEN};
use crate::clean::server::{Act, Api, Behaviour, customer, endpoint, with};

#[test]
fn text_from_outside_does_nothing_to_a_terminal() {
    let odd = with(
        customer("c\u{1b}[31m"),
        &json!({ "email": "a\u{202e}b\r\n@example.com", "external_id": "\u{9b}2J", "metadata": { "tieback_run": "x\u{7}" } }),
    );
    let refuses = |line: &str, _| {
        line.starts_with("DELETE").then(|| Act::Reply(StatusCode::FORBIDDEN, json!({})))
    };
    let api = Api::start(
        vec![odd],
        Vec::new(),
        Behaviour { instead: Some(Box::new(refuses)), ..Behaviour::default() },
    );
    let ran = Program::clean_all(&api).ends(3);
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
        &json!({ "secret": SECRET, "url": format!("https://x.example/{TOKEN}?{}{SECRET}", "long".repeat(16)) }),
    );
    let customers =
        vec![with(customer("c1"), &json!({ "email": SECRET, "external_id": TOKEN, "name": "x" }))];
    let api = Api::start(customers, vec![telling], Behaviour::default());
    let ran = Program::clean_all(&api).ends(0);
    for half in [SECRET, &SECRET[..20], TOKEN, &TOKEN[..16]] {
        assert!(!ran.stdout.contains(half) && !ran.stderr.contains(half), "{half}{ran}");
    }
    ran.prints("https://x.example/(redacted)?long");
}

#[test]
fn long_texts_are_cut_and_ids_are_not() {
    let id = "1".repeat(200);
    let api = Api::start(
        vec![with(customer(&id), &json!({ "email": "e".repeat(200) }))],
        Vec::new(),
        Behaviour::default(),
    );
    let ran = Program::clean_all(&api).ends(0);
    ran.prints(&id).prints(&format!("{}…", "e".repeat(79)));
    assert!(!ran.stdout.contains(&"e".repeat(80)), "{ran}");
}

#[test]
fn columns_line_up_whatever_the_script() {
    let wide = with(customer("c1"), &json!({ "external_id": "名前" }));
    let api = Api::start(vec![wide, customer("c2")], Vec::new(), Behaviour::default());
    let ran = Program::clean_all(&api).ends(0);
    let list: Vec<_> = ran.stdout.lines().skip(1).take(3).collect();
    assert!(list[0].contains("external id  created"), "{ran}");
    assert!(list[1].contains("名前         20") && list[2].contains("user_c2      20"), "{ran}");
}

#[test]
fn quiet_is_the_summary_and_what_failed() {
    let api = Api::with_customers(&["c1", "c2"]);
    assert_eq!(Program::clean_all(&api).args(&["-q"]).ends(0).stdout, "2 deleted\n");
    // What somebody else has to decide by is shown all the same.
    let api = Api::with_customers(&["c1"]);
    Program::clean(&api).args(&["-q"]).ends(2).prints("user_c1");
}

#[test]
fn colour_is_the_users_choice() {
    for (arguments, variable, coloured) in [
        (&[][..], "", false),
        (&["--color", "always"], "", true),
        (&[], "CLICOLOR_FORCE", true),
        (&["--color", "never"], "CLICOLOR_FORCE", false),
    ] {
        let api = Api::with_customers(&["c1"]);
        let program = Program::clean_all(&api).args(arguments);
        let program = if variable.is_empty() { program } else { program.env(variable, "1") };
        assert_eq!(program.ends(0).stdout.contains('\u{1b}'), coloured, "{arguments:?} {variable}");
    }
}

/// Whoever reads may go: what was begun is brought to its end.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let ids: Vec<_> = (0..50).map(|id| id.to_string()).collect();
    let api = Api::with_customers(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    command.env_clear().args(["clean", "--yes", "--token", TOKEN, "--base-url", &api.base]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(api.left().is_empty());
}

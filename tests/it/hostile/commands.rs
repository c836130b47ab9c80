//! Text that a CI system would act on if it stood in a log as it came.

use serde_json::{Value, json};

use super::row::in_every_format;
use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// Each acts somewhere. Long enough in a row that one of them begins a line wherever that is
/// broken.
const COMMANDS: [&str; 12] = [
    "::add-mask::x",
    "::set-output name=a::b",
    "::error file=a,line=1::b",
    "::stop-commands::x",
    "##[add-mask]x",
    "##[error]x",
    "##vso[task.setvariable variable=a]b",
    "##VSO[task.complete]",
    "##teamcity[buildStop comment='x']",
    "section_start:1:a\r\u{1b}[0K",
    "travis_fold:start:a",
    "--- a +++ b ~~~ c ^^^ +++",
];

fn everywhere() -> String {
    COMMANDS.repeat(3).join(" ")
}

/// Whether some CI system would act on a line.
fn acts(line: &str) -> bool {
    let lower = line.trim_start().to_lowercase();
    let name = |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).count();
    let bracket =
        |(at, _): (usize, &str)| lower[at + 2 + name(&lower[at + 2..])..].starts_with('[');
    lower
        .strip_prefix("::")
        .is_some_and(|rest| rest.starts_with(|each: char| each.is_ascii_alphabetic()))
        || lower.match_indices("##").any(bracket)
        || ["section_start:", "section_end:", "travis_fold:", "\u{1b}[0k"]
            .iter()
            .any(|mark| lower.contains(mark))
        || ["---", "+++", "~~~", "^^^"].iter().any(|mark| line.starts_with(mark))
}

fn is_calm(finished: &Finished) {
    for line in finished.stdout.lines().chain(finished.stderr.lines()) {
        assert!(!acts(line), "{line:?}{finished}");
    }
}

/// Shows it in every format; what is for machines stays what it is.
fn shown(behaviour: &Behaviour, arguments: &[&str]) {
    in_every_format(behaviour, arguments, |format, _, finished| {
        is_calm(finished);
        let report = finished.file("report.json");
        assert!(!report.lines().any(acts), "{report}");
        let report: Value = serde_json::from_str(&report).expect("the report is JSON");
        // The value is the same; only its spelling is another.
        let is_shown = report.to_string().contains("::add-mask::x");
        assert!(is_shown, "{format}: it was not even shown{finished}");
        if format == "junit" {
            quick_junit::Report::deserialize_from_str(&finished.stdout)
                .expect("the report is JUnit XML");
        }
    });
}

#[test]
fn in_the_reasons_of_an_error() {
    for body in [
        json!({ "detail": everywhere() }),
        json!({ "detail": [{ "loc": ["body", everywhere()], "msg": everywhere() }] }),
        json!({ everywhere(): everywhere() }),
    ] {
        shown(&Behaviour::correct().replies(Kind::Create, Reply::json(422, &body)), &[]);
    }
}

#[test]
fn in_a_record() {
    for key in ["id", "email", "external_id"] {
        shown(
            &Behaviour::correct().answered(move |request, reply| {
                if matches!(request.kind, Kind::Create | Kind::Read) {
                    reply.edit(|record| record[key] = json!(everywhere()));
                }
            }),
            &[],
        );
    }
}

#[test]
fn in_what_is_no_json() {
    shown(
        &Behaviour::correct().replies(Kind::Create, Reply::text(201, "text/html", &everywhere())),
        &[],
    );
    shown(
        &Behaviour::correct()
            .replies(Kind::Create, Reply::text(500, "text/plain", &COMMANDS.join("\n"))),
        &[],
    );
}

#[test]
fn in_a_webhook() {
    let changed = |key: &'static str| {
        Behaviour::correct()
            .each(move |delivery| delivery.edit(move |it| it["data"][key] = json!(everywhere())))
    };
    for key in ["external_id", "email", "id"] {
        shown(&changed(key), &[]);
    }
}

#[test]
fn in_the_refusal_of_a_source() {
    let refused = Reply::json(422, &json!({ "detail": [{ "msg": everywhere() }] }));
    shown(&Behaviour::correct().replies(Kind::MakeEndpoint, refused), &["--events", "listener"]);
}

/// The scenario's own text goes to the log as well.
#[test]
fn in_a_scenario() {
    let scenario = format!(
        "name: own\ntitle: '{0}'\nsteps:\n- name: '{0}'\n  note: |\n    ::add-mask::x\n    \
            ##vso[a]b\n  request: GET /\n",
        "##vso[task.complete] ::error::x"
    );
    for format in ["human", "json", "junit", "tap"] {
        let server = Server::correct();
        let (_, finished) =
            Test::scenario(&scenario).args(["-v"]).format(format).against(&server).start().end();
        is_calm(&finished);
    }
    let (code, finished) =
        Test::scenario("name: own\n##vso[a]b: 1\n? ::add-mask::x\n").start().end();
    assert_eq!(code, Some(2));
    is_calm(&finished);
}

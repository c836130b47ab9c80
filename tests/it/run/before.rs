//! What a run says before it sends anything.

use crate::support::program::{Finished, Test};
use crate::support::server::{Kind, Server};

const DOUBTFUL: &str = "name: doubtful\nvars: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }\nsteps:\n  - name: Create\n    \
    request: POST /v1/customers/\n    body: { email: \"a+${run.id}@${email_domain}\" }\n";

#[test]
fn warnings_stand_on_stderr_once_and_change_nothing() {
    let server = Server::correct();
    let finished = Test::scenario(DOUBTFUL).against(&server).done();
    let warnings: Vec<_> =
        finished.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 6, "{finished}");
    assert_eq!(warnings[0], "warning: scenario.yaml:2: nothing uses the variable `a`");
    assert_eq!(warnings[5], "warning: 2 more like these (`tieback check` explains)");

    let quiet = Test::scenario(DOUBTFUL).arg("--quiet").against(&server).done();
    assert!(!quiet.stderr.contains("warning: "), "{quiet}");
}

const SELF_TEST: &str = "nothing of yours was tested";

fn lookup() -> Test {
    Test::run("customer-lookup")
}

#[test]
fn a_gate_that_tests_itself_says_so_everywhere() {
    let in_ci = || lookup().env("CI", "true");
    let finished = in_ci().done();
    finished.says(&format!("warning: {SELF_TEST}: CI is set and no target was given"));
    assert!(finished.report()["notices"].to_string().contains(SELF_TEST), "{finished}");
    for format in ["human", "junit", "tap"] {
        let finished = in_ci().format(format).done();
        finished.prints(SELF_TEST);
    }
    let finished = in_ci().arg("--quiet").format("human").done();
    assert!(
        finished.stderr.contains(SELF_TEST) && finished.stdout.contains(SELF_TEST),
        "{finished}"
    );
}

#[test]
fn only_a_run_in_ci_without_a_target_is_one() {
    for (name, value) in [("CI", "false"), ("CI", "0"), ("CI", ""), ("OTHER", "true")] {
        let finished = lookup().env(name, value).done();
        assert!(!finished.stderr.contains(SELF_TEST), "{name}={value}{finished}");
    }
    let server = Server::correct();
    let finished = lookup().env("CI", "true").arg("--require-target").against(&server).done();
    assert!(
        !finished.stderr.contains(SELF_TEST) && !finished.stdout.contains(SELF_TEST),
        "{finished}"
    );
    let finished = lookup().env("GITHUB_ACTIONS", "true").done();
    finished.says(SELF_TEST);
}

#[test]
fn a_required_target_that_is_missing_ends_the_run_at_once() {
    for test in [lookup(), lookup().env("CI", "true"), lookup().env("TIEBACK_BASE_URL", " ")] {
        let finished = test.arg("--require-target").status(2).done();
        finished.says("--require-target: no target was given");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn an_empty_variable_counts_as_not_set_and_is_said() {
    let finished = lookup().env("TIEBACK_BASE_URL", "").done();
    finished.says("TIEBACK_BASE_URL is empty, which counts as not set");
    assert_eq!(finished.report()["target"]["kind"], "embedded");
    let finished = lookup().env("TIEBACK_BASE_URL", "").arg("--require-target").status(2).done();
    finished.says("TIEBACK_BASE_URL is empty");
    let finished = lookup().args(["--base-url", ""]).status(2).done();
    finished.says("--base-url is empty");
}

fn hides(finished: &Finished) {
    assert!(!finished.stderr.contains("sesame") && finished.stdout.is_empty(), "{finished}");
}

#[test]
fn a_url_that_is_refused_is_shown_without_password_and_query() {
    for url in [
        "http://me:sesame@127.0.0.1:1",
        "https://me:sesame@api.example/v1",
        "ftp://me:sesame@api.example",
        "me:sesame@api.example",
        "https://api.example/?key=sesame",
        "https://api.example/#sesame",
        "https://me:sesame@api.example:99999",
        "https://me:ses@ame/sesame@[::1/",
        "http://billing example/?sesame",
        "polar_oat_sesame",
    ] {
        hides(&lookup().args(["--base-url", url]).status(2).done());
        hides(&lookup().env("TIEBACK_BASE_URL", url).status(2).done());
        hides(&lookup().args(["--listen", "127.0.0.1:4040", "--public-url", url]).status(2).done());
        // In the wrong place, clap quotes it.
        hides(&lookup().args(["--wait", url]).status(2).done());
        hides(&lookup().arg(format!("--jobs={url}")).status(2).done());
        hides(&lookup().args(["--listen", url]).status(2).done());
        hides(&lookup().args(["--report", url]).status(2).done());
        hides(&Test::run(url).status(2).done());
    }
    hides(&lookup().args(["--token", "sesame_open", "--wait", "sesame_open"]).status(2).done());
    hides(&lookup().args(["--var", "api-key=sesame"]).status(2).done());
    hides(&lookup().args(["--var", "sesame"]).status(2).done());
    let help =
        lookup().env("TIEBACK_BASE_URL", "http://me:sesame@api.example").arg("--help").done();
    assert!(!help.stdout.contains("sesame") && help.stdout.contains("TIEBACK_BASE_URL"), "{help}");
}

#[test]
fn what_is_visibly_no_token_is_said_before_anything_is_sent() {
    let server = Server::correct();
    for (token, said) in [
        ("\"polar_oat_sesame\"", "quotes"),
        ("POLAR_ACCESS_TOKEN=polar_oat_sesame", "an assignment"),
        ("${POLAR_SESAME}", "a variable"),
        ("$SESAME", "a variable"),
        ("{{ secrets.SESAME }}", "a variable"),
        ("Bearer polar_oat_sesame", "`Bearer`"),
        ("polar_oat_sesame\npolar_oat_other", "more than a bearer token"),
        ("polar_oat_…", "a placeholder"),
        ("xxx", "a placeholder"),
    ] {
        let url = server.url();
        let from_variable = lookup().env("POLAR_ACCESS_TOKEN", token);
        let typed = lookup().args(["--token", token]);
        let from_file = lookup().args(["--token-file", "token"]).file("token", token);
        for test in [from_variable, typed, from_file] {
            let finished = test.args(["--base-url", &url]).status(2).done();
            finished.says(said);
            assert!(!finished.stderr.to_lowercase().contains("sesame"), "{finished}");
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn json_is_asked_for_unless_a_step_asks_for_something_else() {
    let server = Server::correct();
    let scenario = "name: accept\nsteps:\n  - request: GET /v1/customers/\n  - request: GET /v1/customers/\n    \
                    headers: { Accept: text/csv }\n";
    Test::scenario(scenario).against(&server).done();
    let accepted: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.header("accept").map(str::to_owned))
        .collect();
    assert_eq!(accepted, [Some("application/json".to_owned()), Some("text/csv".to_owned())]);
    let mapping = Server::correct();
    Test::run("customer-mapping").against(&mapping).done();
    assert!(
        mapping
            .of(Kind::MakeEndpoint)
            .iter()
            .all(|made| made.header("accept") == Some("application/json"))
    );
}

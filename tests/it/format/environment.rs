//! Values of the environment, variables that are never printed, and scenarios from standard input.

use serde_json::json;

use super::{Reply, Test, server, text};

const LOG_IN: &str = "name: log-in
vars: { user: \"${env.APP_USER}\", password: \"pw-${env.APP_PASSWORD}\" }
secrets: [password, code]
steps:
  - name: Log in
    request: POST /login/${user}
    raw: \"${password}\"
    capture: { code: code }
  - name: Use the code
    request: GET /codes/${code}?by=${env.APP_USER}
    expect: { body: { code: nothing like it } }
";

#[test]
fn the_environment_is_read_and_secrets_are_not_printed() {
    let server =
        server(|request| Reply::json(200, &json!({ "code": "code-4711-x", "was": text(request) })));
    let finished = Test::scenario(LOG_IN)
        .env("APP_USER", "ann")
        .env("APP_PASSWORD", "open sesame")
        .against(&server)
        .status(1)
        .done();
    let requests = server.requests();
    assert_eq!(
        (requests[0].target.as_str(), text(&requests[0]).as_str()),
        ("/login/ann", "pw-open sesame")
    );
    assert_eq!(requests[1].target, "/codes/code-4711-x?by=ann");
    finished.hides("open sesame").hides("code-4711-x");
    assert_eq!(finished.step("Use the code")["checks"][1]["actual"], "(redacted)");
}

/// What is not set is said before anything is sent; a variable that is given needs no environment.
#[test]
fn what_the_environment_lacks_is_said() {
    let server = server(|_| Reply::json(200, &json!({ "code": "code-4711-x" })));
    let test = || Test::scenario(LOG_IN).env("APP_USER", "ann").against(&server);
    let said = "scenario `log-in` reads the environment variable APP_PASSWORD, which is not set";
    test().status(2).done().says(said);
    assert_eq!(server.requests().len(), 0);
    test().args(["--var", "password=given"]).status(1).done();
    assert_eq!(text(&server.requests()[0]), "given");
    let file = test().file(".env", "APP_PASSWORD='from a file'\nAPP_USER=ignored\n");
    file.args(["--env-file", ".env"]).status(1).done().hides("from a file");
    let sent = server.requests();
    assert_eq!(text(&sent[2]), "pw-from a file");
    assert_eq!(sent[2].target, "/login/ann");
}

#[test]
fn a_dash_is_standard_input() {
    let server = server(|_| Reply::json(200, &json!({})));
    let scenario = "name: piped\nsteps:\n  - request: GET /piped\n";
    let finished = Test::run("-").stdin_text(scenario).against(&server).done();
    assert_eq!(finished.report()["scenarios"][0]["file"], "stdin");
    assert_eq!(server.requests()[0].target, "/piped");
    let checked = Test::new("check").arg("-").stdin_text("nmae: x\n").status(2).done();
    checked.says("stdin:1:1").says("did you mean `name`?");
}

//! `--env-file` and `--var-file`.

use crate::support::program::{TOKEN, Test};
use crate::support::server::{Kind, Server};

#[test]
fn a_file_says_what_the_environment_does_not() {
    let server = Server::correct();
    let test = Test::run("customer-mapping");
    let file = format!(
        "# local\nexport POLAR_ACCESS_TOKEN='{TOKEN}'\nTIEBACK_BASE_URL=\"{}\"\n",
        server.url()
    );
    std::fs::write(test.path(".env"), file).unwrap();
    let finished = test.args(["--env-file", ".env"]).done();
    assert_eq!(finished.report()["target"]["base_url"], server.url());
    let sent = format!("Bearer {TOKEN}");
    assert!(server.requests().iter().all(|request| request.header("authorization") == Some(&sent)));
}

#[test]
fn the_environment_comes_first() {
    let server = Server::correct();
    let test = Test::run("customer-mapping");
    std::fs::write(test.path(".env"), "POLAR_ACCESS_TOKEN=polar_oat_from-a-file\n").unwrap();
    test.args(["--env-file", ".env"]).against(&server).done();
    let sent = format!("Bearer {TOKEN}");
    assert!(server.requests().iter().all(|request| request.header("authorization") == Some(&sent)));
}

#[test]
fn variables_come_out_of_files_and_the_command_line_comes_last() {
    let server = Server::correct();
    for (name, text) in [
        ("vars.env", "email_domain=one.example\nuser_id=user from a file\n"),
        ("vars.yaml", "email_domain: one.example\nuser_id: \"0042\"\n"),
    ] {
        let test = Test::run("customer-mapping");
        std::fs::write(test.path(name), text.replace("user from a file", "'0042'")).unwrap();
        let test = test.args(["--var-file", name, "--var", "email_domain=two.example"]);
        test.against(&server).done();
        let created = server.of(Kind::Create).pop().unwrap().json();
        assert_eq!(created["external_id"], "0042", "{name}");
        assert!(created["email"].as_str().unwrap().ends_with("@two.example"), "{created}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_without_being_shown() {
    let server = Server::correct();
    for (name, text, says) in [
        ("a.env", "OK=1\nsesame sesame\n", "after `OK`"),
        ("a.yaml", "ok: 1\nsesame: [x]\n", "line 2"),
        ("b.env", "se-same=1\n", "NAME=VALUE"),
    ] {
        let test = Test::run("customer-mapping");
        std::fs::write(test.path(name), text).unwrap();
        let finished = test.args(["--var-file", name]).against(&server).status(2).done();
        assert!(finished.stderr.contains(says), "{name}: {finished}");
        assert!(!finished.stderr.contains("sesame"), "{finished}");
    }
    let test = Test::run("customer-mapping").args(["--env-file", "none.env"]).against(&server);
    assert!(test.status(2).done().stderr.contains("none.env"));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn scenarios_read_what_a_file_says() {
    let server = Server::correct();
    let scenario = "name: env\ntitle: t\nsteps:\n  - name: create\n    \
                    request: POST /v1/customers/\n    body: { email: a@example.com, name: \"${env.PLAN}\" }\n    \
                    mark: false\n    expect: { status: 201 }\n    capture: { id: id }\n    undo: DELETE /v1/customers/${id}\n";
    let test = Test::scenario(scenario).file(".env", "PLAN=pro\n");
    test.args(["--env-file", ".env"]).against(&server).done();
    assert_eq!(server.of(Kind::Create)[0].json()["name"], "pro");
}

//! Plain http to a name that is not this machine's, as containers of one network have it. A proxy
//! stands in for the network: the sandbox takes requests as one gets them.

use tieback::sandbox::{self, Options};
use tokio::net::TcpListener;

use crate::support::program::Test;

/// A sandbox that answers to `hosts`, with its address.
fn sandbox(hosts: &[&str]) -> (tokio::runtime::Runtime, sandbox::Handle, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    let sandbox = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        sandbox::start(listener, Options { hosts, ..Options::default() }).await.unwrap()
    });
    let address = format!("http://{}", sandbox.local_addr());
    (runtime, sandbox, address)
}

fn at_api() -> Test {
    Test::run("customer-mapping")
        .args(["--base-url", "http://api:3000", "--var", "email_domain=example.com"])
        .token("any")
}

#[test]
fn plain_http_goes_to_a_host_that_was_allowed() {
    let (_runtime, _sandbox, address) = sandbox(&["api"]);
    let test = at_api().args(["--allow-http", "API"]).env("HTTP_PROXY", &address);
    let finished = test.done();
    assert!(finished.stderr.contains("http://api:3000 is not encrypted"), "{finished}");
    assert_eq!(finished.report()["target"]["events"], "stream", "{finished}");
}

#[test]
fn and_to_no_other() {
    for allowed in [&["--allow-http", "db"][..], &[]] {
        let test = allowed.iter().fold(at_api(), |test, arg| test.arg(*arg));
        let finished = test.status(2).done();
        assert!(finished.stderr.contains("--allow-http HOST"), "{finished}");
    }
}

#[test]
fn the_sandbox_answers_to_no_name_that_was_not_allowed() {
    let (_runtime, _sandbox, address) = sandbox(&["db"]);
    let test = at_api().args(["--allow-http", "api"]).env("HTTP_PROXY", &address);
    let finished = test.status(1).done();
    assert!(finished.stdout.contains("421"), "{finished}");
}

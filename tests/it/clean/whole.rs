//! Runs that leave something, and cleaning up after them.

use super::{TOKEN, clean_all};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Server};

#[test]
fn after_a_run_that_was_killed() {
    let api = Server::start(Behaviour::correct().delivered(|_| Vec::new()));
    let running = Test::new("run")
        .args(["customer-mapping", "--base-url", &api.url(), "--wait", "10m"])
        .token(TOKEN)
        .start();
    // The customer is there, and its webhook never comes.
    api.wait_for_line("GET /v1/customers/", 1);
    running.kill();
    assert_eq!(api.left(), (1, 1));
    let ran = clean_all(&api).done();
    ran.prints("nothing left behind")
        .says("younger than 1h: 1 customer")
        .says("younger than 1h: 1 webhook endpoint");
    clean_all(&api).args(["--older-than", "0s"]).done().prints("2 deleted\n");
    assert_eq!(api.left(), (0, 0));
}

#[test]
fn after_a_run_that_kept_what_it_made() {
    let mut sandbox = Test::new("sandbox").args(["--listen", "127.0.0.1:0"]).start();
    let base = format!("http://{}", sandbox.address());
    Test::new("run").args(["--keep", "--base-url", &base]).token(TOKEN).done();
    let clean = || {
        let clean = Test::new("clean").args(["--yes", "--older-than", "0s", "--base-url", &base]);
        clean.token(TOKEN).done()
    };
    // The run's own endpoint is gone; the other one is a scenario's.
    clean().prints("left behind by runs older than 0s: 1 webhook endpoint and 11 customers\n");
    clean().prints("nothing left behind by runs older than 0s\n");
}

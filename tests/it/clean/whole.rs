//! Runs that leave something, and cleaning up after them.

use tieback::sandbox::{self, Options};

use crate::clean::program::Program;
use crate::clean::server::{Api, Behaviour};

#[test]
fn after_a_run_that_was_killed() {
    let api = Api::start(Vec::new(), Vec::new(), Behaviour::default());
    let running = Program::new("run")
        .args(&["customer-mapping", "--base-url", &api.base, "--wait", "10m"])
        .start();
    // The customer is there, and its webhook never comes.
    api.wait_for("GET /v1/customers/");
    running.kill();
    assert_eq!(api.left().len(), 2);
    let ran = Program::clean_all(&api).ends(0);
    ran.prints("nothing left behind")
        .says("younger than 1h: 1 customer")
        .says("younger than 1h: 1 webhook endpoint");
    Program::clean_all(&api).args(&["--older-than", "0s"]).ends(0).prints("2 deleted\n");
    assert!(api.left().is_empty());
}

#[test]
fn after_a_run_that_kept_what_it_made() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let sandbox = runtime.block_on(sandbox::start(listener, Options::default())).unwrap();
    let base = format!("http://{}", sandbox.local_addr());
    Program::new("run").args(&["--keep", "--base-url", &base]).ends(0);
    let clean =
        || Program::new("clean").args(&["--yes", "--older-than", "0s", "--base-url", &base]);
    let ran = clean().ends(0);
    // The run's own endpoint is gone; the other one is a scenario's.
    ran.prints("left behind by runs older than 0s: 1 webhook endpoint and 10 customers\n");
    clean().ends(0).prints("nothing left behind by runs older than 0s\n");
    runtime.block_on(sandbox.stop());
}

//! Ctrl-C and SIGTERM: the request in flight ends, and what was done and what is left is said. The API
//! says when: it has a request, and does not answer yet.

use rustix::process::Signal;

use crate::clean::program::Program;
use crate::clean::server::{Act, Api, Behaviour, customer, endpoint};

/// Holds the first request that begins like this.
fn holding(start: &'static str) -> Api {
    let instead =
        move |line: &str, before| (before == 0 && line.starts_with(start)).then_some(Act::Hold);
    three(Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() })
}

fn three(behaviour: Behaviour) -> Api {
    Api::start(
        vec![customer("c1"), customer("c2"), customer("c3")],
        vec![endpoint("e1")],
        behaviour,
    )
}

#[test]
fn while_something_is_deleted() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let api = holding("DELETE /v1/customers/c2");
        let mut running = Program::clean_all(&api).start();
        api.wait_for("DELETE /v1/customers/c2");
        running.signal(signal);
        // The signal is taken note of before the answer comes: the note is what the test can see of it.
        running.reads("note: interrupted; the request in flight ends\n");
        api.release();
        let ran = running.ends(code);
        ran.prints("deleted webhook endpoint e1\ndeleted customer c1\ndeleted customer c2\n");
        ran.prints("  DELETE /v1/customers/c3  (interrupted)\ninterrupted: 3 deleted, 1 left\n");
        assert_eq!(api.left(), ["c3"]);
    }
}

#[test]
fn between_disabling_an_endpoint_and_deleting_it() {
    let api = holding("PATCH ");
    let mut running = Program::clean_all(&api).start();
    api.wait_for("PATCH ");
    running.signal(Signal::INT);
    running.reads("the request in flight ends\n");
    api.release();
    let ran = running.ends(130);
    ran.prints("  DELETE /v1/webhooks/endpoints/e1  (interrupted)\n")
        .prints("interrupted: 0 deleted, 4 left\n");
    assert_eq!(api.store().endpoints[0]["enabled"], false);
}

#[test]
fn while_looking() {
    for start in ["GET /v1/webhooks/endpoints?", "GET /v1/customers/?"] {
        let api = holding(start);
        let mut running = Program::clean_all(&api).start();
        api.wait_for(start);
        running.signal(Signal::INT);
        running.reads("the request in flight ends\n");
        api.release();
        let ran = running.ends(130);
        ran.says("note: interrupted; nothing was deleted\n");
        assert_eq!((api.writes().len(), ran.stdout.as_str()), (0, ""));
    }
}

#[test]
fn a_rate_limit_is_not_waited_out_after_a_signal() {
    let instead = |line: &str, _| (line == "DELETE /v1/customers/c1").then_some(Act::Limit("100"));
    let api = three(Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() });
    let mut running = Program::clean_all(&api).start();
    running.reads("waiting 100 s because the target limits requests (429)\n");
    running.signal(Signal::INT);
    running
        .ends(130)
        .prints("  DELETE /v1/customers/c1  (interrupted)\n")
        .prints("1 deleted, 3 left\n");
}

#[test]
fn a_rate_limit_that_comes_after_a_signal_is_not_waited_out_either() {
    let instead = |line: &str, before| match (line, before) {
        ("GET /v1/customers/c1", 0) => Some(Act::Hold),
        ("DELETE /v1/customers/c1", _) => Some(Act::Limit("100")),
        _ => None,
    };
    let api = three(Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() });
    let mut running = Program::clean_all(&api).start();
    api.wait_for("GET /v1/customers/c1");
    running.signal(Signal::INT);
    running.reads("the request in flight ends\n");
    api.release();
    running.ends(130).prints("interrupted: 1 deleted, 3 left\n");
    assert_eq!(api.left(), ["c1", "c2", "c3"]);
}

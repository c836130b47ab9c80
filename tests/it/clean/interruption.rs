//! Ctrl-C and SIGTERM: the request in flight ends, and what was done and what is left is said. The
//! API says when: it has a request, and does not answer yet.

use std::sync::{Arc, OnceLock};

use super::records::{customer, endpoint};
use super::{clean_all, holds, left, limiting};
use crate::support::server::{Behaviour, Reply, Request, Server, Wire};

/// Lets a held answer go.
type Hold = Arc<OnceLock<()>>;

fn release(hold: &Hold) {
    hold.set(()).expect("it is released once");
}

/// Holds the answer to the first request that begins like this.
fn holding(start: &'static str, hold: &Hold, behaviour: Behaviour) -> Server {
    let hold = hold.clone();
    three(behaviour.answered(move |request: &Request, reply: &mut Reply| {
        if request.before == 0 && request.line().starts_with(start) {
            reply.wire = Wire::Held(hold.clone());
        }
    }))
}

fn three(behaviour: Behaviour) -> Server {
    holds(&["c1", "c2", "c3"].map(customer), &[endpoint("e1")], behaviour)
}

/// Limits the deletion of the first customer for longer than a test may take.
fn limited() -> Behaviour {
    limiting("100", |request| request.line() == "DELETE /v1/customers/c1")
}

#[test]
fn while_something_is_deleted() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let hold = Hold::default();
        let api = holding("DELETE /v1/customers/c2", &hold, Behaviour::correct());
        let mut running = clean_all(&api).status(code).start();
        api.wait_for_line("DELETE /v1/customers/c2", 1);
        running.signal(signal);
        // The signal is taken note of before the answer comes: the note is what the test can see of
        // it.
        running.reads("note: interrupted; the request in flight ends\n");
        release(&hold);
        let ran = running.done();
        ran.prints("deleted webhook endpoint e1\ndeleted customer c1\ndeleted customer c2\n");
        ran.prints("  DELETE /v1/customers/c3  (interrupted)\ninterrupted: 3 deleted, 1 left\n");
        assert_eq!(left(&api), ["c3"]);
    }
}

#[test]
fn between_disabling_an_endpoint_and_deleting_it() {
    let hold = Hold::default();
    let api = holding("PATCH ", &hold, Behaviour::correct());
    let mut running = clean_all(&api).status(130).start();
    api.wait_for_line("PATCH ", 1);
    running.signal("INT");
    running.reads("the request in flight ends\n");
    release(&hold);
    let ran = running.done();
    ran.prints("  DELETE /v1/webhooks/endpoints/e1  (interrupted)\n")
        .prints("interrupted: 0 deleted, 4 left\n");
    assert_eq!(api.endpoints()[0]["enabled"], false);
}

#[test]
fn while_looking() {
    for start in ["GET /v1/webhooks/endpoints?", "GET /v1/customers/?"] {
        let hold = Hold::default();
        let api = holding(start, &hold, Behaviour::correct());
        let mut running = clean_all(&api).status(130).start();
        api.wait_for_line(start, 1);
        running.signal("INT");
        running.reads("the request in flight ends\n");
        release(&hold);
        let ran = running.done();
        ran.says("note: interrupted; nothing was deleted\n");
        assert_eq!((api.writes().len(), ran.stdout.as_str()), (0, ""));
    }
}

#[test]
fn a_rate_limit_is_not_waited_out_after_a_signal() {
    let api = three(limited());
    let mut running = clean_all(&api).status(130).start();
    running.reads("waiting 100 s because the target limits requests (429)\n");
    running.signal("INT");
    running
        .done()
        .prints("  DELETE /v1/customers/c1  (interrupted)\n")
        .prints("1 deleted, 3 left\n");
}

#[test]
fn a_rate_limit_that_comes_after_a_signal_is_not_waited_out_either() {
    let hold = Hold::default();
    let api = holding("GET /v1/customers/c1", &hold, limited());
    let mut running = clean_all(&api).status(130).start();
    api.wait_for_line("GET /v1/customers/c1", 1);
    running.signal("INT");
    running.reads("the request in flight ends\n");
    release(&hold);
    running.done().prints("interrupted: 1 deleted, 3 left\n");
    assert_eq!(left(&api), ["c1", "c2", "c3"]);
}

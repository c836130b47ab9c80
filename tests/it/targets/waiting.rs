//! `--wait-for-target`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::program::Test;
use crate::support::server::{Behaviour, Reply, Server, Wire};

/// A server that closes so many connections before it answers, as one that starts does.
fn starting(silent: usize) -> Server {
    let left = Arc::new(AtomicUsize::new(silent));
    Server::start(Behaviour::correct().instead(move |request, _| {
        let asked = request.target == "/";
        let dropped = asked
            && left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                .is_ok();
        dropped.then(|| Reply::empty(200).wire(Wire::Drop))
    }))
}

#[test]
fn a_target_that_starts_is_waited_for() {
    let server = starting(5);
    let test = Test::run("customer-mapping").args(["--wait-for-target", "1m"]).against(&server);
    let finished = test.done();
    assert!(finished.stderr.contains("waiting up to 60s for http://"), "{finished}");
    let first = server.requests().into_iter().take_while(|request| request.target == "/");
    assert!(first.clone().count() > 2, "{:?}", server.requests());
    assert!(first.into_iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn the_run_begins_when_the_wait_is_over() {
    let server = starting(usize::MAX);
    let test = Test::run("customer-mapping").args(["--wait-for-target", "200ms"]).against(&server);
    test.done();
}

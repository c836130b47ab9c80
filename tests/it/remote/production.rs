//! Nothing is written to a live API, however it comes to be one.

use super::world::{HOST, World, live};
use super::{clean, run, run_at, tieback};
use crate::support::program::Test;
use crate::support::server::{Reply, Wire};

/// A live API whose first answers go wrong in some way.
fn late(times: usize, reply: Reply) -> World {
    World::of(live().instead(move |request, _| (request.before < times).then(|| reply.clone())))
}

fn hang() -> Reply {
    Reply::empty(200).wire(Wire::Silence)
}

/// 429 with so many seconds to wait.
fn limit(seconds: &str) -> Reply {
    Reply::empty(429).header("retry-after", seconds)
}

#[test]
fn a_live_polar_under_another_name_is_asked_once_and_refused() {
    for program in [run, clean] {
        let world = World::of(live());
        program(&world).status(2).done().refuses("is production");
        assert_eq!(world.api.lines(), ["GET /v1/customers/?limit=1"]);
    }
}

#[test]
fn what_is_allowed_is_done_and_undone() {
    let world = World::of(live());
    let ran = run(&world).args(["--allow-production"]).done();
    assert_eq!(ran.report()["target"]["kind"], "production");
    let deleted = world.api.writes().iter().filter(|line| line.starts_with("DELETE ")).count();
    assert_eq!((deleted, ran.report()["left_behind"].to_string().as_str()), (1, "[]"), "{ran}");
    let ran = clean(&world).args(["--allow-production"]).done();
    assert!(ran.stderr.starts_with("target: https://billing.example (production)\n"), "{ran}");
}

#[test]
fn a_sandbox_says_so() {
    let world = World::new();
    assert_eq!(run(&world).done().report()["target"]["kind"], "sandbox");
    assert_eq!(world.api.lines()[0], "GET /v1/customers/?limit=1");
    assert_eq!(world.destinations(), [format!("{HOST}:443")]);
}

/// Whether such a target is live is not known, so that nothing may be written to it any more.
#[test]
fn nothing_more_is_sent_to_a_target_that_did_not_say_what_it_is() {
    let fails = || Reply::empty(502).header("polar-version", "2026-04");
    for (reply, code, said) in [
        (hang(), "timed_out", "timed_out"),
        (fails(), "connection_lost", "answered 502, so nothing is written"),
        (limit("3600"), "rate_limited", "rate_limited"),
    ] {
        let world = late(1, reply.clone());
        let ran = run(&world).args(["--timeout", "500ms"]).status(3).done();
        assert_eq!(ran.diagnosis().0, code);
        assert_eq!(world.api.lines().len(), 1);
        let world = late(1, reply);
        clean(&world).args(["--timeout", "500ms"]).status(3).done().refuses(said);
        assert_eq!(world.api.lines().len(), 1);
    }
}

#[test]
fn a_rate_limit_before_the_answer_that_tells_is_waited_out() {
    let world = late(3, limit("0"));
    run(&world).status(2).done().refuses("is production");
    assert_eq!(world.api.lines().len(), 4);
    assert_eq!(world.api.writes().len(), 0);
}

#[test]
fn nobody_waits_for_that_answer_after_a_signal() {
    for (program, reply) in
        [(run as fn(&World) -> Test, hang()), (clean, hang()), (run, limit("100"))]
    {
        let world = late(1, reply);
        // A program that waits for it all the same waits for minutes.
        let running = program(&world).args(["--timeout", "10m"]).status(130).start();
        world.api.wait_for_line("GET ", 1);
        running.signal("INT");
        running.done();
        assert_eq!(world.api.lines().len(), 1);
    }
}

#[test]
fn production_by_its_name_is_refused_before_a_tunnel_is_asked_for() {
    let world = World::new();
    for base in [
        "https://api.polar.sh",
        "https://API.POLAR.SH",
        "https://api.polar.sh.",
        "https://api.polar.sh:443",
        "https://api.polar.sh:8443/v1",
        "https://%61pi%2Epolar.sh",
        "http://api.polar.sh",
    ] {
        run_at(&world, base).status(2).done().refuses("is production");
        tieback(&world, "clean")
            .args(["--yes", "--base-url", base])
            .status(2)
            .done()
            .refuses("is production");
        let environment = tieback(&world, "clean").args(["--yes"]).env("TIEBACK_BASE_URL", base);
        environment.status(2).done().refuses("is production");
    }
    for base in [
        "https://me@api.polar.sh",
        "https://me:secret@api.polar.sh",
        "https://billing.example@api.polar.sh",
    ] {
        run_at(&world, base).status(2).done().refuses("holds a user name or a password");
        tieback(&world, "clean")
            .args(["--base-url", base])
            .status(2)
            .done()
            .refuses("holds a user name or a password");
    }
    assert_eq!(world.heads(), [""; 0]);
}

#[test]
fn an_email_domain_is_wanted_before_anything_is_sent() {
    let world = World::new();
    let base = format!("https://{HOST}");
    let program =
        tieback(&world, "run").args(["--base-url", &base, "--cacert", &world.file("ca.pem")]);
    program.status(2).done().refuses("--var email_domain=yourdomain.com");
    assert_eq!(world.heads(), [""; 0]);
}

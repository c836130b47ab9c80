//! Nothing is written to a live API, however it comes to be one.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use rustix::process::{Pid, Signal, kill_process};

use crate::remote::api::{Act, Behaviour};
use crate::remote::program::{Program, Ran};
use crate::remote::world::{HOST, World};

fn live() -> World {
    World::of(Behaviour { live: true, ..Behaviour::default() })
}

/// A live API whose first answers go wrong in some way.
fn late(times: usize, act: impl Fn() -> Act + Send + Sync + 'static) -> World {
    let instead = move |number, _: &_| (number < times).then(&act);
    World::of(Behaviour { live: true, instead: Some(Box::new(instead)), ..Behaviour::default() })
}

#[test]
fn a_live_polar_under_another_name_is_asked_once_and_refused() {
    for program in [Program::run, Program::clean] {
        let world = live();
        program(&world).ends(2).refuses("is production");
        assert_eq!(world.lines(), ["GET /v1/customers/?limit=1"]);
    }
}

#[test]
fn what_is_allowed_is_done_and_undone() {
    let world = live();
    let ran = Program::run(&world).args(&["--allow-production"]).ends(0);
    assert_eq!(ran.report()["target"]["kind"], "production");
    let deleted = world.writes().iter().filter(|line| line.starts_with("DELETE ")).count();
    assert_eq!((deleted, ran.report()["left_behind"].to_string().as_str()), (1, "[]"), "{ran}");
    let ran = Program::clean(&world).args(&["--allow-production"]).ends(0);
    assert!(ran.stderr.starts_with("target: https://billing.example (production)\n"), "{ran}");
}

#[test]
fn a_sandbox_says_so() {
    let world = World::new();
    assert_eq!(Program::run(&world).ends(0).report()["target"]["kind"], "sandbox");
    assert_eq!(world.lines()[0], "GET /v1/customers/?limit=1");
    assert_eq!(world.destinations(), [format!("{HOST}:443")]);
}

/// Whether such a target is live is not known, so that nothing may be written to it any more.
#[test]
fn nothing_more_is_sent_to_a_target_that_did_not_say_what_it_is() {
    let code = |ran: &Ran| ran.diagnosis().0;
    let hangs = || late(1, || Act::Hang);
    let world = hangs();
    assert_eq!(code(&Program::run(&world).args(&["--timeout", "500ms"]).ends(3)), "timed_out");
    assert_eq!(world.lines().len(), 1);
    let world = hangs();
    Program::clean(&world).args(&["--timeout", "500ms"]).ends(3).refuses("timed_out");
    assert_eq!(world.lines().len(), 1);

    let fails = || {
        late(1, || {
            Act::Reply((StatusCode::BAD_GATEWAY, [("polar-version", "2026-04")]).into_response())
        })
    };
    let world = fails();
    assert_eq!(code(&Program::run(&world).ends(3)), "connection_lost");
    assert_eq!(world.lines().len(), 1);
    let world = fails();
    Program::clean(&world).ends(3).refuses("answered 502, so nothing is written");
    assert_eq!(world.lines().len(), 1);

    let limits = || {
        late(1, || {
            Act::Reply((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")]).into_response())
        })
    };
    let world = limits();
    assert_eq!(code(&Program::run(&world).ends(3)), "rate_limited");
    assert_eq!(world.lines().len(), 1);
    let world = limits();
    Program::clean(&world).ends(3).refuses("rate_limited");
    assert_eq!(world.lines().len(), 1);
}

#[test]
fn a_rate_limit_before_the_answer_that_tells_is_waited_out() {
    let limited =
        || Act::Reply((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response());
    let world = late(3, limited);
    Program::run(&world).ends(2).refuses("is production");
    assert_eq!(world.lines().len(), 4);
    assert_eq!(world.writes().len(), 0);
}

#[test]
fn nobody_waits_for_that_answer_after_a_signal() {
    for (program, act) in [
        (Program::run as fn(&World) -> Program, "hang"),
        (Program::clean, "hang"),
        (Program::run, "limit"),
    ] {
        let world = late(1, move || match act {
            "hang" => Act::Hang,
            _ => Act::Reply(
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "100")]).into_response(),
            ),
        });
        // Whoever waits for it all the same waits for minutes.
        let child = program(&world).args(&["--timeout", "10m"]).start();
        world.wait_for_a_request();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(world.lines().len(), 1);
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
        Program::run_at(&world, base).ends(2).refuses("is production");
        Program::new(&world, "clean")
            .args(&["--yes", "--base-url", base])
            .ends(2)
            .refuses("is production");
        let environment =
            Program::new(&world, "clean").args(&["--yes"]).env("TIEBACK_BASE_URL", base);
        environment.ends(2).refuses("is production");
    }
    for base in [
        "https://me@api.polar.sh",
        "https://me:secret@api.polar.sh",
        "https://billing.example@api.polar.sh",
    ] {
        Program::run_at(&world, base).ends(2).refuses("holds a user name or a password");
        Program::new(&world, "clean")
            .args(&["--base-url", base])
            .ends(2)
            .refuses("holds a user name or a password");
    }
    assert_eq!(world.heads(), [""; 0]);
}

#[test]
fn an_email_domain_is_wanted_before_anything_is_sent() {
    let world = World::new();
    let base = format!("https://{HOST}");
    let program =
        Program::new(&world, "run").args(&["--base-url", &base, "--cacert", &world.file("ca.pem")]);
    program.ends(2).refuses("--var email_domain=yourdomain.com");
    assert_eq!(world.heads(), [""; 0]);
}

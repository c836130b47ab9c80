//! Who is trusted.

use std::fs;

use super::world::{HOST, Setting, World};
use super::{clean, run, run_at, tieback};
use crate::support::program::Finished;

/// No secure connection came about, and nothing was asked.
fn fails(world: &World, ran: &Finished, says: &str) {
    let (code, message) = ran.diagnosis();
    assert_eq!(code, "tls_failed", "{ran}");
    assert!(message.contains(says), "{message}");
    assert_eq!(world.api.lines(), [""; 0]);
    assert_ne!(world.heads(), [""; 0], "the target was not tried");
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let world = World::new();
    fails(&world, &run_at(&world, &format!("https://{HOST}")).status(3).done(), "UnknownIssuer");
}

#[test]
fn another_authority_does_not_vouch_for_it() {
    let world = World::new();
    let program =
        run_at(&world, &format!("https://{HOST}")).args(["--cacert", &world.file("another.pem")]);
    // Both have the same name, and the signature tells them apart.
    fails(&world, &program.status(3).done(), "invalid peer certificate");
}

#[test]
fn variables_of_other_programs_add_no_authority() {
    let world = World::new();
    let program =
        run_at(&world, &format!("https://{HOST}")).env("SSL_CERT_FILE", &world.file("ca.pem"));
    fails(&world, &program.status(3).done(), "UnknownIssuer");
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let world = World::with(Setting { certified: "other.example", ..Setting::default() });
    fails(&world, &run(&world).status(3).done(), "not valid for name");
}

#[test]
fn a_certificate_that_ran_out_is_refused() {
    let world = World::with(Setting { expired: true, ..Setting::default() });
    fails(&world, &run(&world).status(3).done(), "expired");
}

#[test]
fn clean_is_as_strict() {
    let world = World::with(Setting { certified: "other.example", ..Setting::default() });
    clean(&world).status(3).done().refuses("tls_failed");
    assert_eq!(world.api.lines(), [""; 0]);
}

#[test]
fn several_authorities_may_stand_in_one_file() {
    let world = World::new();
    let bundle = world.file("bundle.pem");
    let read = |name: &str| fs::read_to_string(world.file(name)).unwrap();
    fs::write(&bundle, format!("Ours\n\n{}# and\n{}", read("another.pem"), read("ca.pem")))
        .unwrap();
    run_at(&world, &format!("https://{HOST}")).args(["--cacert", &bundle]).done();
}

#[test]
fn a_file_without_certificates_is_refused_before_anything_is_sent() {
    let world = World::new();
    let half = fs::read_to_string(world.file("ca.pem")).unwrap();
    let half = &half[..half.len() / 2];
    for (name, text, why) in [
        ("empty.pem", "", "holds no certificate"),
        ("garbage.pem", "\u{1}\u{2}garbage", "holds no certificate"),
        ("half.pem", half, "is damaged: certificate 1"),
    ] {
        let file = world.file(name);
        fs::write(&file, text).unwrap();
        let (run, clean) = (run_at(&world, "https://billing.example"), tieback(&world, "clean"));
        let clean = clean.args(["--base-url", "https://billing.example"]);
        for program in [run, clean] {
            let ran = program.args(["--cacert", &file]).status(2).done();
            ran.refuses(&format!("the certificate file {file} {why}"));
        }
    }
    for (file, why) in
        [(world.file("none.pem"), "No such file"), (world.file("."), "Is a directory")]
    {
        let ran =
            run_at(&world, "https://billing.example").args(["--cacert", &file]).status(2).done();
        ran.refuses(&format!("the certificate file {file} cannot be read: {why}"));
    }
    assert_eq!(world.heads(), [""; 0]);
}

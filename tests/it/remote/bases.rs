//! Base URLs, however they are written.

use crate::remote::api::Behaviour;
use crate::remote::program::Program;
use crate::remote::world::{HOST, World};

#[test]
fn below_a_path_with_and_without_slashes_at_its_end() {
    for ending in ["", "/", "//"] {
        let world = World::of(Behaviour { prefix: "/billing/api", ..Behaviour::default() });
        let base = format!("https://{HOST}/billing/api{ending}");
        let ran = Program::run_at(&world, &base).args(&["--cacert", &world.file("ca.pem")]).ends(0);
        assert_eq!(ran.report()["target"]["base_url"], "https://billing.example/billing/api");
        assert!(
            world.lines().iter().all(|line| line.contains(" /billing/api/v1/")),
            "{:?}",
            world.lines()
        );
        let clean = Program::new(&world, "clean").args(&[
            "--base-url",
            &base,
            "--cacert",
            &world.file("ca.pem"),
        ]);
        clean.ends(0);
        assert!(
            world.lines().iter().all(|line| line.contains(" /billing/api/v1/")),
            "{:?}",
            world.lines()
        );
    }
}

#[test]
fn one_host_in_many_spellings() {
    for base in [
        "https://billing.example/",
        "HTTPS://BILLING.Example",
        "https://billing.example:443",
        "https://%62illing.example",
    ] {
        let world = World::new();
        let ran = Program::run_at(&world, base).args(&["--cacert", &world.file("ca.pem")]).ends(0);
        assert_eq!(ran.report()["target"]["base_url"], "https://billing.example", "{base}");
        assert_eq!(world.destinations(), ["billing.example:443"]);
    }
}

#[test]
fn a_port_and_a_final_dot_are_kept() {
    for (base, destination) in [
        ("https://billing.example:8443", "billing.example:8443"),
        ("https://billing.example.", "billing.example.:443"),
    ] {
        let world = World::new();
        Program::run_at(&world, base).args(&["--cacert", &world.file("ca.pem")]).ends(0);
        assert_eq!(world.destinations(), [destination]);
    }
}

//! Base URLs, however they are written.

use super::world::{HOST, World, honest};
use super::{run_at, tieback};

#[test]
fn below_a_path_with_and_without_slashes_at_its_end() {
    for ending in ["", "/", "//"] {
        let world = World::of(honest().below("/billing/api"));
        let base = format!("https://{HOST}/billing/api{ending}");
        let ran = run_at(&world, &base).args(["--cacert", &world.file("ca.pem")]).done();
        assert_eq!(ran.report()["target"]["base_url"], "https://billing.example/billing/api");
        assert!(
            world.api.lines().iter().all(|line| line.contains(" /billing/api/v1/")),
            "{:?}",
            world.api.lines()
        );
        let clean =
            tieback(&world, "clean").args(["--base-url", &base, "--cacert", &world.file("ca.pem")]);
        clean.done();
        assert!(
            world.api.lines().iter().all(|line| line.contains(" /billing/api/v1/")),
            "{:?}",
            world.api.lines()
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
        let ran = run_at(&world, base).args(["--cacert", &world.file("ca.pem")]).done();
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
        run_at(&world, base).args(["--cacert", &world.file("ca.pem")]).done();
        assert_eq!(world.destinations(), [destination]);
    }
}

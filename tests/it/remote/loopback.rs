//! This machine is reached without a proxy, whatever the environment says.

use super::world::{World, honest};
use super::{PROXY_VARIABLES, run_at, tieback};
use crate::support::program::Test;
use crate::support::server::Server;

/// `program` with the proxy of `world` under every name there is.
fn with_proxies(world: &World, program: Test) -> Test {
    let proxy = format!("http://{}", world.proxy);
    PROXY_VARIABLES.iter().fold(program, |program, name| program.env(name, &proxy))
}

#[test]
fn no_name_of_this_machine_goes_through_a_proxy() {
    let world = World::new();
    let port = world.api.address().port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST.", "app.localhost", "[::ffff:127.0.0.1]"] {
        let base = format!("http://{host}:{port}");
        let ran = with_proxies(&world, run_at(&world, &base)).done();
        assert_eq!(ran.report()["target"]["kind"], "loopback");
        let clean = tieback(&world, "clean").args(["--base-url", &base]);
        assert_eq!(
            with_proxies(&world, clean).done().stdout,
            "nothing left behind by runs older than 1h\n"
        );
    }
    assert_eq!(world.heads(), [""; 0]);
}

#[test]
fn ipv6() {
    let world = World::new();
    let Ok(api) = Server::at("[::1]:0", honest()) else {
        // A machine without IPv6 has nothing to test.
        return;
    };
    let base = api.url();
    assert!(base.starts_with("http://[::1]:"));
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let program = run_at(&world, &base).args(["--listen", listen]);
        assert_eq!(with_proxies(&world, program).done().report()["target"]["base_url"], base);
    }
    assert_eq!(world.heads(), [""; 0]);
}

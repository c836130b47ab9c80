//! This machine is reached without a proxy, whatever the environment says.

use tieback::sandbox::{self, Options};
use tokio::net::TcpListener;

use crate::remote::program::{PROXY_VARIABLES, Program};
use crate::remote::world::World;

/// `program` with the proxy of `world` under every name there is.
fn with_proxies(world: &World, program: Program) -> Program {
    let proxy = format!("http://{}", world.proxy);
    PROXY_VARIABLES.iter().fold(program, |program, name| program.env(name, &proxy))
}

#[test]
fn no_name_of_this_machine_goes_through_a_proxy() {
    let world = World::new();
    let port = world.sandbox.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "LOCALHOST.", "app.localhost", "[::ffff:127.0.0.1]"] {
        let base = format!("http://{host}:{port}");
        let ran = with_proxies(&world, Program::run_at(&world, &base)).ends(0);
        assert_eq!(ran.report()["target"]["kind"], "loopback");
        let clean = Program::new(&world, "clean").args(&["--base-url", &base]);
        assert_eq!(
            with_proxies(&world, clean).ends(0).stdout,
            "nothing left behind by runs older than 1h\n"
        );
    }
    assert_eq!(world.heads(), [""; 0]);
}

#[test]
fn ipv6() {
    let world = World::new();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let Ok(listener) = runtime.block_on(TcpListener::bind("[::1]:0")) else {
        // A machine without IPv6 has nothing to test.
        return;
    };
    let sandbox = runtime.block_on(sandbox::start(listener, Options::default())).unwrap();
    let base = format!("http://{}", sandbox.local_addr());
    assert!(base.starts_with("http://[::1]:"));
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let program = Program::run_at(&world, &base).args(&["--listen", listen]);
        assert_eq!(with_proxies(&world, program).ends(0).report()["target"]["base_url"], base);
    }
    assert_eq!(world.heads(), [""; 0]);
}

//! Targets that are not on this machine: the built program goes through a proxy to
//! `https://billing.example`, whose certificate only `--cacert` makes trustworthy. Behind it stands
//! the API, so that every request can be counted and every answer bent.

mod authority;
mod bases;
mod certificates;
mod loopback;
mod production;
mod proxies;
mod redirects;
mod sources;
mod tunnel;
mod world;

use crate::support::program::{TOKEN, Test};
use world::{HOST, World};

/// Every name that a proxy is given by.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// `tieback NAME` with a token, and the proxy of `world` in its environment.
fn tieback(world: &World, name: &str) -> Test {
    Test::new(name).token(TOKEN).env("HTTPS_PROXY", &format!("http://{}", world.proxy))
}

/// One scenario with an event against `https://billing.example`, with the JSON report.
fn run(world: &World) -> Test {
    run_at(world, &format!("https://{HOST}")).args(["--cacert", &world.file("ca.pem")])
}

/// The same against another base URL, with the built-in authorities only.
fn run_at(world: &World, base: &str) -> Test {
    let test = tieback(world, "run").args(["customer-mapping", "--base-url", base]);
    test.args(["--var", "email_domain=example.com"]).format("json")
}

/// `tieback clean --yes`.
fn clean(world: &World) -> Test {
    let base = format!("https://{HOST}");
    let test = tieback(world, "clean").args(["--yes", "--base-url", &base]);
    test.args(["--cacert", &world.file("ca.pem")])
}

//! The way through a proxy, and what a proxy is told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tunnel::Manners;
use super::world::{HOST, Setting, World, honest};
use super::{PROXY_VARIABLES, clean, run, run_at};
use crate::support::program::{Finished, TOKEN};
use crate::support::refusing::Refusing;
use crate::support::server::Reply;

const PASSWORD: &str = "pr0xy/passw0rd+long";

/// The proxy's address with a user and a password in it.
fn with_password(world: &World) -> String {
    format!("http://proxyuser:pr0xy%2Fpassw0rd%2Blong@{}", world.proxy)
}

/// The password in every form that might be printed.
fn forms() -> [String; 3] {
    let basic = STANDARD.encode(format!("proxyuser:{PASSWORD}"));
    [PASSWORD.to_owned(), "pr0xy%2Fpassw0rd%2Blong".to_owned(), basic]
}

fn keeps_the_password(ran: &Finished) {
    for form in forms() {
        ran.hides(&form);
    }
}

#[test]
fn a_password_goes_to_the_proxy_and_nowhere_else() {
    let world = World::new();
    let ran = run(&world).args(["-v"]).env("HTTPS_PROXY", &with_password(&world)).done();
    keeps_the_password(&ran);
    let basic = format!("basic {}", forms()[2]).to_lowercase();
    assert!(
        world.heads().iter().all(|head| head.to_lowercase().contains(&basic)),
        "{:?}",
        world.heads()
    );
    assert!(world.heads().iter().all(|head| !head.contains(TOKEN)));
    assert!(world.api.requests().iter().all(|it| it.header("proxy-authorization").is_none()));
}

#[test]
fn a_password_that_is_handed_back_is_not_printed() {
    let world = World::of(
        honest().instead(|_, _| Some(Reply::text(502, "text/plain", &forms().join(" ")))),
    );
    for format in ["human", "json", "junit", "tap"] {
        let program = run(&world).args(["--report", &format!("{format}={}", world.file("report"))]);
        let ran = program
            .args(["-v", "--events", "none"])
            .env("HTTPS_PROXY", &with_password(&world))
            .status(1)
            .done();
        keeps_the_password(&ran);
        assert!(ran.stdout.contains("(redacted)"), "nothing was handed back{ran}");
        let report = std::fs::read_to_string(world.file("report")).unwrap();
        assert!(forms().iter().all(|form| !report.contains(form)), "{report}");
    }
    keeps_the_password(&clean(&world).env("HTTPS_PROXY", &with_password(&world)).status(3).done());
}

#[test]
fn a_proxy_that_makes_no_tunnel_is_what_is_named() {
    for manners in [
        Manners::Answers(
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n",
        ),
        Manners::Answers("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"),
        Manners::Answers("SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        Manners::Closes,
        Manners::Resets,
    ] {
        let world = World::with(Setting { manners, ..Setting::default() });
        let ran = run(&world).env("HTTPS_PROXY", &with_password(&world)).status(3).done();
        let (code, message) = ran.diagnosis();
        assert_eq!(code, "target_unreachable", "{ran}");
        assert!(message.contains("proxy"), "{message}");
        keeps_the_password(&ran);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_what_is_named() {
    let world = World::new();
    let nobody = Refusing::new();
    let password = PASSWORD.replace('/', "%2F");
    let proxy = format!("http://proxyuser:{password}@{}", nobody.address());
    let ran = run(&world).env("HTTPS_PROXY", &proxy).status(3).done();
    let (code, message) = ran.diagnosis();
    assert_eq!(code, "target_unreachable", "{ran}");
    assert!(
        message.contains("the proxy (see HTTPS_PROXY and ALL_PROXY) cannot be reached: "),
        "{message}"
    );
    keeps_the_password(&ran);
}

#[test]
fn a_tunnel_that_is_cut_is_no_secure_connection() {
    let world = World::with(Setting { manners: Manners::Cuts, ..Setting::default() });
    assert_eq!(run(&world).status(3).done().diagnosis().0, "tls_failed");
}

#[test]
fn no_proxy_is_heeded() {
    let world = World::new();
    let ran = run(&world).env("NO_PROXY", "billing.example").status(3).done();
    assert_eq!(ran.diagnosis().0, "target_unreachable", "{ran}");
    assert_eq!(world.heads(), [""; 0]);
}

#[test]
fn what_is_no_proxy_is_refused_and_not_printed() {
    for value in [
        "http://",
        "http://me:hunter22 x@proxy",
        "hunter22 hunter22",
        "ftp://me:hunter22@proxy:21",
        "ht!tp:hunter22",
    ] {
        for name in PROXY_VARIABLES {
            let world = World::new();
            for program in [run(&world), clean(&world)] {
                let ran = program.env(name, value).status(2).done();
                ran.refuses(&format!("invalid proxy URL in {name} "));
                assert!(!ran.stderr.contains("hunter22"), "{ran}");
            }
            assert_eq!((world.heads().len(), world.api.requests().len()), (0, 0), "{name}={value}");
        }
    }
}

#[test]
fn what_is_not_used_does_not_matter() {
    let world = World::new();
    for name in PROXY_VARIABLES {
        run_at(&world, &world.api.url()).env(name, "not a proxy").done();
        let exempt = run(&world).env(name, "not a proxy").env("NO_PROXY", "billing.example");
        assert_eq!(exempt.status(3).done().diagnosis().0, "target_unreachable");
        let empty = run(&world).env("ALL_PROXY", "").env("http_proxy", "");
        empty.done();
    }
}

#[test]
fn every_name_of_the_variable_will_do() {
    for name in ["https_proxy", "ALL_PROXY", "all_proxy"] {
        let world = World::new();
        let proxy = world.proxy.to_string();
        run(&world).without_env("HTTPS_PROXY").env(name, &proxy).done();
        assert_ne!(world.heads(), [""; 0], "{name}");
    }
}

#[test]
fn a_socks_proxy_is_used_and_looks_the_name_up_itself() {
    let world = World::with(Setting { manners: Manners::Socks, ..Setting::default() });
    run(&world).env("HTTPS_PROXY", &format!("socks5h://{}", world.proxy)).done();
    assert_eq!(world.destinations(), [format!("{HOST}:443")]);
}

//! The way through a proxy, and what a proxy is told.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::remote::api::{Act, Behaviour};
use crate::remote::program::{PROXY_VARIABLES, Program, Ran, TOKEN};
use crate::remote::tunnel::Manners;
use crate::remote::world::{HOST, Setting, World};

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

fn keeps_the_password(ran: &Ran) {
    for form in forms() {
        assert!(
            !ran.stdout.contains(&form) && !ran.stderr.contains(&form),
            "{form} was printed{ran}"
        );
    }
}

#[test]
fn a_password_goes_to_the_proxy_and_nowhere_else() {
    let world = World::new();
    let ran = Program::run(&world).args(&["-v"]).env("HTTPS_PROXY", &with_password(&world)).ends(0);
    keeps_the_password(&ran);
    let basic = format!("basic {}", forms()[2]).to_lowercase();
    assert!(
        world.heads().iter().all(|head| head.to_lowercase().contains(&basic)),
        "{:?}",
        world.heads()
    );
    assert!(world.heads().iter().all(|head| !head.contains(TOKEN)));
    assert!(world.seen().iter().all(|seen| !seen.headers.contains_key("proxy-authorization")));
}

#[test]
fn a_password_that_is_handed_back_is_not_printed() {
    let echo = || forms().join(" ");
    let world = World::of(Behaviour {
        instead: Some(Box::new(move |_, _| {
            Some(Act::Reply((StatusCode::BAD_GATEWAY, echo()).into_response()))
        })),
        ..Behaviour::default()
    });
    for format in ["human", "json", "junit", "tap"] {
        let program =
            Program::run(&world).args(&["--report", &format!("{format}={}", world.file("report"))]);
        let ran = program
            .args(&["-v", "--events", "none"])
            .env("HTTPS_PROXY", &with_password(&world))
            .ends(1);
        keeps_the_password(&ran);
        assert!(ran.stdout.contains("(redacted)"), "nothing was handed back{ran}");
        let report = std::fs::read_to_string(world.file("report")).unwrap();
        assert!(forms().iter().all(|form| !report.contains(form)), "{report}");
    }
    keeps_the_password(&Program::clean(&world).env("HTTPS_PROXY", &with_password(&world)).ends(3));
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
        let ran = Program::run(&world).env("HTTPS_PROXY", &with_password(&world)).ends(3);
        let (code, message) = ran.diagnosis();
        assert_eq!(code, "target_unreachable", "{ran}");
        assert!(message.contains("proxy"), "{message}");
        keeps_the_password(&ran);
    }
}

#[test]
fn a_proxy_that_is_not_there_is_what_is_named() {
    let world = World::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .unwrap()
        .port();
    let proxy =
        format!("http://proxyuser:{PASSWORD}@127.0.0.1:{port}").replace("pr0xy/", "pr0xy%2F");
    let ran = Program::run(&world).env("HTTPS_PROXY", &proxy).ends(3);
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
    assert_eq!(Program::run(&world).ends(3).diagnosis().0, "tls_failed");
}

#[test]
fn no_proxy_is_heeded() {
    let world = World::new();
    let ran = Program::run(&world).env("NO_PROXY", "billing.example").ends(3);
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
            for program in [Program::run(&world), Program::clean(&world)] {
                let ran = program.env(name, value).ends(2);
                ran.refuses(&format!("invalid proxy URL in {name} "));
                assert!(!ran.stderr.contains("hunter22"), "{ran}");
            }
            assert_eq!((world.heads().len(), world.seen().len()), (0, 0), "{name}={value}");
        }
    }
}

#[test]
fn what_is_not_used_does_not_matter() {
    let world = World::new();
    for name in PROXY_VARIABLES {
        Program::run_at(&world, &world.sandbox.clone()).env(name, "not a proxy").ends(0);
        let exempt =
            Program::run(&world).env(name, "not a proxy").env("NO_PROXY", "billing.example");
        assert_eq!(exempt.ends(3).diagnosis().0, "target_unreachable");
        let empty = Program::run(&world).env("ALL_PROXY", "").env("http_proxy", "");
        empty.ends(0);
    }
}

#[test]
fn every_name_of_the_variable_will_do() {
    for name in ["https_proxy", "ALL_PROXY", "all_proxy"] {
        let world = World::new();
        let proxy = world.proxy.clone();
        Program::run(&world).proxy_as(name, &proxy).ends(0);
        assert_ne!(world.heads(), [""; 0], "{name}");
    }
}

#[test]
fn a_socks_proxy_is_used_and_looks_the_name_up_itself() {
    let world = World::with(Setting { manners: Manners::Socks, ..Setting::default() });
    let proxy = format!("socks5h://{}", world.proxy);
    Program::run(&world).env("HTTPS_PROXY", &proxy).ends(0);
    assert_eq!(world.destinations(), [format!("{HOST}:443")]);
}

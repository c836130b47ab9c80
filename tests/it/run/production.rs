//! Production is refused however it is spelt, and nothing leaves this machine unencrypted.

use crate::support::program::{TOKEN, Test};

fn refused(url: &str, said: &str) {
    let test = Test::run("customer-mapping").args([
        "--var",
        "email_domain=yourdomain.com",
        "--base-url",
        url,
    ]);
    let finished = test.token(TOKEN).status(2).done();
    finished.says(said);
    assert!(!finished.stderr.contains("target:"), "something was sent{finished}");
    assert_eq!(finished.stdout, "", "{url}");
}

#[test]
fn production() {
    for url in [
        "https://api.polar.sh",
        "https://api.polar.sh/",
        "https://api.polar.sh/v1",
        "https://api.polar.sh:443",
        "https://api.polar.sh:8443",
        "https://API.Polar.SH",
        "HTTPS://api.polar.sh",
        "https://api.polar.sh.",
        "http://api.polar.sh",
        "https://api%2epolar%2esh",
        "https://%61pi.polar.sh",
        "https://ａｐｉ.polar.sh",
        "https://api\u{3002}polar\u{3002}sh",
        "https:\\\\api.polar.sh",
        "https:/api.polar.sh",
        "https:api.polar.sh",
        " https://api.polar.sh ",
        "https://a\tpi.polar.sh",
        "https://api.po\u{ad}lar.sh",
    ] {
        refused(url, "production");
    }
}

#[test]
fn unencrypted() {
    for url in [
        "http://sandbox-api.polar.sh",
        "http://192.0.2.1",
        "http://localhost.example",
        "http://[::ffff:192.0.2.1]",
    ] {
        refused(url, "use https");
    }
}

#[test]
fn what_is_no_base_url() {
    for url in [
        "sandbox-api.polar.sh",
        "localhost:4010",
        "ftp://127.0.0.1",
        "http://",
        "https://x/?a=b",
        "https://x/#a",
        "",
    ] {
        refused(url, "URL");
    }
    refused("https://user:secretpassword@api.example", "password");
}

/// Before anything is sent, and so before the target is known to be there.
#[test]
fn an_email_domain_is_wanted_elsewhere() {
    let test =
        Test::run("customer-mapping").args(["--base-url", "https://api.example.invalid"]).status(2);
    let finished = test.done();
    finished.says("--var email_domain=");
}

//! What the environment says of proxies: whether it can be used, and what of it must not be
//! printed.

use std::ffi::OsString;

use anyhow::bail;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::http::BaseUrl;
use crate::secret::Secret;

/// Where proxies are named. The client heeds the names in lower case as well.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];

/// Refuses what names a proxy and cannot be used as one. The client would leave it out without a
/// word, and go to the target directly. On this machine it uses none.
pub(super) fn require_usable(base: &BaseUrl) -> anyhow::Result<()> {
    if base.is_loopback() || goes_without(base) {
        return Ok(());
    }
    for (name, value) in named() {
        if value.is_empty() || value.to_str().is_some_and(is_usable) {
            continue;
        }
        bail!(
            "invalid proxy URL in {name} (it is not shown, because it may hold a password); \
             write http://proxy:8080 or http://user:password@proxy:8080, with special characters \
             percent-encoded (socks5:// works as well), or unset it"
        );
    }
    Ok(())
}

/// Whether the environment exempts this target from every proxy.
fn goes_without(base: &BaseUrl) -> bool {
    let exempt = ["NO_PROXY", "no_proxy"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_default();
    let matcher = Matcher::builder().all("http://proxy.invalid").no(exempt).build();
    base.to_string().parse().is_ok_and(|target| matcher.intercept(&target).is_none())
}

/// The variables that are set, with what they hold.
fn named() -> impl Iterator<Item = (String, OsString)> {
    let names = VARIABLES.iter().flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
    names.filter_map(|name| std::env::var_os(&name).map(|value| (name, value)))
}

/// Whether the client can do something with it, by the rules that it goes by itself.
fn is_usable(proxy: &str) -> bool {
    let somewhere = "https://target.invalid/".parse().ok();
    let matcher = Matcher::builder().all(proxy.to_owned()).build();
    let Some(intercept) = somewhere.and_then(|target| matcher.intercept(&target)) else {
        return false;
    };
    let uri = intercept.uri();
    let Some(authority) = uri.authority() else { return false };
    // It takes the port of the scheme where the one that is written is none.
    let port = authority.port_u16().is_some() || authority.as_str() == authority.host();
    // An `@` that was not encoded in the password.
    let whole = !authority.as_str().contains('@');
    matches!(uri.scheme_str(), Some("http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"))
        && port
        && whole
        && !authority.host().is_empty()
}

/// The passwords of all proxies that the environment names. A target never gets them, but a proxy
/// that answers in its place may hand them back.
pub(super) fn secrets() -> Vec<Secret> {
    let names = VARIABLES.iter().flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
    names.filter_map(|name| std::env::var(name).ok()).flat_map(|proxy| passwords(&proxy)).collect()
}

/// A proxy's password, as it is written and as it is sent.
fn passwords(proxy: &str) -> Vec<Secret> {
    // `user:password@proxy:8080` does as well.
    let url = if proxy.contains("://") {
        Url::parse(proxy)
    } else {
        Url::parse(&format!("http://{proxy}"))
    };
    let Some(written) = url.ok().and_then(|url| url.password().map(str::to_owned)) else {
        return Vec::new();
    };
    let sent = percent_decode_str(&written).decode_utf8_lossy().into_owned();
    let mut all = vec![Secret::new(written)];
    if all.iter().all(|known| known.expose() != sent) {
        all.push(Secret::new(sent));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_used_is_told_from_what_cannot() {
        for usable in [
            "http://proxy:8080",
            "http://proxy",
            "proxy:8080",
            "proxy",
            "http://me:s%2Fcret@proxy:8080",
            "me:secret@proxy:8080",
            "https://proxy:8443/",
            "http://127.0.0.1:3128",
            "http://[::1]:3128",
            "socks5://proxy:1080",
            "socks5h://me:secret@proxy",
        ] {
            assert!(is_usable(usable), "{usable}");
        }
        for unusable in [
            " ",
            "not a url",
            "http://",
            "http://:8080",
            "http:///x",
            "://proxy",
            "/proxy",
            "http//proxy:8080",
            "http:/proxy:8080",
            "http://proxy:80 80",
            "http://proxy:80800",
            "http://proxy:port",
            "http://proxy:8080\n",
            "http://me:pass/word@proxy:8080",
            "http://me:p@ss@proxy:8080",
            "http://me:pass word@proxy:8080",
            "\"http://proxy:8080\"",
            "${PROXY}",
            "ftp://proxy:21",
        ] {
            assert!(!is_usable(unusable), "{unusable}");
        }
    }

    #[test]
    fn a_password_is_known_as_it_is_written_and_as_it_is_sent() {
        let exposed = |proxy| -> Vec<_> {
            passwords(proxy).iter().map(|secret| secret.expose().to_owned()).collect()
        };
        assert_eq!(exposed("http://me:s%2Fcret@proxy:8080"), ["s%2Fcret", "s/cret"]);
        assert_eq!(exposed("me:secret@proxy:8080"), ["secret"]);
        for none in ["", "http://proxy:8080", "http://me@proxy", "proxy:8080"] {
            assert!(passwords(none).is_empty(), "{none}");
        }
    }
}

//! What the environment says of proxies, as far as it must not be printed.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::secret::Secret;

/// Where proxies are named. The client heeds the names in lower case as well.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];

/// The passwords of all proxies that the environment names. A target never gets them, but a proxy that
/// answers in its place may hand them back.
pub(super) fn secrets() -> Vec<Secret> {
    let names = VARIABLES.iter().flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
    names.filter_map(|name| std::env::var(name).ok()).flat_map(|proxy| passwords(&proxy)).collect()
}

/// A proxy's password, as it is written and as it is sent.
fn passwords(proxy: &str) -> Vec<Secret> {
    // `user:password@proxy:8080` does as well.
    let url = if proxy.contains("://") { Url::parse(proxy) } else { Url::parse(&format!("http://{proxy}")) };
    let Some(written) = url.ok().and_then(|url| url.password().map(str::to_owned)) else { return Vec::new() };
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
    fn a_password_is_known_as_it_is_written_and_as_it_is_sent() {
        let exposed = |proxy| -> Vec<_> { passwords(proxy).iter().map(|secret| secret.expose().to_owned()).collect() };
        assert_eq!(exposed("http://me:s%2Fcret@proxy:8080"), ["s%2Fcret", "s/cret"]);
        assert_eq!(exposed("me:secret@proxy:8080"), ["secret"]);
        for none in ["", "http://proxy:8080", "http://me@proxy", "proxy:8080"] {
            assert!(passwords(none).is_empty(), "{none}");
        }
    }
}

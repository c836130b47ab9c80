//! The URL of a webhook endpoint. pydantic parses URLs with the `url` crate, so its words are ours.

use std::net::IpAddr;

use serde_json::{Value, json};
use url::{Host, Url};

use super::idna2008::check_domain;
use super::{Validator, python_trim};

const LONGEST: usize = 2083;

/// Reads a URL and writes it the normal way. With `https_only`, as on the real API, other schemes
/// and addresses that are not public are refused; without, loopback URLs are what this sandbox is
/// for.
pub(crate) fn endpoint_url(
    validator: &mut Validator,
    value: &Value,
    https_only: bool,
) -> Option<String> {
    let Value::String(text) = value else {
        return validator.flaw("url_type", "URL input should be a string or URL", value);
    };
    validator.uses(text);
    let text = python_trim(text);
    let value = &Value::String(text.to_owned());
    if text.len() > LONGEST {
        let msg = format!("URL should have at most {LONGEST} characters");
        return validator.flaw_with("url_too_long", msg, value, json!({"max_length": LONGEST}));
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            let error =
                if text.is_empty() { "input is empty".to_owned() } else { error.to_string() };
            let msg = format!("Input should be a valid URL, {error}");
            return validator.flaw_with("url_parsing", msg, value, json!({"error": error}));
        }
    };
    let allowed: &[&str] = if https_only { &["https"] } else { &["https", "http"] };
    if !allowed.contains(&url.scheme()) {
        return validator.flaw_with(
            "url_scheme",
            "URL scheme should be 'https'",
            value,
            json!({"expected_schemes": "'https'"}),
        );
    }
    if url.domain().is_some_and(|host| check_domain(host).is_err()) {
        let msg =
            "Invalid webhook URL: the hostname contains characters not allowed in domain names.";
        return validator.value_error(msg, value);
    }
    if https_only && url.host().is_some_and(|host| is_private(&host)) {
        return validator
            .value_error("Webhook URLs cannot point to localhost or private IP addresses.", value);
    }
    Some(url.into())
}

fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => !is_global(IpAddr::V4(*address)),
        Host::Ipv6(address) => !is_global(IpAddr::V6(*address)),
    }
}

/// Python's `ipaddress.is_global`, as far as the stable standard library knows it.
fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let protocol = a == 192 && b == 0 && c == 0;
            let benchmark = a == 198 && (18..20).contains(&b);
            !(a == 0
                || v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || shared
                || protocol
                || benchmark
                || a >= 240)
        }
        IpAddr::V6(v6) => {
            let documentation = v6.segments()[..2] == [0x2001, 0xdb8];
            v6.to_ipv4_mapped().map_or(
                !(v6.is_unspecified()
                    || v6.is_loopback()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
                    || documentation),
                |v4| is_global(IpAddr::V4(v4)),
            )
        }
    }
}

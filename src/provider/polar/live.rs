//! What an answer says of a Polar: live or sandbox.
//!
//! Measured on the real API: every answer carries `polar-version`, and the sandbox adds
//! `x-polar-sandbox` to answers that reached a handler, which are 2xx, 403, 404 and 422. A 401 may
//! lack it on a sandbox as well, so it says nothing.

use crate::event::TargetKind;
use crate::http::Response;

/// What an answer says of a target that is not on this machine. `None` where it is a Polar that
/// fails, and so may be either.
pub(super) fn kind_of(answer: &Response) -> Option<TargetKind> {
    let reached_a_handler = answer.is_success() || matches!(answer.status, 403 | 404 | 422);
    let polar = answer.header("polar-version").is_some();
    if answer.header("x-polar-sandbox").is_some() {
        Some(TargetKind::Sandbox)
    } else if reached_a_handler && polar {
        Some(TargetKind::Production)
    } else if answer.status >= 500 && polar {
        None
    } else {
        Some(TargetKind::Other)
    }
}

/// How many requests a minute to send at most: a tenth less than the API allows a whole
/// organization, which is 100 on the sandbox and 500 on the live API (measured), because others may
/// be asking too.
/// `None` where no limit is known.
pub(super) fn requests_a_minute(kind: TargetKind) -> Option<usize> {
    match kind {
        TargetKind::Sandbox => Some(90),
        TargetKind::Production => Some(450),
        TargetKind::Embedded | TargetKind::Loopback | TargetKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::BaseUrl;
    use crate::provider::POLAR;

    #[test]
    fn production_is_recognised_however_it_is_spelt() {
        for text in [
            "https://api.polar.sh",
            "HTTPS://API.Polar.SH/",
            "https://api.polar.sh.",
            "https://api.polar.sh:443/v1",
            "https://api.polar.sh:8443",
            "http://api.polar.sh",
            "https://api%2epolar%2Esh",
            "https://ａｐｉ.polar.sh",
            "https://api\u{3002}polar\u{ff0e}sh",
            " https:\\\\api.polar.sh\\x",
            "https:api.polar.sh",
        ] {
            assert!(POLAR.live.is_host(&BaseUrl::parse(text).unwrap()), "{text}");
        }
        for text in [
            "https://sandbox-api.polar.sh",
            "https://api.polar.sh.evil.example",
            "https://xapi.polar.sh",
        ] {
            assert!(!POLAR.live.is_host(&BaseUrl::parse(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn an_answer_tells_a_sandbox_from_a_live_polar() {
        let answer = |status, headers: &[(&str, &str)]| Response {
            status,
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
            url: url::Url::parse("https://x/").unwrap(),
        };
        let version = ("polar-version", "2026-04");
        for status in [200, 403, 404, 422] {
            assert_eq!(kind_of(&answer(status, &[version])), Some(TargetKind::Production));
            assert_eq!(
                kind_of(&answer(status, &[version, ("x-polar-sandbox", "1")])),
                Some(TargetKind::Sandbox)
            );
            assert_eq!(kind_of(&answer(status, &[])), Some(TargetKind::Other));
        }
        for status in [401, 411, 413, 429] {
            assert_eq!(kind_of(&answer(status, &[version])), Some(TargetKind::Other));
        }
        assert_eq!(kind_of(&answer(502, &[version])), None);
        assert_eq!(kind_of(&answer(502, &[])), Some(TargetKind::Other));
    }
}

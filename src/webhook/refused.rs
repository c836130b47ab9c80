//! Why a source of webhooks could not be set up, in words that say what to change.

use crate::event::LeftBehind;
use crate::http::reasons::{self, Said};
use crate::http::{Failure, FailureKind, Response};

/// What a source asks of the API.
#[derive(Debug, Clone)]
pub(super) struct Need {
    /// Method and path, for messages.
    pub(super) request: String,
    /// What that is good for, as it stands after "the token may not".
    pub(super) to: &'static str,
}

/// A source that could not be set up.
#[derive(Debug)]
pub struct Refused {
    /// Why, as a sentence fragment.
    pub why: String,
    /// What else is not worth trying then.
    pub rules_out: RulesOut,
    /// What it may have left at the API all the same.
    pub left_behind: Option<LeftBehind>,
}

/// What a refusal says of the other sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesOut {
    /// Nothing.
    Nothing,
    /// Every source that needs a webhook endpoint: the API has none, or not for this token.
    Endpoints,
    /// All of them: the token does not work, or the target cannot be reached. Says which, unless
    /// the run was interrupted.
    Everything(Option<FailureKind>),
}

impl Refused {
    /// Any other reason, which speaks of this source only.
    pub(super) fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), rules_out: RulesOut::Nothing, left_behind: None }
    }

    /// The run was interrupted before the source was ready.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { rules_out: RulesOut::Everything(None), ..Self::because("the run was interrupted") }
    }

    /// An answer outside of 2xx.
    pub(super) fn answer(need: &Need, response: &Response) -> Self {
        let (request, status) = (&need.request, response.status);
        let why = match status {
            401 | 403 | 503 if response.in_front().is_some() => {
                let seen = response.in_front().unwrap_or_default();
                format!("something in front of the API answered {request} with {status}: {seen}")
            }
            401 => format!("the API refuses the token (401 on {request}){}", said(response)),
            403 => match response.needed_scopes().as_slice() {
                [] => format!(
                    "the API does not let the token {} ({request} is 403){}",
                    need.to,
                    said(response)
                ),
                [scope] => format!(
                    "the token may not {} without the scope {scope} ({request} is 403)",
                    need.to
                ),
                several => {
                    let (to, scopes) = (need.to, several.join(", "));
                    format!(
                        "the token may not {to} without one of the scopes {scopes} ({request} is \
                         403)"
                    )
                }
            },
            404 | 405 | 501 => format!("the API has no {request} ({status})"),
            _ => format!("{request} is {status}{}", said(response)),
        };
        let rules_out = if status == 401 {
            RulesOut::Everything(Some(FailureKind::Unauthorized))
        } else {
            RulesOut::Nothing
        };
        Self { rules_out, ..Self::because(why) }
    }

    /// No answer at all.
    pub(super) fn failure(need: &Need, failure: &Failure) -> Self {
        let lost = failure.kind == FailureKind::ConnectionLost;
        let rules_out =
            if lost { RulesOut::Nothing } else { RulesOut::Everything(Some(failure.kind)) };
        Self {
            rules_out,
            ..Self::because(format!("{} was not answered: {}", need.request, failure.detail))
        }
    }
}

/// The API's first reason, where it gives one.
fn said(response: &Response) -> String {
    match reasons::said(response, response.json().as_ref()) {
        Said::Reasons(found) => {
            found.first().map(|reason| format!(": {}", reason.text)).unwrap_or_default()
        }
        Said::Body(_) | Said::Nothing => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need() -> Need {
        Need { request: "GET /v1/things/".to_owned(), to: "see things" }
    }

    fn answer(status: u16, header: Option<&str>, body: &str) -> Refused {
        let headers = header
            .map(|value| ("www-authenticate".to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let url = url::Url::parse("https://x/").unwrap();
        Refused::answer(&need(), &Response { status, headers, body: body.into(), url })
    }

    #[test]
    fn a_missing_scope_is_named() {
        for (header, named) in [
            ("Bearer scope=\"a:read\", error=\"insufficient_scope\"", "the scope a:read"),
            ("Bearer scope=\"a:read a:write\"", "one of the scopes a:read, a:write"),
        ] {
            let why = answer(403, Some(header), "").why;
            assert_eq!(
                why,
                format!("the token may not see things without {named} (GET /v1/things/ is 403)")
            );
        }
        // None is named that the API does not name.
        for header in [None, Some("Bearer realm=\"polar\""), Some("Bearer scope=\" \"")] {
            let why = answer(403, header, r#"{"message":"No."}"#).why;
            assert_eq!(
                why,
                "the API does not let the token see things (GET /v1/things/ is 403): No."
            );
        }
    }

    #[test]
    fn what_is_in_front_of_the_api_is_told_from_it() {
        for status in [401, 403, 503] {
            let why = answer(status, Some("Basic realm=\"x\""), "<html><title>Wait</title>").why;
            let seen =
                "it asks for Basic authentication for \"x\"; it sent a page, titled \"Wait\"";
            assert_eq!(
                why,
                format!(
                    "something in front of the API answered GET /v1/things/ with {status}: {seen}"
                )
            );
        }
    }

    #[test]
    fn the_reasons_of_the_api_are_quoted() {
        assert_eq!(
            answer(422, None, r#"{"detail":[{"msg":"no"}]}"#).why,
            "GET /v1/things/ is 422: no"
        );
        assert_eq!(
            answer(422, None, r#"{"error":{"message":"no"}}"#).why,
            "GET /v1/things/ is 422: no"
        );
        assert_eq!(answer(500, None, "<html>").why, "GET /v1/things/ is 500");
    }

    #[test]
    fn only_a_token_or_a_target_that_does_not_work_ends_it_for_all() {
        assert_eq!(
            answer(401, None, "").rules_out,
            RulesOut::Everything(Some(FailureKind::Unauthorized))
        );
        for status in [403, 404, 422, 500] {
            assert_eq!(answer(status, None, "").rules_out, RulesOut::Nothing, "{status}");
        }
        let failed = |kind| Refused::failure(&need(), &Failure::new(kind, "x"));
        for kind in [
            FailureKind::Unreachable,
            FailureKind::Tls,
            FailureKind::TimedOut,
            FailureKind::RateLimited,
        ] {
            assert_eq!(failed(kind).rules_out, RulesOut::Everything(Some(kind)));
        }
        assert_eq!(failed(FailureKind::ConnectionLost).rules_out, RulesOut::Nothing);
    }
}

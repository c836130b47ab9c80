//! Answers that do not come from the API, but from something in front of it: a password of a proxy,
//! a login page, a firewall.

use super::challenge::challenges;
use super::{Response, markup};

/// What is in front of an API, by a header that only it sends where it answers itself.
const ANSWERS_ITSELF: &[(&str, &str, &str)] = &[
    ("cf-mitigated", "", "Cloudflare"),
    ("cf-access-domain", "", "Cloudflare Access"),
    ("x-vercel-mitigated", "", "Vercel"),
    ("x-vercel-error", "", "Vercel"),
    ("x-amzn-waf-action", "", "AWS WAF"),
    ("ngrok-error-code", "", "ngrok"),
    ("x-sucuri-block", "", "Sucuri"),
    ("x-datadome", "", "DataDome"),
    ("x-px-block-score", "", "PerimeterX"),
    ("x-squid-error", "", "a Squid proxy"),
];

/// What it may be, by a header that also stands on answers of an API behind it.
const PASSES_ON: &[(&str, &str, &str)] = &[
    ("server", "cloudflare", "Cloudflare"),
    ("cf-ray", "", "Cloudflare"),
    ("server", "vercel", "Vercel"),
    ("x-vercel-id", "", "Vercel"),
    ("server", "netlify", "Netlify"),
    ("server", "awselb", "an AWS load balancer"),
    ("server", "cloudfront", "CloudFront"),
    ("x-amz-cf-id", "", "CloudFront"),
    ("server", "akamai", "Akamai"),
    ("x-iinfo", "", "Imperva"),
    ("x-sucuri-id", "", "Sucuri"),
    ("server", "big-ip", "an F5 BIG-IP"),
    ("server", "github.com", "GitHub"),
    ("x-served-by", "cache-", "Fastly"),
    ("server", "nginx", "nginx"),
    ("server", "openresty", "OpenResty"),
    ("server", "apache", "Apache"),
    ("server", "caddy", "Caddy"),
    ("server", "envoy", "Envoy"),
    ("server", "traefik", "Traefik"),
    ("server", "squid", "a Squid proxy"),
    ("server", "microsoft-iis", "IIS"),
];

impl Response {
    /// What a refusal shows of something in front of the API, as it stands after "something in
    /// front of the API answered, "; `None` where it may well be the API's own.
    ///
    /// An API answers with data, and asks for a bearer token. A page, another scheme in
    /// `www-authenticate`, or a header that a firewall adds to its own answers, is not from there.
    #[must_use]
    pub fn in_front(&self) -> Option<String> {
        let challenges = challenges(self);
        let other =
            challenges.first().filter(|_| !challenges.iter().any(super::Challenge::is_bearer));
        let blocks = self
            .sent_by(ANSWERS_ITSELF)
            .or_else(|| self.is_cloudflare_text().then_some("Cloudflare"));
        let page = self.is_page();
        if other.is_none() && blocks.is_none() && !page {
            return None;
        }
        let mut seen = Vec::new();
        if let Some(who) = blocks.or_else(|| self.sent_by(PASSES_ON)) {
            seen.push(who.to_owned());
        }
        if let Some(challenge) = other {
            let realm =
                challenge.get("realm").map(|realm| format!(" for \"{realm}\"")).unwrap_or_default();
            seen.push(format!("it asks for {} authentication{realm}", challenge.scheme));
        }
        if page {
            let title =
                self.page_title().map(|title| format!(", titled \"{title}\"")).unwrap_or_default();
            seen.push(format!("it sent a page{title}"));
        }
        Some(seen.join("; "))
    }

    /// The title of a page, where the body is one.
    #[must_use]
    pub fn page_title(&self) -> Option<String> {
        self.is_page().then(|| markup::title(&String::from_utf8_lossy(&self.body))).flatten()
    }

    /// Whether the body is HTML.
    fn is_page(&self) -> bool {
        let kind = self.header("content-type").unwrap_or_default().trim().to_ascii_lowercase();
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(256)])
            .trim_start()
            .to_ascii_lowercase();
        let html = ["<!doctype html", "<html", "<head", "<body", "<title", "<h1"];
        !self.body.is_empty()
            && (kind.starts_with("text/html") || html.iter().any(|tag| start.starts_with(tag)))
            && start.starts_with('<')
    }

    /// Cloudflare sends this line where it blocks clients other than browsers.
    fn is_cloudflare_text(&self) -> bool {
        self.body.len() < 64 && self.body.trim_ascii_start().starts_with(b"error code: 1")
    }

    fn sent_by(&self, table: &'static [(&str, &str, &str)]) -> Option<&'static str> {
        let fits = |(name, start, _): &&(&str, &str, &str)| {
            self.header(name)
                .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with(*start))
        };
        table.iter().find(fits).map(|(_, _, who)| *who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> Option<String> {
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = url::Url::parse("http://localhost/").unwrap();
        Response { status: 401, headers, body: body.into(), url }.in_front()
    }

    const NGINX: &str =
        "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body></body></html>";

    #[test]
    fn what_is_not_the_api_is_named() {
        for (headers, body, told) in [
            (
                &[
                    ("www-authenticate", "Basic realm=\"Staging\""),
                    ("server", "nginx/1.25"),
                    ("content-type", "text/html"),
                ][..],
                NGINX,
                "nginx; it asks for Basic authentication for \"Staging\"; it sent a page, titled \
                 \"401 Authorization Required\"",
            ),
            (
                &[("www-authenticate", "Negotiate, NTLM")],
                "",
                "it asks for Negotiate authentication",
            ),
            (
                &[("www-authenticate", "Digest realm=x")],
                "{}",
                "it asks for Digest authentication for \"x\"",
            ),
            (
                &[("cf-mitigated", "challenge"), ("server", "cloudflare")],
                "<!DOCTYPE html><title>Just a moment...</title>",
                "Cloudflare; it sent a page, titled \"Just a moment...\"",
            ),
            (&[("server", "cloudflare")], "error code: 1020", "Cloudflare"),
            (
                &[("server", "Vercel"), ("content-type", "text/html; charset=utf-8")],
                "<!doctype html><h1>Authentication Required</h1>",
                "Vercel; it sent a page, titled \"Authentication Required\"",
            ),
            (&[("x-vercel-mitigated", "deny")], "{\"error\":{}}", "Vercel"),
            (
                &[("server", "awselb/2.0")],
                "<html>no</html>",
                "an AWS load balancer; it sent a page",
            ),
            (&[("ngrok-error-code", "ERR_NGROK_3200")], "x", "ngrok"),
            (&[], " \n<html></html>", "it sent a page"),
        ] {
            assert_eq!(answer(headers, body).as_deref(), Some(told));
        }
    }

    #[test]
    fn what_may_be_the_api_s_own_is_not() {
        for (headers, body) in [
            (&[][..], ""),
            (
                &[("server", "cloudflare"), ("cf-ray", "x"), ("content-type", "application/json")],
                "{\"error\":\"x\"}",
            ),
            (&[("www-authenticate", "Bearer realm=\"polar\"")], "{}"),
            (&[("www-authenticate", "Basic realm=\"x\", Bearer realm=\"y\"")], "{}"),
            (&[("www-authenticate", "Basic"), ("www-authenticate", "bearer")], "{}"),
            (&[("content-type", "text/html")], "Unauthorized"),
            (&[("content-type", "text/html")], ""),
            (&[], "<Error><Message>x</Message></Error>"),
        ] {
            assert_eq!(answer(headers, body), None, "{headers:?} {body}");
        }
    }
}

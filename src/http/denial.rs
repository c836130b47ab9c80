//! What a 404 is about: a record that is not there, or a path that the server does not know.

use serde_json::Value as Json;

use super::Response;

/// Where APIs say what is wrong.
const KEYS: [&str; 5] = ["error", "code", "type", "detail", "message"];

impl Response {
    /// Whether it is a 404 that speaks of a record. A bare one may be about an unknown path.
    #[must_use]
    pub fn denies_record(&self) -> bool {
        self.status == 404
            && self.json().is_some_and(|body| KEYS.iter().any(|key| says_more(&body[*key])))
    }
}

fn says_more(said: &Json) -> bool {
    let Json::String(text) = said else { return said.is_object() };
    let text = text.trim().trim_end_matches('.').to_lowercase();
    text != "not found" && !text.starts_with("cannot ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_404_says_nothing_about_records() {
        let denies = |status: u16, body: &str| {
            let url = url::Url::parse("http://localhost/").unwrap();
            Response { status, headers: Vec::new(), body: body.into(), url }.denies_record()
        };
        for body in [
            r#"{"error":"ResourceNotFound","detail":"Not found"}"#,
            r#"{"error":{"code":"resource_missing"}}"#,
            r#"{"message":"No such customer"}"#,
            r#"{"error":"Not Found","code":"customer_not_found"}"#,
        ] {
            assert!(denies(404, body), "{body}");
            assert!(!denies(405, body), "{body}");
        }
        for bare in [
            "",
            "Not Found",
            "<html>",
            r#"{"detail":"Not Found"}"#,
            r#"{"statusCode":404,"message":"Cannot GET /v1/x","error":"Not Found"}"#,
            r#"{"timestamp":"2026-11-25T00:00:00Z","status":404,"error":"Not Found","path":"/v1/x"}"#,
        ] {
            assert!(!denies(404, bare), "{bare}");
        }
    }
}

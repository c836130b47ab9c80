//! The reasons that an answer gives, in whichever of the usual shapes.
//!
//! Every framework words its errors in another place: `{"detail": [{"loc", "msg"}]}`, `{"error":
//! {"message"}}`,
//! `{"errors": [{"title", "source"}]}`, `{"email": ["is taken"]}`, a page, a line of text. So what is looked
//! for is not a shape but the usual keys, wherever they stand near the top.

use serde_json::{Map, Value as Json};

use super::challenge::challenges;
use super::{Response, markup};

/// How deep reasons are looked for, and how many are kept.
const DEEPEST: usize = 6;
const MOST: usize = 8;

/// Keys (in lower case, without `_` and `-`) whose text is a reason, the most telling first.
const TEXTS: &[&str] = &[
    "message",
    "msg",
    "detail",
    "errordescription",
    "errormessage",
    "hydra:description",
    "description",
    "reason",
    "faultstring",
    "usermessage",
    "developermessage",
];
/// Keys below which reasons stand.
const CONTAINERS: &[&str] = &[
    "error",
    "errors",
    "detail",
    "details",
    "issues",
    "violations",
    "invalidparams",
    "fielderrors",
    "formerrors",
    "nonfielderrors",
    "fieldviolations",
    "fault",
    "faults",
    "meta",
    "result",
    "data",
    "response",
    "cause",
    "problems",
    "messages",
    "message",
    "msg",
    "validationerrors",
    "failures",
    "innererror",
    "body",
];
/// Keys that say what a reason is about.
const PLACES: &[&str] = &[
    "loc",
    "param",
    "field",
    "path",
    "pointer",
    "propertypath",
    "instancepath",
    "datapath",
    "name",
    "source",
];
/// Keys whose text says only what kind of trouble it is: for want of anything better.
const TITLES: &[&str] = &["title", "error", "errors", "fault"];
/// The same, for machines.
const CODES: &[&str] = &["code", "errorcode", "type"];

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What it is about, as a dotted path, where that is said: `body.email`.
    pub place: Option<String>,
    /// What is wrong.
    pub text: String,
}

/// What an answer says of why it is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Its reasons, at least one.
    Reasons(Vec<Reason>),
    /// A body in which none is recognised, as text.
    Body(String),
    /// It has no body.
    Nothing,
}

/// Reads what an answer says; `json` is its body, where that is JSON.
#[must_use]
pub fn said(response: &Response, json: Option<&Json>) -> Said {
    let body = String::from_utf8_lossy(&response.body);
    let text = body.trim_start_matches('\u{feff}').trim();
    let mut found = Reasons::default();
    match json {
        Some(json) => found.walk(json, None, 0, false),
        None if text.starts_with('<') => {
            if let Some(text) = markup::texts(text) {
                found.push(None, &text);
            }
        }
        None => {}
    }
    if found.0.is_empty() {
        // A bearer challenge may say it in the header alone (RFC 6750, 3).
        let described = challenges(response)
            .into_iter()
            .filter(|challenge| text.is_empty() || challenge.is_bearer());
        described.for_each(|challenge| {
            found.push(None, challenge.get("error_description").unwrap_or_default());
        });
    }
    match (found.0.is_empty(), text.is_empty()) {
        (false, _) => Said::Reasons(found.0),
        (true, true) => Said::Nothing,
        (true, false) if text.starts_with('<') && json.is_none() => Said::Body(markup::text(text)),
        (true, false) => Said::Body(text.to_owned()),
    }
}

#[derive(Default)]
struct Reasons(Vec<Reason>);

impl Reasons {
    /// Adds a reason. Said twice, it is kept once, with its place.
    fn push(&mut self, place: Option<&str>, text: &str) {
        let (text, place) =
            (text.trim(), place.filter(|place| !place.is_empty()).map(str::to_owned));
        if text.is_empty() || self.0.len() >= MOST {
            return;
        }
        let same = |known: &&mut Reason| {
            known.text == text && (known.place.is_none() || place.is_none() || known.place == place)
        };
        match self.0.iter_mut().find(same) {
            Some(known) => known.place = known.place.take().or(place),
            None => self.0.push(Reason { place, text: text.to_owned() }),
        }
    }

    /// Looks for reasons in `value`. `within` is whether it stands below a key that holds errors.
    fn walk(&mut self, value: &Json, place: Option<&str>, depth: usize, within: bool) {
        match value {
            _ if depth > DEEPEST || self.0.len() >= MOST => {}
            Json::String(text) => self.push(place, text),
            Json::Array(items) => {
                for item in items {
                    self.walk(item, place, depth + 1, within);
                }
            }
            Json::Object(map) => {
                let own = own_place(map);
                self.object(map, own.as_deref().or(place), depth, within);
            }
            _ => {}
        }
    }

    fn object(&mut self, map: &Map<String, Json>, place: Option<&str>, depth: usize, within: bool) {
        let before = self.0.len();
        let named = |names: &'static [&str]| {
            let of = move |name: &str| {
                map.iter().find(|(key, _)| normal(key) == name).map(|(_, value)| value)
            };
            names.iter().filter_map(move |name| of(name))
        };
        for text in named(TEXTS).filter_map(Json::as_str) {
            self.push(place, text);
        }
        for (key, value) in map.iter().filter(|(key, _)| CONTAINERS.contains(&normal(key).as_str()))
        {
            // What stands beside the errors, such as a record that is there already, is none.
            let errors = within
                || !matches!(
                    normal(key).as_str(),
                    "meta" | "result" | "data" | "response" | "body"
                );
            let list_of_fields = value.is_object() && errors;
            if list_of_fields || value.is_array() || value.is_object() {
                self.walk(value, place, depth + 1, errors);
            }
        }
        let fields = || map.iter().filter(|(key, _)| !is_known(key));
        let at = |key: &str| place.map_or_else(|| key.to_owned(), |place| format!("{place}.{key}"));
        if self.0.len() == before {
            // Fields with their errors: `{"email": ["is taken"]}`.
            for (key, value) in fields() {
                let holds_errors = match value {
                    Json::Array(items) => within || items.iter().all(Json::is_string),
                    Json::Object(_) => within || depth < 2,
                    _ => false,
                };
                if holds_errors {
                    self.walk(value, Some(&at(key)), depth + 1, within);
                }
            }
        }
        if self.0.len() == before
            && let Some(title) = named(TITLES).find_map(Json::as_str)
        {
            self.push(place, title);
        }
        if self.0.len() == before && within {
            for (key, text) in fields().filter_map(|(key, value)| Some((key, value.as_str()?))) {
                self.push(Some(&at(key)), text);
            }
        }
        if self.0.len() == before
            && let Some(code) = named(CODES).find_map(Json::as_str)
        {
            self.push(place, code);
        }
    }
}

fn is_known(key: &str) -> bool {
    let key = normal(key);
    [TEXTS, CONTAINERS, PLACES, TITLES, CODES].iter().any(|names| names.contains(&key.as_str()))
}

/// A key without what spellings differ in.
fn normal(key: &str) -> String {
    key.chars().filter(|char| !matches!(char, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// What an error says to be about, as it says it: text that was changed might hide a secret from
/// those who take secrets out.
fn own_place(map: &Map<String, Json>) -> Option<String> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let place = |name: &&str| {
        let (_, value) = map.iter().find(|(key, _)| normal(key) == **name)?;
        match value {
            Json::Array(parts) => Some(parts.iter().map(part).collect::<Vec<_>>().join(".")),
            Json::Object(source) => {
                source.get("pointer").or_else(|| source.get("parameter")).and_then(text)
            }
            // Some name the path of the request.
            Json::String(path) if *name == "path" && path.starts_with('/') => None,
            // Beside anything but a reason it is the name of a record, or of the error.
            Json::String(_) if *name == "name" && !map.contains_key("reason") => None,
            other => text(other),
        }
    };
    PLACES.iter().find_map(place).filter(|place| !place.is_empty())
}

fn part(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answer(body: &str) -> Response {
        let url = url::Url::parse("http://localhost/").unwrap();
        Response { status: 422, headers: Vec::new(), body: body.into(), url }
    }

    /// What is said, as one line.
    fn read(body: &str) -> String {
        let response = answer(body);
        match said(&response, response.json().as_ref()) {
            Said::Reasons(all) => all
                .into_iter()
                .map(|Reason { place, text }| {
                    place.map_or_else(|| text.clone(), |place| format!("{place}: {text}"))
                })
                .collect::<Vec<_>>()
                .join(" | "),
            Said::Body(text) => format!("BODY {text}"),
            Said::Nothing => "NOTHING".to_owned(),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one shape after the other")]
    fn the_shapes_of_the_usual_frameworks() {
        for (name, body, told) in [
            (
                "Polar, FastAPI",
                json!({ "error": "RequestValidationError", "detail": [
                    { "type": "value_error", "loc": ["body", "email"], "msg": "is taken", "input": "x" } ] }),
                "body.email: is taken",
            ),
            ("FastAPI", json!({ "detail": "Not found" }), "Not found"),
            (
                "OAuth",
                json!({ "error": "invalid_token", "error_description": "It expired" }),
                "It expired",
            ),
            ("OAuth, short", json!({ "error": "invalid_token" }), "invalid_token"),
            (
                "Stripe",
                json!({ "error": { "type": "invalid_request_error", "message": "No such price", "param": "price" } }),
                "price: No such price",
            ),
            (
                "Rails",
                json!({ "email": ["has already been taken"] }),
                "email: has already been taken",
            ),
            (
                "Rails, below",
                json!({ "errors": { "email": ["is taken"], "base": ["no"] } }),
                "email: is taken | base: no",
            ),
            (
                "Rails, sentences",
                json!({ "errors": ["Email is taken", "Name is short"] }),
                "Email is taken | Name is short",
            ),
            (
                "JSON:API",
                json!({ "errors": [{ "status": "422", "title": "Invalid", "detail": "is taken",
                    "source": { "pointer": "/data/attributes/email" } }] }),
                "/data/attributes/email: is taken",
            ),
            (
                "JSON:API, title",
                json!({ "errors": [{ "status": "422", "title": "Taken" }] }),
                "Taken",
            ),
            (
                "RFC 9457",
                json!({ "type": "https://example.com/x", "title": "Invalid", "status": 422, "detail": "See below",
                    "errors": [{ "detail": "is taken", "pointer": "#/email" }] }),
                "See below | #/email: is taken",
            ),
            (
                "RFC 9457, title",
                json!({ "type": "about:blank", "title": "Conflict", "status": 409 }),
                "Conflict",
            ),
            (
                "RFC 7807",
                json!({ "title": "Invalid", "invalid-params": [{ "name": "email", "reason": "is taken" }] }),
                "email: is taken",
            ),
            (
                "GraphQL",
                json!({ "data": null, "errors": [{ "message": "is taken", "path": ["createCustomer", "email"],
                    "extensions": { "code": "TAKEN" } }] }),
                "createCustomer.email: is taken",
            ),
            (
                "Laravel",
                json!({ "message": "The email is taken.", "errors": { "email": ["The email is taken."] } }),
                "email: The email is taken.",
            ),
            (
                "Django REST",
                json!({ "non_field_errors": ["They must be unique."] }),
                "They must be unique.",
            ),
            (
                "Django REST, below",
                json!({ "owner": { "email": ["is taken"] } }),
                "owner.email: is taken",
            ),
            (
                "Spring",
                json!({ "timestamp": "x", "status": 400, "error": "Bad Request", "message": "is taken", "path": "/v1/x" }),
                "is taken",
            ),
            (
                "Spring, short",
                json!({ "status": 400, "error": "Bad Request", "path": "/v1/x" }),
                "Bad Request",
            ),
            (
                "Nest",
                json!({ "statusCode": 400, "message": ["a", "b"], "error": "Bad Request" }),
                "a | b",
            ),
            (
                "Google",
                json!({ "error": { "code": 400, "message": "Invalid", "status": "INVALID_ARGUMENT", "details": [
                    { "@type": "x", "fieldViolations": [{ "field": "email", "description": "is taken" }] }] } }),
                "Invalid | email: is taken",
            ),
            ("AWS", json!({ "__type": "ValidationException", "Message": "is taken" }), "is taken"),
            (
                "zod",
                json!({ "success": false, "error": { "name": "ZodError", "issues": [
                    { "code": "x", "path": ["email"], "message": "Invalid" }] } }),
                "email: Invalid",
            ),
            (
                "zod, flat",
                json!({ "formErrors": [], "fieldErrors": { "email": ["Invalid"] } }),
                "email: Invalid",
            ),
            (
                "zod, tree",
                json!({ "_errors": [], "email": { "_errors": ["Invalid"] } }),
                "email: Invalid",
            ),
            (
                "ajv",
                json!({ "errors": [{ "instancePath": "/email", "message": "must be text" }] }),
                "/email: must be text",
            ),
            (
                "Symfony",
                json!({ "violations": [{ "propertyPath": "email", "message": "x" }] }),
                "email: x",
            ),
            (
                "ASP.NET",
                json!({ "title": "Invalid", "errors": { "Email": ["is taken"] } }),
                "Email: is taken",
            ),
            (
                "Apigee",
                json!({ "fault": { "faultstring": "Denied", "detail": { "errorcode": "x" } } }),
                "Denied | x",
            ),
            (
                "Strapi",
                json!({ "data": null, "error": { "status": 400, "name": "ValidationError", "message": "x" } }),
                "x",
            ),
            ("Slack", json!({ "ok": false, "error": "is_taken" }), "is_taken"),
            ("enveloped", json!({ "data": { "error": { "message": "x" } } }), "x"),
            ("meta", json!({ "meta": { "message": "x" }, "data": { "id": "y" } }), "x"),
            ("text", json!("is taken"), "is taken"),
            ("a list of texts", json!(["is taken"]), "is taken"),
            ("a list of errors", json!([{ "message": "x" }]), "x"),
            ("a text of errors", json!({ "errors": "is taken" }), "is taken"),
            ("a text for a field", json!({ "errors": { "email": "is taken" } }), "email: is taken"),
            ("a reason", json!({ "reason": "is taken" }), "is taken"),
            ("a code", json!({ "code": "customer_exists" }), "customer_exists"),
        ] {
            assert_eq!(read(&body.to_string()), told, "{name}");
        }
    }

    #[test]
    fn what_is_no_reason_is_told_as_it_is() {
        assert_eq!(read(""), "NOTHING");
        assert_eq!(read("  \n"), "NOTHING");
        assert_eq!(read("{}"), "BODY {}");
        assert_eq!(read(r#"{"ok":false}"#), r#"BODY {"ok":false}"#);
        assert_eq!(read("E-mail is taken"), "BODY E-mail is taken");
        assert_eq!(read("{\"message\": \"cut"), "BODY {\"message\": \"cut");
        // The record that was sent, echoed.
        let echo = r#"{"email":"a@b.c","name":"x"}"#;
        assert_eq!(read(echo), format!("BODY {echo}"));
    }

    #[test]
    fn nothing_is_changed_that_might_be_a_secret() {
        let token = "polar_oat_s3cret/+\"x\"=1";
        for body in [
            json!({ "name": token, "detail": token }),
            json!({ "errors": [{ "pointer": token, "message": token }] }),
            json!({ "errors": { token: [token] } }),
            json!({ "errors": [{ "path": [token], "message": token, "source": { "pointer": token } }] }),
        ] {
            let said = read(&body.to_string());
            assert_eq!(said.matches(token).count(), said.matches("s3cret").count(), "{said}");
        }
    }

    #[test]
    fn pages_and_xml() {
        assert_eq!(
            read("<html><head><title>403 Forbidden</title></head><body><h1>x</h1></body>"),
            "403 Forbidden"
        );
        assert_eq!(
            read(
                "<?xml version=\"1.0\"?><Error><Code>Taken</Code><Message>is \
                 taken</Message></Error>"
            ),
            "is taken"
        );
        assert_eq!(
            read(
                "<soap:Fault><faultcode>x</faultcode><faultstring>Denied &amp; \
                 done</faultstring></soap:Fault>"
            ),
            "Denied & done"
        );
        assert_eq!(read("<html><body><pre>Error: no</pre></body></html>"), "Error: no");
        assert_eq!(read("<style>a{}</style><p>Go <b>away</b></p>"), "BODY Go away");
    }

    #[test]
    fn a_challenge_says_it_where_the_body_does_not() {
        let header = "Bearer error=\"invalid_token\", error_description=\"It expired\"";
        let headers = vec![("www-authenticate".to_owned(), header.to_owned())];
        let response = Response { headers, ..answer("") };
        let told = vec![Reason { place: None, text: "It expired".to_owned() }];
        assert_eq!(said(&response, None), Said::Reasons(told));
    }

    #[test]
    fn no_more_is_kept_than_a_sentence_holds() {
        let many: Vec<_> =
            (0..100).map(|number| json!({ "message": number.to_string() })).collect();
        assert_eq!(read(&json!({ "errors": many }).to_string()).split(" | ").count(), MOST);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(body in "[\\PC<>/{}\\[\\]:,\"]{0,80}") {
            read(&body);
        }
    }
}

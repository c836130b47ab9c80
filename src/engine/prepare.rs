//! Requests with their variables filled in.

use serde_json::Value as Json;
use url::form_urlencoded::Serializer;

use crate::http::{self, Request as HttpRequest};
use crate::scenario::{Auth, Body, Template};
use crate::variables::{FillError, Variables};

/// A request that is ready to be sent.
pub(super) struct Prepared {
    pub(super) request: HttpRequest,
    /// What is sent as keys and values, be it as JSON or as a form.
    pub(super) sent: Option<Json>,
}

/// Fills in what goes to `path`, which is filled in already.
pub(super) fn prepare(
    variables: &Variables,
    (method, path): (&str, String),
    headers: &[(String, Template)],
    body: &Body,
    auth: Auth,
) -> Result<Prepared, FillError> {
    let mut request = HttpRequest::new(method, path, None);
    request.with_token = auth == Auth::Token;
    let mut content_type = "application/json";
    let (sent, bytes) = match body {
        Body::None => (None, None),
        Body::Json(value) => {
            let value = variables.value(value)?;
            let bytes = value.to_string().into_bytes();
            (Some(value), Some(bytes))
        }
        Body::Form(value) => {
            content_type = "application/x-www-form-urlencoded";
            let value = variables.value(value)?;
            let bytes = form(&value).into_bytes();
            (Some(value), Some(bytes))
        }
        Body::Raw(template) => {
            let text = variables.text(template)?;
            (http::json::read(text.as_bytes()), Some(text.into_bytes()))
        }
    };
    if bytes.is_some() {
        set_header(&mut request, "content-type", content_type)?;
    }
    request.body = bytes;
    for (name, value) in headers {
        set_header(&mut request, name, &variables.text(value)?)?;
    }
    Ok(Prepared { request, sent })
}

/// Adds a header, where it can be sent.
fn set_header(request: &mut HttpRequest, name: &str, value: &str) -> Result<(), FillError> {
    let added = request.set_header(name, value);
    added.map_err(|why| FillError::BadHeader { name: name.to_owned(), why })
}

/// A GET of what stands at `path`, with the credentials of a request that is about to change it.
pub(super) fn get_like(request: &HttpRequest, path: &str) -> HttpRequest {
    let mut headers = request.headers.clone();
    headers.remove("content-type");
    HttpRequest { headers, with_token: request.with_token, ..HttpRequest::new("GET", path, None) }
}

/// Keys and values as a form: `a[b]=c` for what is nested, `a[]=1` for a list of values,
/// `a[0][b]=c` for a list of mappings, because two of them could not be told apart otherwise.
fn form(value: &Json) -> String {
    let mut fields = Serializer::new(String::new());
    for (key, each) in value.as_object().into_iter().flatten() {
        field(&mut fields, key, each);
    }
    fields.finish()
}

fn field(fields: &mut Serializer<'_, String>, name: &str, value: &Json) {
    match value {
        Json::Null => {}
        Json::Bool(_) | Json::Number(_) => drop(fields.append_pair(name, &value.to_string())),
        Json::String(text) => drop(fields.append_pair(name, text)),
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let index = if item.is_object() || item.is_array() { Some(index) } else { None };
                let index = index.map(|index| index.to_string()).unwrap_or_default();
                field(fields, &format!("{name}[{index}]"), item);
            }
        }
        Json::Object(entries) => {
            for (key, each) in entries {
                field(fields, &format!("{name}[{key}]"), each);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_written_as_servers_read_it() {
        for (value, written) in [
            (json!({ "a": "b c&d=é", "n": 10, "f": true }), "a=b+c%26d%3D%C3%A9&n=10&f=true"),
            (json!({ "a": { "b": { "c": "d" } } }), "a%5Bb%5D%5Bc%5D=d"),
            (json!({ "a": ["x", 2] }), "a%5B%5D=x&a%5B%5D=2"),
            (json!({ "a": [{ "b": 1 }, { "b": 2 }] }), "a%5B0%5D%5Bb%5D=1&a%5B1%5D%5Bb%5D=2"),
            (json!({ "a": [], "b": {}, "c": "" }), "c="),
        ] {
            assert_eq!(form(&value), written);
        }
    }
}

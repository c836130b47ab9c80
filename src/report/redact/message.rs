//! Headers and bodies: what stands under the name of a secret goes, however short it is.

use std::borrow::Cow;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};

use super::{redact, value_texts};
use crate::event::{Body, CUT, Headers};
use crate::secret::{REDACTED, Redactor, is_secret_header, is_secret_name, may_name_a_secret};

/// Headers and a body. `token` is there where the header with the run's token holds the name of a
/// variable in place of it.
pub(super) fn message_texts(
    headers: &mut Headers,
    body: Option<&mut Body>,
    token: Option<&str>,
    limit: usize,
    redactor: &Redactor,
) {
    let is_form = |(name, value): &(String, String)| {
        name == "content-type" && value.starts_with("application/x-www-form-urlencoded")
    };
    let form = headers.0.iter().any(is_form);
    for (name, value) in &mut headers.0 {
        redact(name, redactor);
        match name.as_str() {
            "authorization" if token.is_some() => {}
            "set-cookie" => hide_cookie(value),
            name if is_secret_header(name) => REDACTED.clone_into(value),
            _ => redact(value, redactor),
        }
    }
    let Some(body) = body else { return };
    // Secrets that stand under their names may be too short to be known.
    if may_name_a_secret(body.text.as_bytes()) {
        if let Some(mut value) = body.json() {
            value_texts(&mut value, redactor);
            body.text = value.to_string();
        } else {
            hide_named(&mut body.text, if form { &FORM_FIELD } else { &JSON_FIELD });
        }
    }
    let clean =
        if body.cut { redactor.redact_start(&body.text) } else { redactor.redact(&body.text) };
    if let Cow::Owned(clean) = clean {
        body.text = clean;
    }
    body.cut(limit);
    if body.cut {
        body.text.push_str(CUT);
    }
}

/// Leaves a cookie's name and attributes.
fn hide_cookie(cookie: &mut String) {
    let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
    let name = pair.split_once('=').map_or("", |(name, _)| name);
    let end = if attributes.is_empty() { "" } else { ";" };
    *cookie = format!("{name}={REDACTED}{end}{attributes}");
}

/// A key and its value in JSON that was cut or is broken, and in a form.
static JSON_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"("((?:[^"\\]|\\.)*)"\s*:\s*")(?:[^"\\]|\\.)*"#).ok());
static FORM_FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"((?:^|&)([^=&]*)=)[^&]*").ok());

/// Hides what stands under the name of a secret.
fn hide_named(text: &mut String, field: &LazyLock<Option<Regex>>) {
    let Some(field) = field.as_ref() else { return };
    let hidden = field.replace_all(text, |found: &Captures| {
        let key = percent_decode_str(&found[2]).decode_utf8_lossy();
        let key = key.trim_end_matches(']').rsplit('[').next().unwrap_or_default();
        if is_secret_name(key) { format!("{}{REDACTED}", &found[1]) } else { found[0].to_owned() }
    });
    if let Cow::Owned(hidden) = hidden {
        *text = hidden;
    }
}

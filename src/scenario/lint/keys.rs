//! Keys of a body that the API does not read, and that are nearly ones that it does.

use crate::provider::{Bodies, Fields, Provider};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::suggest::closest;
use crate::scenario::{Action, Body, Part, Request, Shape, ShapeKind, Span, Step};

/// Warns about keys that were probably meant to be others. A step that expects a refusal may test
/// just that.
pub(super) fn keys(step: &Step, findings: &mut Findings) {
    let Action::Request(request) = &step.action else { return };
    if step.expect.status.as_ref().is_some_and(|status| !(200..300).any(|code| status.holds(code)))
    {
        return;
    }
    // The provider takes JSON: a form is for another server.
    let Body::Json(Shape { kind: ShapeKind::Object(entries), span }) = &request.body else {
        return;
    };
    if let Some(known) = known(request, findings.provider()) {
        near_misses(entries, *span, known, findings);
    }
}

/// The keys of the records to which a request's body belongs.
fn known(request: &Request, provider: &Provider) -> Option<&'static [&'static str]> {
    let path: String = request
        .path
        .parts
        .iter()
        .map(|part| if let Part::Text(text) = part { text } else { "$" })
        .collect();
    let path = path.split('?').next().unwrap_or("").trim_matches('/');
    let mut words = path.rsplit('/');
    let collection = match request.method.as_str() {
        "POST" => words.next(),
        "PATCH" | "PUT" => words
            .nth(1)
            .filter(|word| *word != provider.customer.by_external_id)
            .or_else(|| words.next()),
        _ => None,
    };
    keys_of(provider.bodies.records, collection?)
}

fn keys_of(all: &[Fields], name: &str) -> Option<&'static [&'static str]> {
    all.iter().find(|(known, _)| *known == name).map(|(_, keys)| *keys)
}

fn near_misses(entries: &[(String, Shape)], span: Span, known: &[&str], findings: &mut Findings) {
    let bodies = &findings.provider().bodies;
    let has = |wanted: &str| entries.iter().any(|(key, _)| key == wanted);
    let mut from = span.start;
    for (key, value) in entries {
        let place = place(findings, key, from, value.span.start).unwrap_or(value.span);
        from = value.span.end;
        if known.contains(&key.as_str()) {
            let inner = keys_of(bodies.inner, key);
            if let (Some(known), ShapeKind::Object(entries)) = (inner, &value.kind) {
                near_misses(entries, value.span, known, findings);
            }
        } else if let Some(meant) = meant(key, known, bodies).filter(|meant| !has(meant)) {
            let finding = Diagnostic::new(place, format!("the API reads no key `{key}` here"));
            findings.warn(
                finding.help(format!("did you mean `{meant}`? What is not known is ignored")),
            );
        }
    }
}

/// The key that was probably meant: the same in another spelling, in another order, by another
/// name, or with a slip of the finger.
fn meant<'a>(key: &str, known: &[&'a str], bodies: &Bodies) -> Option<&'a str> {
    let key_words = words(key);
    let joined = key_words.concat();
    let spelt = known.iter().find(|known| words(known).concat() == joined);
    let ordered = || {
        let sorted = sorted(key_words.clone());
        known.iter().find(|known| self::sorted(words(known)) == sorted)
    };
    let called = || {
        keys_of(bodies.often_meant, &joined)?
            .iter()
            .find_map(|candidate| known.iter().find(|known| *known == candidate))
    };
    let slipped = || closest(key, known.iter().copied());
    spelt.or_else(ordered).or_else(called).copied().or_else(slipped)
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words
}

/// The words of a key in lower case: of `externalId` and `external-id`, `external` and `id`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for char in key.chars() {
        if (char.is_uppercase() && before.is_lowercase()) || !char.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| char.is_alphanumeric()) {
            word.extend(char.to_lowercase());
        }
        before = char;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Where a key stands: the last time before its value, which comes after `from`.
fn place(findings: &Findings, key: &str, from: usize, value: usize) -> Option<Span> {
    let found = findings.text(Span { start: from, end: value }).rfind(key)?;
    Some(Span { start: from + found, end: from + found + key.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;

    fn meant(key: &str, collection: &str) -> Option<&'static str> {
        let known = keys_of(POLAR.bodies.records, collection).unwrap();
        super::meant(key, known, &POLAR.bodies)
    }

    #[test]
    fn near_misses_are_recognised() {
        for (key, expected) in [
            ("externalId", "external_id"),
            ("externalID", "external_id"),
            ("ExternalId", "external_id"),
            ("external-id", "external_id"),
            ("external id", "external_id"),
            ("externalid", "external_id"),
            ("EXTERNAL_ID", "external_id"),
            ("id_external", "external_id"),
            ("exernal_id", "external_id"),
            ("external_ids", "external_id"),
            ("customer_external_id", "external_id"),
            ("external_customer_id", "external_id"),
            ("user_id", "external_id"),
            ("userId", "external_id"),
            ("client_reference_id", "external_id"),
            ("e_mail", "email"),
            ("e-mail", "email"),
            ("mail", "email"),
            ("Email", "email"),
            ("emial", "email"),
            ("emailAddress", "email"),
            ("customer_email", "email"),
            ("full_name", "name"),
            ("meta_data", "metadata"),
            ("metaData", "metadata"),
            ("billingAddress", "billing_address"),
            ("address", "billing_address"),
            ("taxId", "tax_id"),
            ("vat_number", "tax_id"),
        ] {
            assert_eq!(meant(key, "customers"), Some(expected), "{key}");
        }
        for (key, expected) in [
            ("external_id", "external_customer_id"),
            ("customer_external_id", "external_customer_id"),
            ("externalCustomerId", "external_customer_id"),
            ("productId", "product_id"),
            ("product", "product_id"),
        ] {
            assert_eq!(meant(key, "subscriptions"), Some(expected), "{key}");
        }
        for key in ["surprise", "plan", "phone", "company", "created_at", "avatar_url", "x"] {
            assert_eq!(meant(key, "customers"), None, "{key}");
        }
    }
}

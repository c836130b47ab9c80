//! Whether an event is about this run, where its step does not say which one it means.
//!
//! Several runs may share one target, and each of them is sent the events of all. So an event counts
//! only where it shows something of this run: the run's id, or an id, an e-mail or an external ID that
//! the scenario was given, sent, captured or made.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::scenario::Run;
use crate::http::Response;

/// Ownership ids stand in the records of many customers, and so say nothing about whom a record is about.
const SHARED: [&str; 6] = ["organization", "product", "price", "benefit", "discount", "meter"];

impl Run<'_> {
    /// Remembers whom a request names, in its path and in its body.
    pub(super) fn names(&mut self, path: &str, sent: Option<&Json>) {
        let path = path.split('?').next().unwrap_or(path);
        let segments =
            path.split('/').filter_map(|segment| percent_decode_str(segment).decode_utf8().ok());
        self.named
            .extend(segments.filter(|segment| !segment.is_empty()).map(|segment| same(&segment)));
        let named = &mut self.named;
        each_identity(sent.unwrap_or(&Json::Null), "", &mut |text| {
            named.insert(text);
        });
    }

    /// Remembers what a request that was no mere look made or changed.
    pub(super) fn made(&mut self, answer: &Response, json: Option<&Json>) {
        if answer.is_success() {
            self.named.extend(json.and_then(|record| identity(&record["id"])));
        }
    }

    /// Whether a payload shows anything of this run.
    pub(super) fn is_shown_in(&self, payload: &Json) -> bool {
        let variables: HashSet<_> = self.variables.texts().map(|text| same(&text)).collect();
        let mut shown = self.carries_the_run_s_id(payload);
        each_identity(payload, "", &mut |text| {
            shown |= self.named.contains(&text) || variables.contains(&text);
        });
        shown
    }
}

/// Calls `take` with each id and e-mail in a value that may say whom it is about.
fn each_identity(value: &Json, key: &str, take: &mut impl FnMut(String)) {
    match value {
        Json::Object(entries) => {
            for (inner, value) in entries {
                // `id` in an object is the id of what the object is called.
                let key = if inner == "id" { format!("{key}_id") } else { inner.clone() };
                each_identity(value, &key, take);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| each_identity(item, key, take)),
        value if says_whom(key) => identity(value).into_iter().for_each(take),
        _ => {}
    }
}

/// Whether what stands under a key tells one customer's records from those of others.
fn says_whom(key: &str) -> bool {
    if key.ends_with("email") {
        return true;
    }
    let Some(of) = key.strip_suffix("_id") else { return key == "id" };
    let of = of.rsplit('_').next().unwrap_or_default();
    !SHARED.contains(&of.strip_suffix('s').unwrap_or(of))
}

/// An id or an e-mail, as [`same`] has it.
fn identity(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => same(text),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// What is alike for people: one that differs in case alone is for the checks to tell.
fn same(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identities(value: &Json) -> Vec<String> {
        let mut found = Vec::new();
        each_identity(value, "", &mut |text| found.push(text));
        found.sort();
        found
    }

    #[test]
    fn what_says_whom_a_record_is_about() {
        let subscription = json!({ "type": "subscription.created", "data": {
            "id": "S", "customer_id": "C", "product_id": "P", "product_price_id": "X", "status": "active",
            "customer": { "id": "C", "external_id": "u_1", "email": "A@example.com", "organization_id": "O" },
            "product": { "id": "P", "organization_id": "O", "prices": [{ "id": "X" }], "benefits": [{ "id": "B" }] },
            "metadata": { "user_id": 42, "plan": "pro" },
        } });
        assert_eq!(identities(&subscription), ["42", "a@example.com", "c", "c", "s", "u_1"]);
    }

    /// An event about what others share is about that.
    #[test]
    fn the_record_itself_counts_whatever_it_is() {
        assert_eq!(identities(&json!({ "type": "product.updated", "data": { "id": "P" } })), ["p"]);
        assert_eq!(identities(&json!({ "id": "P" })), ["p"]);
        assert_eq!(identities(&json!("P")), Vec::<String>::new());
    }
}

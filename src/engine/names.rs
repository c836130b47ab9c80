//! Whether an event is about this run, where its step does not say which one it means.
//!
//! Several runs may share one target, and each of them is sent the events of all. So an event
//! counts only where it shows something of this run: the run's id, or an id, an e-mail or an
//! external ID that the scenario was given, sent, captured or made.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::context::Context;
use crate::http::Response;
use crate::provider::Customer;
use crate::variables::Variables;

/// The customers that the requests of a scenario have named or made, by id or e-mail.
#[derive(Debug, Default, Clone)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Records whom a request names, in its path and in its body.
    pub(super) fn record_request(&mut self, customer: &Customer, path: &str, sent: Option<&Json>) {
        let path = path.split('?').next().unwrap_or(path);
        let segments =
            path.split('/').filter_map(|segment| percent_decode_str(segment).decode_utf8().ok());
        self.0.extend(segments.filter(|segment| !segment.is_empty()).map(|segment| same(&segment)));
        each_identity(customer, sent.unwrap_or(&Json::Null), "", &mut |text| {
            self.0.insert(text);
        });
    }

    /// Records what a request made or changed.
    pub(super) fn record_answer(
        &mut self,
        customer: &Customer,
        answer: &Response,
        json: Option<&Json>,
    ) {
        if answer.is_success() {
            self.0.extend(json.and_then(|record| identity(&record[customer.id])));
        }
    }

    /// Whether a payload shows anything of this run.
    pub(super) fn are_shown_in(
        &self,
        context: &Context<'_>,
        variables: &Variables,
        payload: &Json,
    ) -> bool {
        let variables: HashSet<_> = variables.texts().map(|text| same(&text)).collect();
        let mut shown = context.carries_the_run_s_id(payload);
        each_identity(context.customer(), payload, "", &mut |text| {
            shown |= self.0.contains(&text) || variables.contains(&text);
        });
        shown
    }
}

/// Calls `take` with each id and e-mail in a value that may say whom it is about.
fn each_identity(customer: &Customer, value: &Json, key: &str, take: &mut impl FnMut(String)) {
    match value {
        Json::Object(entries) => {
            for (inner, value) in entries {
                // `id` in an object is the id of what the object is called.
                let key =
                    if inner == customer.id { format!("{key}_{inner}") } else { inner.clone() };
                each_identity(customer, value, &key, take);
            }
        }
        Json::Array(items) => {
            for item in items {
                each_identity(customer, item, key, take);
            }
        }
        value if says_whom(customer, key) => identity(value).into_iter().for_each(take),
        _ => {}
    }
}

/// Whether what stands under a key tells one customer's records from those of others.
fn says_whom(customer: &Customer, key: &str) -> bool {
    if key.ends_with(customer.email)
        || [customer.id, customer.external_id, customer.reference].contains(&key)
    {
        return true;
    }
    let of = key.strip_suffix(customer.id).and_then(|key| key.strip_suffix('_'));
    let of = of.and_then(|of| of.rsplit('_').next());
    of.is_some_and(|of| !customer.shared_kinds.contains(&of.strip_suffix('s').unwrap_or(of)))
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

/// Ignores case and outer spaces: a difference in case alone is for the checks to find.
fn same(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::made_up::ACME;
    use crate::provider::{POLAR, Provider};

    fn identities(provider: &Provider, value: &Json) -> Vec<String> {
        let mut found = Vec::new();
        each_identity(&provider.customer, value, "", &mut |text| found.push(text));
        found.sort();
        found
    }

    #[test]
    fn what_says_whom_a_record_is_about() {
        let subscription = json!({ "type": "subscription.created", "data": {
            "id": "S", "customer_id": "C", "product_id": "P", "product_price_id": "X",
            "status": "active",
            "customer": {
                "id": "C", "external_id": "u_1", "email": "A@example.com", "organization_id": "O",
            },
            "product": {
                "id": "P", "organization_id": "O", "prices": [{ "id": "X" }],
                "benefits": [{ "id": "B" }],
            },
            "metadata": { "user_id": 42, "plan": "pro" },
        } });
        let expected = ["42", "a@example.com", "c", "c", "s", "u_1"];
        assert_eq!(identities(&POLAR, &subscription), expected);
        let contract = json!({ "what": "contract.added", "contract": {
            "key": "S", "person": "C", "plan_key": "P", "state": "active",
            "owner": { "key": "C", "ref": "u_1", "mail": "A@example.com", "tenant_key": "O" },
            "plan": { "key": "P" },
        } });
        assert_eq!(identities(&ACME, &contract), ["a@example.com", "c", "c", "s", "u_1"]);
    }

    /// An event about what others share is about that.
    #[test]
    fn the_record_itself_counts_whatever_it_is() {
        let product = json!({ "type": "product.updated", "data": { "id": "P" } });
        assert_eq!(identities(&POLAR, &product), ["p"]);
        assert_eq!(identities(&ACME, &json!({ "key": "P" })), ["p"]);
        assert_eq!(identities(&ACME, &json!("P")), Vec::<String>::new());
    }
}

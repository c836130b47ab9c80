//! One event as it comes in: a union of two schemas, each with its own way to name the customer.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::metadata::metadata;
use crate::sandbox::clock::Micros;
use crate::sandbox::validate::{Flaw, Validator, string, timestamp, too_long, uuid4};

const LONGEST_NAME: usize = 128;

/// An event as an app sends it.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    pub(super) at: Option<Micros>,
    pub(super) name: String,
    /// Refused later: the real API's organization tokens must not say it.
    pub(super) organization: Option<Uuid>,
    pub(super) external_id: Option<String>,
    /// The id or the external id of another event.
    pub(super) parent: Option<String>,
    pub(super) metadata: Map<String, Value>,
    pub(super) customer: Option<Uuid>,
    pub(super) member: Option<Uuid>,
    pub(super) external_customer_id: Option<String>,
    pub(super) external_member_id: Option<String>,
}

/// Reads an event; where neither schema fits, the flaws of both are reported.
pub(super) fn incoming(validator: &mut Validator, value: &Value, now: Micros) -> Option<Incoming> {
    let by_id = branch(validator, "EventCreateCustomer", value, now, |validator, map, event| {
        event.customer = validator.required(map, "customer_id", uuid4);
        event.member = validator.nullable(map, "member_id", uuid4).value();
    });
    let by_external_id =
        branch(validator, "EventCreateExternalCustomer", value, now, |validator, map, event| {
            event.external_customer_id = validator.required(map, "external_customer_id", string);
            event.external_member_id =
                validator.nullable(map, "external_member_id", string).value();
        });
    match (by_id, by_external_id) {
        (Ok(by_id), Ok(by_external_id)) => {
            Some(if is_external(value) { by_external_id } else { by_id })
        }
        (Ok(event), Err(_)) | (Err(_), Ok(event)) => Some(event),
        (Err(mut flaws), Err(others)) => {
            flaws.extend(others);
            validator.report(flaws)
        }
    }
}

/// Which of two schemas that both fit pydantic takes: the one with more of its fields given, else
/// one that bends no value to its type, else the first. An id is always bent, from text.
fn is_external(value: &Value) -> bool {
    let given = |key| i32::from(value.get(key).is_some());
    let bent = ["timestamp", "organization_id"].iter().any(|key| !value[*key].is_null());
    let bent = bent || value["metadata"].get("_cost").is_some();
    let used = value["metadata"]["_llm"].as_object();
    let bent = bent
        || used.is_some_and(|used| {
            used.iter().any(|(key, count)| key.ends_with("_tokens") && !is_whole(count))
        });
    match given("external_member_id") - given("member_id") {
        0 => !bent,
        more => more > 0,
    }
}

fn is_whole(count: &Value) -> bool {
    count.is_i64() || count.is_u64()
}

fn branch(
    validator: &mut Validator,
    name: &str,
    value: &Value,
    now: Micros,
    own: impl FnOnce(&mut Validator, &Map<String, Value>, &mut Incoming),
) -> Result<Incoming, Vec<Flaw>> {
    validator.attempt(|validator| {
        validator.at(name, |validator| {
            let map = validator.object(value)?;
            let mut event = Incoming {
                at: validator
                    .optional(map, "timestamp", |validator, value| past(validator, value, now)),
                name: validator.required(map, "name", event_name).unwrap_or_default(),
                organization: validator.nullable(map, "organization_id", uuid4).value(),
                external_id: validator.nullable(map, "external_id", string).value(),
                parent: validator.nullable(map, "parent_id", string).value(),
                metadata: validator.optional(map, "metadata", metadata).unwrap_or_default(),
                ..Incoming::default()
            };
            own(validator, map, &mut event);
            Some(event)
        })
    })
}

fn past(validator: &mut Validator, value: &Value, now: Micros) -> Option<Micros> {
    let at = timestamp(validator, value)?;
    if at > now { validator.value_error("Timestamp must be in the past.", value) } else { Some(at) }
}

fn event_name(validator: &mut Validator, value: &Value) -> Option<String> {
    if value.as_str().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        return too_long(validator, value, LONGEST_NAME);
    }
    string(validator, value)
}

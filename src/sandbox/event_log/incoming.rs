//! One event as it comes in: a union of two schemas, each with its own way to name the customer.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::metadata::metadata;
use crate::sandbox::clock::Micros;
use crate::sandbox::validate::{Flaw, Reader, string, timestamp, too_long, uuid4};

const LONGEST_NAME: usize = 128;

/// An event that somebody says happened.
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
pub(super) fn incoming(reader: &mut Reader, value: &Value, now: Micros) -> Option<Incoming> {
    let by_id = branch(reader, "EventCreateCustomer", value, now, |reader, map, event| {
        event.customer = reader.required(map, "customer_id", uuid4);
        event.member = reader.nullable(map, "member_id", uuid4).value();
    });
    let by_external_id =
        branch(reader, "EventCreateExternalCustomer", value, now, |reader, map, event| {
            event.external_customer_id = reader.required(map, "external_customer_id", string);
            event.external_member_id = reader.nullable(map, "external_member_id", string).value();
        });
    match (by_id, by_external_id) {
        (Ok(by_id), Ok(by_external_id)) => {
            Some(if is_external(value) { by_external_id } else { by_id })
        }
        (Ok(event), Err(_)) | (Err(_), Ok(event)) => Some(event),
        (Err(mut flaws), Err(others)) => {
            flaws.extend(others);
            reader.report(flaws)
        }
    }
}

/// Which of two schemas that both fit pydantic takes: the one with more of its fields given, else one
/// that bends no value to its type, else the first. An id is always bent, from text.
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
    reader: &mut Reader,
    name: &str,
    value: &Value,
    now: Micros,
    own: impl FnOnce(&mut Reader, &Map<String, Value>, &mut Incoming),
) -> Result<Incoming, Vec<Flaw>> {
    reader.attempt(|reader| {
        reader.at(name, |reader| {
            let map = reader.object(value)?;
            let mut event = Incoming {
                at: reader.optional(map, "timestamp", |reader, value| past(reader, value, now)),
                name: reader.required(map, "name", event_name).unwrap_or_default(),
                organization: reader.nullable(map, "organization_id", uuid4).value(),
                external_id: reader.nullable(map, "external_id", string).value(),
                parent: reader.nullable(map, "parent_id", string).value(),
                metadata: reader.optional(map, "metadata", metadata).unwrap_or_default(),
                ..Incoming::default()
            };
            own(reader, map, &mut event);
            Some(event)
        })
    })
}

fn past(reader: &mut Reader, value: &Value, now: Micros) -> Option<Micros> {
    let at = timestamp(reader, value)?;
    if at > now { reader.value_error("Timestamp must be in the past.", value) } else { Some(at) }
}

fn event_name(reader: &mut Reader, value: &Value) -> Option<String> {
    if value.as_str().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        return too_long(reader, value, LONGEST_NAME);
    }
    string(reader, value)
}

//! Which events a list is of.

use rusqlite::types::Value as Sql;
use uuid::Uuid;

use crate::sandbox::http::ApiError;
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::{Query, Validator};

const SOURCES: [&str; 2] = ["system", "user"];
/// How far down from an event its descendants are listed at most.
const DEEPEST: i64 = 5;

/// Reads the parameters in the order of the real API. The names of events take fewer than the
/// `whole` list.
pub(super) fn select(
    query: &Query,
    validator: &mut Validator,
    organization: Uuid,
    whole: bool,
) -> Result<Select, ApiError> {
    let mut select = Select::new("event", "1");
    let mut time = |key| if whole { query.time(validator, key) } else { None };
    let (after, before) = (time("start_timestamp"), time("end_timestamp"));
    let organizations = query.ids(validator, "organization_id");
    let customers = query.ids(validator, "customer_id");
    let sources = query.words(validator, "source", "EventSource", &SOURCES);
    if !organizations.is_empty() && !organizations.contains(&organization) {
        select.nothing();
    }
    if let Some(after) = after {
        select.and("event.at > ?", [after]);
    }
    if let Some(before) = before {
        select.and("event.at < ?", [before]);
    }
    // An event keeps the id it came with, and is found by the other one as well.
    select.and_among(
        "(event.customer IN (#) OR event.external_customer_id IN
         (SELECT external_id FROM customer WHERE id IN (#)))",
        customers.iter().map(|id| id.as_bytes().to_vec()),
    );
    select.and_among(
        "(event.external_customer_id IN (#) OR event.customer IN
         (SELECT id FROM customer WHERE external_id IN (#)))",
        query.all("external_customer_id").map(str::to_owned),
    );
    if whole {
        select.and_among("event.name IN (#)", query.all("name").map(str::to_owned));
        for (key, values) in query.metadata() {
            let clause = metadata_is("event.metadata", "$", values.len());
            select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
        }
    }
    select.and_among("event.source IN (#)", sources.iter().map(|source| (*source).to_owned()));
    if let Some(words) = query.last("query") {
        let words = words.to_lowercase();
        if whole && organizations.is_empty() {
            return Err(ApiError::QueryWithoutOrganization);
        }
        if whole {
            select.and(WORDS, vec![words; 6]);
        } else {
            select.and("instr(lower(event.name), ?) > 0", [words]);
        }
    }
    if select.has_nul() { Err(ApiError::nul()) } else { Ok(select) }
}

/// Adds `depth`, from `parent_id` or from the events that have no parent; `parent_id` alone means
/// nothing.
pub(super) fn and_depth(select: &mut Select, query: &Query, validator: &mut Validator) {
    let parent = query.id4(validator, "parent_id");
    let Some(depth) = query.up_to(validator, "depth", DEEPEST) else { return };
    let (anchors, mut values, nearest) = if let Some(parent) = parent {
        ("event.id = ?".to_owned(), vec![Sql::Blob(parent.as_bytes().to_vec())], 1)
    } else {
        let (condition, values) = select.condition();
        (format!("event.parent IS NULL AND {condition}"), values, 0)
    };
    let clause = format!(
        "event.id IN (WITH RECURSIVE tree (id, level) AS
         (SELECT event.id, 0 FROM event WHERE {anchors} UNION ALL SELECT below.id, level + 1
         FROM event AS below JOIN tree ON below.parent = tree.id WHERE level < ?)
         SELECT id FROM tree WHERE level >= {nearest})"
    );
    values.push(Sql::Integer(depth));
    select.and(&clause, values);
}

/// Words in an event, or in the customer that it came with the id of.
const WORDS: &str = "(instr(lower(event.name), ?) > 0 OR instr(event.source, ?) > 0
    OR instr(lower(event.metadata), ?) > 0 OR event.customer IN (SELECT id FROM customer
    WHERE instr(email_key, ?) > 0 OR instr(name_key, ?) > 0 OR instr(external_key, ?) > 0))";

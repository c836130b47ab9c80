//! The bodies that make and change meters.

use serde_json::{Map, Value};

use super::model::{Aggregation, Clause, Filter};
use crate::sandbox::validate::{
    Validator, boolean, choice, list, metadata, string, too_short, uuid4,
};

const FUNCTIONS: [&str; 6] = ["count", "sum", "max", "min", "avg", "unique"];
const EXPECTED: &str = "<AggregationFunction.cnt: 'count'>, <AggregationFunction.sum: 'sum'>, \
    <AggregationFunction.max: 'max'>, <AggregationFunction.min: 'min'>, \
    <AggregationFunction.avg: 'avg'>, <AggregationFunction.unique: 'unique'>";
const OPERATORS: [&str; 8] = ["eq", "ne", "gt", "gte", "lt", "lte", "like", "not_like"];

/// What a body says; a new meter needs the name, the filter and the aggregation.
pub(super) struct MeterBody {
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) name: Option<String>,
    pub(super) filter: Option<Filter>,
    pub(super) aggregation: Option<Aggregation>,
    pub(super) is_archived: Option<bool>,
    pub(super) organization_id: Option<uuid::Uuid>,
}

impl MeterBody {
    pub(super) fn read_new(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        Some(Self {
            metadata: validator.optional(map, "metadata", metadata),
            name: Some(validator.required(map, "name", name)).flatten(),
            filter: validator.required(map, "filter", filter),
            aggregation: validator.required(map, "aggregation", aggregation),
            is_archived: None,
            organization_id: validator.nullable(map, "organization_id", uuid4).value(),
        })
    }

    pub(super) fn read(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        Some(Self {
            metadata: validator.optional(map, "metadata", metadata),
            name: validator.nullable(map, "name", name).value(),
            filter: validator.nullable(map, "filter", filter).value(),
            aggregation: validator.nullable(map, "aggregation", aggregation).value(),
            is_archived: validator.nullable(map, "is_archived", boolean).value(),
            organization_id: None,
        })
    }
}

fn name(validator: &mut Validator, value: &Value) -> Option<String> {
    let name = string(validator, value)?;
    if name.chars().count() < 3 { too_short(validator, value, 3) } else { Some(name) }
}

fn filter(validator: &mut Validator, value: &Value) -> Option<Filter> {
    let map = validator.object(value)?;
    let conjunction =
        validator.required(map, "conjunction", |v, value| choice(v, value, &["and", "or"]));
    let clauses = validator.required(map, "clauses", |v, value| list(v, value, clause));
    Some(Filter { conjunction: conjunction?.to_owned(), clauses: clauses? })
}

fn clause(validator: &mut Validator, value: &Value) -> Option<Clause> {
    let map = validator.object(value)?;
    if map.contains_key("clauses") {
        return filter(validator, value).map(Clause::Several);
    }
    let property = validator.required(map, "property", string);
    let operator = validator.required(map, "operator", |v, value| choice(v, value, &OPERATORS));
    let value = validator.required(map, "value", |_, value| Some(value.clone()));
    Some(Clause::One { property: property?, operator: operator?.to_owned(), value: value? })
}

fn aggregation(validator: &mut Validator, value: &Value) -> Option<Aggregation> {
    let map = validator.object(value)?;
    let func = match map.get("func") {
        None => return validator.missing_tag(value, "func"),
        Some(tag) => match FUNCTIONS.iter().find(|known| tag == **known) {
            Some(func) => (*func).to_owned(),
            None => return validator.unknown_tag(value, "func", tag, EXPECTED),
        },
    };
    if func == "count" {
        return Some(Aggregation { func, property: None });
    }
    let property =
        validator.at(func.as_str(), |validator| validator.required(map, "property", string))?;
    Some(Aggregation { func, property: Some(property) })
}

//! The query of a request.

use std::borrow::Cow;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Validator, any_uuid, boolean, choice, integer, integer_above_zero, literal, several, timestamp,
    uuid4,
};
use crate::sandbox::clock::Micros;

/// The parameters in the order they came, decoded.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// Where a list starts and how long it may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Rows passed over.
    pub(crate) offset: i64,
    /// Rows wanted, 100 at most.
    pub(crate) limit: i64,
}

impl Page {
    /// LIMIT and OFFSET.
    pub(crate) fn bounds(self) -> (i64, i64) {
        (self.limit, self.offset)
    }
}

const MOST_ROWS: i64 = 100;
const DEFAULT_ROWS: i64 = 10;

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        Self(
            url::form_urlencoded::parse(raw.as_bytes())
                .map(|(key, value): (Cow<'_, str>, Cow<'_, str>)| {
                    (key.into_owned(), value.into_owned())
                })
                .collect(),
        )
    }

    /// The last value of a parameter: where it is not a list, that is the one that counts.
    pub(crate) fn last(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'q>(&'q self, key: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// `metadata[k]=v`: each key with its values.
    pub(crate) fn metadata(&self) -> Vec<(&str, Vec<&str>)> {
        let mut filters: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, value) in &self.0 {
            let key = name
                .strip_prefix("metadata[")
                .and_then(|rest| rest.split_once(']'))
                .map(|(key, _)| key);
            let Some(key) = key.filter(|key| !key.is_empty()) else { continue };
            match filters.iter_mut().find(|(known, _)| *known == key) {
                Some((_, values)) => values.push(value),
                None => filters.push((key, vec![value])),
            }
        }
        filters
    }

    fn read<T>(
        &self,
        validator: &mut Validator,
        key: &str,
        read: impl FnOnce(&mut Validator, &Value) -> Option<T>,
    ) -> Option<T> {
        let value = Value::String(self.last(key)?.to_owned());
        validator.at("query", |validator| validator.at(key, |validator| read(validator, &value)))
    }

    /// A whole number from zero to `most`, where the parameter is there.
    pub(crate) fn up_to(&self, validator: &mut Validator, key: &str, most: i64) -> Option<i64> {
        self.read(validator, key, |validator, value| {
            let number = integer(validator, value)?.as_i64()?;
            if number < 0 {
                let msg = "Input should be greater than or equal to 0";
                return validator.flaw_with("greater_than_equal", msg, value, json!({"ge": 0}));
            }
            if number > most {
                let msg = format!("Input should be less than or equal to {most}");
                return validator.flaw_with("less_than_equal", msg, value, json!({"le": most}));
            }
            Some(number)
        })
    }

    /// `page` and `limit`. A page that starts beyond what the real API's database can count is
    /// `None`.
    pub(crate) fn page(&self, validator: &mut Validator) -> Option<Page> {
        let page = self.read(validator, "page", integer_above_zero).unwrap_or(1);
        let limit = self
            .read(validator, "limit", integer_above_zero)
            .unwrap_or(DEFAULT_ROWS)
            .min(MOST_ROWS);
        // A number that was cut to what 64 bits hold is beyond it, however few rows are wanted.
        let offset = (page - 1).checked_mul(limit).filter(|_| page < i64::MAX)?;
        Some(Page { offset, limit })
    }

    /// A boolean, where the parameter is there.
    pub(crate) fn flag(&self, validator: &mut Validator, key: &str) -> Option<bool> {
        self.read(validator, key, boolean)
    }

    /// `sorting`: each criterion, and whether it goes down.
    pub(crate) fn sorting(
        &self,
        validator: &mut Validator,
        criteria: &[&'static str],
    ) -> Vec<(&'static str, bool)> {
        let choices: Vec<String> = criteria
            .iter()
            .flat_map(|criterion| [(*criterion).to_owned(), format!("-{criterion}")])
            .collect();
        let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
        let mut sorting = Vec::new();
        for (index, value) in self.all("sorting").enumerate() {
            let value = Value::String(value.to_owned());
            let chosen = validator.at("query", |validator| {
                validator.at("sorting", |validator| {
                    validator.at(index, |validator| choice(validator, &value, &choices))
                })
            });
            let Some(chosen) = chosen else { continue };
            let name = chosen.trim_start_matches('-');
            if let Some(criterion) = criteria.iter().find(|criterion| **criterion == name) {
                sorting.push((*criterion, chosen.starts_with('-')));
            }
        }
        sorting
    }

    /// A time, where the parameter is there.
    pub(crate) fn time(&self, validator: &mut Validator, key: &str) -> Option<Micros> {
        self.read(validator, key, timestamp)
    }

    /// A version 4 id, where the parameter is there.
    pub(crate) fn id4(&self, validator: &mut Validator, key: &str) -> Option<Uuid> {
        self.read(validator, key, uuid4)
    }

    /// An id of any version, where the parameter is there.
    pub(crate) fn id(&self, validator: &mut Validator, key: &str) -> Option<Uuid> {
        self.read(validator, key, any_uuid)
    }

    /// A word out of an enumeration, where the parameter is there.
    pub(crate) fn word(
        &self,
        validator: &mut Validator,
        key: &str,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        self.read(validator, key, |validator, value| choice(validator, value, choices))
    }

    /// A word out of a list of literals, where the parameter is there.
    pub(crate) fn literal(
        &self,
        validator: &mut Validator,
        key: &str,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        self.read(validator, key, |validator, value| literal(validator, value, choices))
    }

    /// A parameter that may repeat, as ids.
    pub(crate) fn ids(&self, validator: &mut Validator, key: &str) -> Vec<Uuid> {
        self.each(validator, key, |validator, values| {
            several(validator, &values, "uuid", uuid4, uuid4)
        })
    }

    /// A parameter that may repeat, as words out of the enumeration that pydantic knows as `name`.
    pub(crate) fn words(
        &self,
        validator: &mut Validator,
        key: &str,
        name: &str,
        choices: &[&'static str],
    ) -> Vec<&'static str> {
        let word = |validator: &mut Validator, value: &Value| choice(validator, value, choices);
        let name = format!("str-enum[{name}]");
        self.each(validator, key, |validator, values| {
            several(validator, &values, &name, word, word)
        })
    }

    fn each<T>(
        &self,
        validator: &mut Validator,
        key: &str,
        read: impl FnOnce(&mut Validator, Vec<Value>) -> Vec<T>,
    ) -> Vec<T> {
        let values = self.all(key).map(|value| Value::String(value.to_owned())).collect();
        validator.at("query", |validator| validator.at(key, |validator| read(validator, values)))
    }
}

//! Validation with the words of the real API, which is built on FastAPI and pydantic: every flaw of
//! a request is reported, in the order the fields are declared, with its type, place and message.

mod address;
mod country;
mod email;
mod endpoint_url;
mod idna2008;
mod locale;
mod mailbox;
mod metadata;
mod parts;
mod python;
mod python_json;
mod query;
mod scalar;
mod several;
mod tax_id;
mod timestamp;
mod uuid;

pub(crate) use address::{Address, address};
pub(crate) use country::COUNTRIES;
pub(crate) use email::email;
pub(crate) use endpoint_url::endpoint_url;
pub(crate) use locale::locale;
pub(crate) use metadata::{entry as metadata_entry, metadata};
pub(crate) use parts::{between, list};
pub(crate) use python::{python_repr, python_trim};
pub(crate) use python_json::{PythonJson, python_json};
pub(crate) use query::{Page, Query};
pub(crate) use scalar::{
    boolean, choice, integer, integer_above_zero, literal, name, nul, string, text, too_long,
    too_short,
};
pub(crate) use several::several;
pub(crate) use tax_id::{TaxId, tax_id};
pub(crate) use timestamp::timestamp;
pub(crate) use uuid::{any_uuid, uuid4};

use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};

/// One step of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Place {
    /// A key, or the part of the request.
    Key(String),
    /// An index, or a position in a text.
    Index(usize),
}

impl From<&str> for Place {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Place {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone)]
pub(crate) struct Flaw {
    pub(crate) kind: &'static str,
    pub(crate) loc: Vec<Place>,
    pub(crate) msg: String,
    pub(crate) input: Value,
    pub(crate) ctx: Option<Value>,
}

impl Flaw {
    /// A flaw that the rules behind the schema found, in a field of the body.
    pub(crate) fn in_body(kind: &'static str, field: &str, msg: &str, input: Value) -> Self {
        Self { kind, loc: vec!["body".into(), field.into()], msg: msg.to_owned(), input, ctx: None }
    }
}

impl Flaw {
    /// The request used what cannot be written again; see [`PythonJson`].
    pub(crate) const UNWRITABLE: &str = "string_unicode";
}

impl Serialize for Flaw {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        map.serialize_entry("loc", &self.loc)?;
        map.serialize_entry("msg", &self.msg)?;
        map.serialize_entry("input", &self.input)?;
        if let Some(ctx) = &self.ctx {
            map.serialize_entry("ctx", ctx)?;
        }
        map.end()
    }
}

/// Collects flaws while a request is read, and knows where the validator is.
#[derive(Debug, Default)]
pub(crate) struct Validator {
    loc: Vec<Place>,
    flaws: Vec<Flaw>,
    stand_in: Option<char>,
    unwritable: bool,
}

impl Validator {
    /// Reads with `step` added to the place.
    pub(crate) fn at<T>(&mut self, step: impl Into<Place>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.loc.push(step.into());
        let value = read(self);
        self.loc.pop();
        value
    }

    /// What stands in the request for what cannot be written; see [`PythonJson`].
    pub(crate) fn stands_in(&mut self, stand_in: Option<char>) {
        self.stand_in = stand_in;
    }

    /// To be called with every text that is kept.
    pub(crate) fn uses(&mut self, text: &str) {
        self.unwritable |= self.stand_in.is_some_and(|c| text.contains(c));
    }

    /// Notes a flaw at the current place. Always `None`, so that a validator can end with it.
    pub(crate) fn flaw<T>(
        &mut self,
        kind: &'static str,
        msg: impl Into<String>,
        input: &Value,
    ) -> Option<T> {
        self.push(kind, msg.into(), input, None)
    }

    /// The same, with the values behind the message.
    pub(crate) fn flaw_with<T>(
        &mut self,
        kind: &'static str,
        msg: impl Into<String>,
        input: &Value,
        ctx: Value,
    ) -> Option<T> {
        self.push(kind, msg.into(), input, Some(ctx))
    }

    /// A flaw that Polar's own code found while the schema was read.
    pub(crate) fn value_error<T>(&mut self, msg: &str, input: &Value) -> Option<T> {
        self.push(
            "value_error",
            format!("Value error, {msg}"),
            input,
            Some(serde_json::json!({"error": {}})),
        )
    }

    fn push<T>(
        &mut self,
        kind: &'static str,
        msg: String,
        input: &Value,
        ctx: Option<Value>,
    ) -> Option<T> {
        if self.stand_in.is_some() {
            self.uses(&input.to_string());
        }
        self.flaws.push(Flaw { kind, loc: self.loc.clone(), msg, input: input.clone(), ctx });
        None
    }

    /// How many flaws there are so far.
    pub(crate) fn count(&self) -> usize {
        self.flaws.len()
    }

    /// Reads with flaws that are given back instead of noted: for one of several things that may be
    /// meant.
    pub(crate) fn attempt<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Vec<Flaw>> {
        let before = (self.flaws.len(), self.unwritable);
        let value = read(self);
        let flaws = self.flaws.split_off(before.0);
        value.filter(|_| flaws.is_empty()).ok_or_else(|| {
            self.unwritable = before.1;
            flaws
        })
    }

    /// Notes flaws that an attempt gave back.
    pub(crate) fn report<T>(&mut self, flaws: Vec<Flaw>) -> Option<T> {
        for flaw in &flaws {
            self.uses(&flaw.input.to_string());
        }
        self.flaws.extend(flaws);
        None
    }

    /// The value, or the flaws where there are any.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Flaw>> {
        if self.unwritable {
            self.flaws.clear();
            self.flaw::<()>(Flaw::UNWRITABLE, "a text that cannot be written", &Value::Null);
        }
        match value {
            Some(value) if self.flaws.is_empty() => Ok(value),
            _ => Err(self.flaws),
        }
    }

    /// An object, or the flaw that pydantic reports for a model that got something else.
    pub(crate) fn object<'v>(&mut self, value: &'v Value) -> Option<&'v Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map),
            other => self.flaw(
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
                other,
            ),
        }
    }

    /// A field that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        map: &Map<String, Value>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value) -> Option<T>,
    ) -> Option<T> {
        self.at(key, |validator| match map.get(key) {
            Some(value) => read(validator, value),
            None => validator.flaw("missing", "Field required", &Value::Object(map.clone())),
        })
    }

    /// A field that may be left out, but not null.
    pub(crate) fn optional<T>(
        &mut self,
        map: &Map<String, Value>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value) -> Option<T>,
    ) -> Option<T> {
        map.get(key).and_then(|value| self.at(key, |validator| read(validator, value)))
    }

    /// A field that may be left out or null.
    pub(crate) fn nullable<T>(
        &mut self,
        map: &Map<String, Value>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value) -> Option<T>,
    ) -> Given<T> {
        match map.get(key) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => {
                self.at(key, |validator| read(validator, value)).map_or(Given::Null, Given::Value)
            }
        }
    }
}

/// What a request says about a field that may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given<T> {
    /// Nothing.
    Absent,
    /// That it is null.
    Null,
    /// A value.
    Value(T),
}

impl<T> Given<T> {
    /// The value, where there is one.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Sets `target`, unless nothing was said; returns whether something was.
    pub(crate) fn apply_to(self, target: &mut Option<T>) -> bool {
        match self {
            Self::Absent => return false,
            Self::Null => *target = None,
            Self::Value(value) => *target = Some(value),
        }
        true
    }
}

impl Given<String> {
    /// An empty text is null.
    pub(crate) fn empty_is_null(self) -> Self {
        match self {
            Self::Value(text) if text.is_empty() => Self::Null,
            other => other,
        }
    }
}

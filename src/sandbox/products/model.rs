//! A product as the API shows it, whole and in the parts that other records show.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::benefits::Benefit;
use crate::sandbox::clock::Micros;
use crate::sandbox::http::ApiError;
use crate::sandbox::record::{self, Record};

/// How often a subscription is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interval {
    Day,
    Week,
    Month,
    Year,
}

impl Interval {
    pub(crate) const NAMES: [&str; 4] = ["day", "week", "month", "year"];

    pub(crate) fn named(name: &str) -> Self {
        match name {
            "day" => Self::Day,
            "week" => Self::Week,
            "year" => Self::Year,
            _ => Self::Month,
        }
    }

    /// The time `count` intervals after `at`; the last day of a shorter month.
    pub(crate) fn after(self, at: Micros, count: i64) -> Micros {
        let span = jiff::Span::new();
        let span = match self {
            Self::Day => span.try_days(count),
            Self::Week => span.try_weeks(count),
            Self::Month => span.try_months(count),
            Self::Year => span.try_years(count),
        };
        let later = span.ok().and_then(|span| {
            let start = jiff::Timestamp::from_microsecond(at).ok()?;
            start.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok()
        });
        later.map_or(i64::MAX, |later| later.timestamp().as_microsecond())
    }
}

/// What a price asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "amount_type", rename_all = "snake_case")]
pub(crate) enum Amount {
    /// So much, in cents; zero is free.
    Fixed { price_amount: i64 },
    /// What the customer gives.
    Custom { minimum_amount: i64, maximum_amount: Option<i64>, preset_amount: Option<i64> },
}

/// A price, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Price {
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) id: Uuid,
    pub(crate) source: String,
    #[serde(flatten)]
    pub(crate) amount: Amount,
    #[serde(rename = "price_currency")]
    pub(crate) currency: String,
    pub(crate) tax_behavior: Option<String>,
    pub(crate) is_archived: bool,
    pub(crate) product_id: Uuid,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) recurring_interval: Option<Interval>,
}

impl Price {
    /// Whether nothing is to be paid.
    pub(crate) fn is_free(&self) -> bool {
        self.amount == Amount::Fixed { price_amount: 0 }
    }
}

/// A product's own fields, in the order of the real answers. Prices that were replaced stay, for
/// the subscriptions that have them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) trial_interval: Option<Interval>,
    pub(crate) trial_interval_count: Option<i64>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) visibility: String,
    pub(crate) recurring_interval: Option<Interval>,
    pub(crate) recurring_interval_count: Option<i64>,
    pub(crate) meter_interval: Option<Interval>,
    pub(crate) meter_interval_count: Option<i64>,
    pub(crate) is_recurring: bool,
    pub(crate) is_archived: bool,
    pub(crate) organization_id: Uuid,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) prices: Vec<Price>,
    pub(crate) benefits: Vec<Uuid>,
    pub(crate) medias: [Value; 0],
    pub(crate) attached_custom_fields: [Value; 0],
}

impl Record for Product {
    const TABLE: &'static str = "product";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        shown["prices"] = json!(self.current_prices());
        shown["benefits"] = self
            .benefits(connection)?
            .iter()
            .map(|benefit| benefit.render(connection))
            .collect::<Result<Vec<_>, _>>()?
            .into();
        Ok(shown)
    }
}

impl Product {
    /// The prices that a new customer gets.
    pub(crate) fn current_prices(&self) -> Vec<&Price> {
        self.prices.iter().filter(|price| !price.is_archived).collect()
    }

    /// A price, also one that was replaced.
    pub(crate) fn price(&self, id: Uuid) -> Option<&Price> {
        self.prices.iter().find(|price| price.id == id)
    }

    /// Whether nothing is to be paid for it.
    pub(crate) fn is_free(&self) -> bool {
        self.current_prices().iter().all(|price| price.is_free())
    }

    fn benefits(&self, connection: &Connection) -> Result<Vec<Benefit>, ApiError> {
        let benefits = self.benefits.iter();
        benefits.filter_map(|id| record::find(connection, *id).transpose()).collect()
    }

    /// As buyers see it: in a checkout, and in the portal.
    pub(crate) fn for_buyers(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = self.render(connection)?;
        let benefits: Vec<_> = self.benefits(connection)?.iter().map(Benefit::for_buyers).collect();
        shown["benefits"] = json!(benefits);
        without(&mut shown, &["metadata", "attached_custom_fields"]);
        Ok(shown)
    }

    /// As a checkout link shows it.
    pub(crate) fn for_links(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = self.for_buyers(connection)?;
        shown["metadata"] = json!(self.metadata);
        Ok(shown)
    }

    /// As an order shows it.
    pub(crate) fn for_orders(&self) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        without(&mut shown, &["prices", "benefits", "medias", "attached_custom_fields"]);
        Ok(shown)
    }
}

fn without(shown: &mut Value, keys: &[&str]) {
    if let Value::Object(map) = shown {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

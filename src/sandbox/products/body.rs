//! Parts of the bodies that make and change products.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Amount, Interval, Price};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::http::ApiError;
use crate::sandbox::validate::{
    Flaw, Validator, any_uuid, choice, integer, list, python_trim, string,
};

/// The least that may be asked for, in cents; less than that costs more than it brings.
const LEAST: i64 = 50;
/// The most, in cents.
const MOST: i64 = 99_999_999;
const CURRENCIES: [&str; 10] =
    ["usd", "eur", "gbp", "cad", "aud", "brl", "chf", "inr", "jpy", "sek"];
const TAX_BEHAVIORS: [&str; 3] = ["location", "inclusive", "exclusive"];

/// A new price, or one that is there already.
#[derive(Debug, Clone)]
pub(super) enum PriceBody {
    New { amount: Amount, currency: String, tax_behavior: Option<String> },
    Kept(Uuid),
}

impl PriceBody {
    /// As the real API repeats it in an error.
    fn shown(&self) -> Value {
        let Self::New { amount, currency, tax_behavior } = self else { return Value::Null };
        let mut shown = match amount {
            Amount::Fixed { .. } => json!({"amount_type": "fixed"}),
            Amount::Custom { .. } => json!({"amount_type": "custom"}),
        };
        shown["price_currency"] = json!(currency);
        shown["tax_behavior"] = json!(tax_behavior);
        if let (Ok(Value::Object(amount)), Value::Object(shown)) =
            (serde_json::to_value(amount), &mut shown)
        {
            shown.extend(amount);
        }
        shown
    }
}

/// A name of 3 to 64 characters, the spaces around it taken off.
pub(super) fn product_name(validator: &mut Validator, value: &Value) -> Option<String> {
    let name = python_trim(&string(validator, value)?).to_owned();
    let length = name.chars().count();
    if length < 3 {
        let msg = format!("Value should have at least 3 items after validation, not {length}");
        return validator.flaw("too_short", msg, value);
    }
    if length > 64 {
        let msg = format!("Value should have at most 64 items after validation, not {length}");
        return validator.flaw("too_long", msg, value);
    }
    Some(name)
}

/// At least one price.
pub(super) fn prices(
    validator: &mut Validator,
    value: &Value,
    may_keep: bool,
) -> Option<Vec<PriceBody>> {
    let prices = list(validator, value, |validator, value| price(validator, value, may_keep))?;
    if prices.is_empty() {
        let msg = "List should have at least 1 item after validation, not 0";
        return validator.flaw("too_short", msg, value);
    }
    Some(prices)
}

fn price(validator: &mut Validator, value: &Value, may_keep: bool) -> Option<PriceBody> {
    const EXPECTED: &str = "<ProductPriceAmountType.fixed: 'fixed'>, \
        <ProductPriceAmountType.custom: 'custom'>, \
        <ProductPriceAmountType.seat_based: 'seat_based'>, \
        <ProductPriceAmountType.unit_based: 'unit_based'>, \
        <ProductPriceAmountType.metered_unit: 'metered_unit'>";
    let map = validator.object(value)?;
    if may_keep && map.contains_key("id") {
        return validator.required(map, "id", any_uuid).map(PriceBody::Kept);
    }
    let tag = match map.get("amount_type") {
        Some(Value::String(tag)) => tag.as_str(),
        Some(other) => return validator.unknown_tag(value, "amount_type", other, EXPECTED),
        None => return validator.missing_tag(value, "amount_type"),
    };
    match tag {
        "free" => validator.at("fixed", |validator| {
            new(validator, map, |_| Some(Amount::Fixed { price_amount: 0 }))
        }),
        "fixed" => validator.at("fixed", |validator| {
            new(validator, map, |validator| {
                let price_amount = validator.required(map, "price_amount", price_amount)?;
                Some(Amount::Fixed { price_amount })
            })
        }),
        "custom" => {
            validator.at("custom", |validator| new(validator, map, |v| Some(custom(v, map))))
        }
        other => validator.unknown_tag(value, "amount_type", &json!(other), EXPECTED),
    }
}

fn new(
    validator: &mut Validator,
    map: &Map<String, Value>,
    amount: impl FnOnce(&mut Validator) -> Option<Amount>,
) -> Option<PriceBody> {
    let currency = validator
        .optional(map, "price_currency", |validator, value| choice(validator, value, &CURRENCIES));
    let tax_behavior = validator.nullable(map, "tax_behavior", |validator, value| {
        choice(validator, value, &TAX_BEHAVIORS).map(str::to_owned)
    });
    let amount = amount(validator)?;
    let currency = currency.unwrap_or(CURRENCIES[0]).to_owned();
    Some(PriceBody::New { amount, currency, tax_behavior: tax_behavior.value() })
}

fn custom(validator: &mut Validator, map: &Map<String, Value>) -> Amount {
    let minimum = validator.optional(map, "minimum_amount", price_amount);
    let maximum = validator.nullable(map, "maximum_amount", price_amount).value();
    let preset = validator.nullable(map, "preset_amount", price_amount).value();
    Amount::Custom {
        minimum_amount: minimum.unwrap_or(LEAST),
        maximum_amount: maximum,
        preset_amount: preset,
    }
}

fn price_amount(validator: &mut Validator, value: &Value) -> Option<i64> {
    let amount = integer(validator, value)?.as_i64().unwrap_or(i64::MAX);
    if amount > MOST {
        let msg = format!("Input should be less than or equal to {MOST}");
        return validator.flaw("less_than_equal", msg, value);
    }
    if amount < 0 {
        return validator.flaw(
            "greater_than_equal",
            "Input should be greater than or equal to 0",
            value,
        );
    }
    if (1..LEAST).contains(&amount) {
        let msg = "Amount must be at least $0.50 or 0 for free pricing";
        return validator.flaw("minimum_price", msg, value);
    }
    Some(amount)
}

/// The prices of a product, new ones made and old ones kept; the rules behind the schema.
pub(super) fn made(
    bodies: &[PriceBody],
    product: Uuid,
    interval: Option<Interval>,
    known: &[Price],
    now: Micros,
) -> Result<Vec<Price>, ApiError> {
    let refused = |msg: &str| {
        let shown: Vec<_> = bodies.iter().map(PriceBody::shown).collect();
        Err(ApiError::Rules(vec![Flaw::in_body("value_error", "prices", msg, json!(shown))]))
    };
    let mut prices = Vec::new();
    for body in bodies {
        match body {
            PriceBody::Kept(id) => match known.iter().find(|price| price.id == *id) {
                Some(price) => prices.push(price.clone()),
                None => return refused("Price does not exist."),
            },
            PriceBody::New { amount, currency, tax_behavior } => prices.push(Price {
                created_at: iso(now),
                modified_at: None,
                id: Uuid::new_v4(),
                source: "catalog".to_owned(),
                amount: amount.clone(),
                currency: currency.clone(),
                tax_behavior: tax_behavior.clone(),
                is_archived: false,
                product_id: product,
                kind: if interval.is_some() { "recurring" } else { "one_time" }.to_owned(),
                recurring_interval: interval,
            }),
        }
    }
    let currencies: Vec<_> = prices.iter().map(|price| price.currency.as_str()).collect();
    if (1..currencies.len()).any(|index| currencies[..index].contains(&currencies[index])) {
        return refused("Only one fixed price is allowed.");
    }
    if !currencies.contains(&CURRENCIES[0]) {
        return refused("A price in the default currency of the organization is required.");
    }
    Ok(prices)
}

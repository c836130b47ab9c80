//! The bodies that make and change discounts.

use serde_json::{Map, Value, json};

use super::model::Discount;
use crate::sandbox::clock::iso;
use crate::sandbox::validate::{
    Given, Validator, between, choice, metadata, string, timestamp, too_short, uuid4,
};

const KINDS: [&str; 2] = ["percentage", "fixed"];
const EXPECTED: &str = "<DiscountType.percentage: 'percentage'>, <DiscountType.fixed: 'fixed'>";
const DURATIONS: [&str; 3] = ["once", "forever", "repeating"];

/// What a body says; a new discount needs the kind, the name and the duration.
pub(super) struct DiscountBody {
    pub(super) kind: Option<String>,
    pub(super) duration: Option<String>,
    pub(super) duration_in_months: Option<i64>,
    pub(super) basis_points: Option<i64>,
    pub(super) amount: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) name: Option<String>,
    pub(super) code: Given<String>,
    pub(super) starts_at: Given<String>,
    pub(super) ends_at: Given<String>,
    pub(super) max_redemptions: Given<i64>,
    pub(super) max_redemptions_per_customer: Given<i64>,
    pub(super) organization_id: Option<Value>,
}

impl DiscountBody {
    /// The body of a new discount, whose type picks the schema.
    pub(super) fn read_new(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        let kind = match map.get("type") {
            None => return validator.missing_tag(value, "type"),
            Some(tag) => match KINDS.iter().find(|kind| tag == **kind) {
                Some(kind) => *kind,
                None => return validator.unknown_tag(value, "type", tag, EXPECTED),
            },
        };
        validator.at(kind, |validator| {
            let mut body = Self::read(validator, value)?;
            validator.required(map, "name", |_, _| Some(()));
            validator.required(map, "duration", |_, _| Some(()));
            if body.duration.as_deref() == Some("repeating") {
                validator.required(map, "duration_in_months", |_, _| Some(()));
            }
            let amount = if kind == "percentage" { "basis_points" } else { "amount" };
            validator.required(map, amount, |_, _| Some(()));
            body.kind = Some(kind.to_owned());
            Some(body)
        })
    }

    /// The body of a change.
    pub(super) fn read(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        let time = |v: &mut Validator, value: &Value| timestamp(v, value).map(iso);
        let at_least_one = between(1, i64::from(i32::MAX));
        let organization_id = validator.nullable(map, "organization_id", uuid4).value();
        Some(Self {
            kind: None,
            duration: validator
                .nullable(map, "duration", |v, value| {
                    choice(v, value, &DURATIONS).map(str::to_owned)
                })
                .value(),
            duration_in_months: validator
                .nullable(map, "duration_in_months", between(1, 999))
                .value(),
            metadata: validator.optional(map, "metadata", metadata),
            name: validator.nullable(map, "name", non_empty).value(),
            code: validator.nullable(map, "code", non_empty),
            starts_at: validator.nullable(map, "starts_at", time),
            ends_at: validator.nullable(map, "ends_at", time),
            max_redemptions: validator.nullable(map, "max_redemptions", at_least_one),
            max_redemptions_per_customer: validator.nullable(
                map,
                "max_redemptions_per_customer",
                at_least_one,
            ),
            organization_id: organization_id.map(|id| json!(id)),
            basis_points: validator.nullable(map, "basis_points", between(1, 10_000)).value(),
            amount: validator.nullable(map, "amount", between(1, 999_999_999_999)).value(),
            currency: validator.nullable(map, "currency", string).value(),
        })
    }

    /// Makes the change.
    pub(super) fn apply_to(self, discount: &mut Discount) {
        discount.duration = self.duration.unwrap_or(std::mem::take(&mut discount.duration));
        discount.duration_in_months = match discount.duration.as_str() {
            "repeating" => self.duration_in_months.or(discount.duration_in_months),
            _ => None,
        };
        if discount.kind == "percentage" {
            discount.basis_points = self.basis_points.or(discount.basis_points);
        } else {
            let currency = self.currency.or(discount.currency.take());
            let currency = currency.unwrap_or_else(|| "usd".to_owned());
            discount.amount = self.amount.or(discount.amount);
            discount.amounts = Some(Map::from_iter([(currency.clone(), json!(discount.amount))]));
            discount.currency = Some(currency);
        }
        discount.metadata = self.metadata.unwrap_or(std::mem::take(&mut discount.metadata));
        discount.name = self.name.unwrap_or(std::mem::take(&mut discount.name));
        self.code.apply_to(&mut discount.code);
        self.starts_at.apply_to(&mut discount.starts_at);
        self.ends_at.apply_to(&mut discount.ends_at);
        self.max_redemptions.apply_to(&mut discount.max_redemptions);
        self.max_redemptions_per_customer.apply_to(&mut discount.max_redemptions_per_customer);
    }
}

fn non_empty(validator: &mut Validator, value: &Value) -> Option<String> {
    let text = string(validator, value)?;
    if text.is_empty() { too_short(validator, value, 1) } else { Some(text) }
}

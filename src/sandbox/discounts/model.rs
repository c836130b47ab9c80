//! A discount as the API shows it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::record::Record;

/// A discount, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Discount {
    pub(crate) duration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) duration_in_months: Option<i64>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) basis_points: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amounts: Option<Map<String, Value>>,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) id: Uuid,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) name: String,
    pub(crate) code: Option<String>,
    pub(crate) starts_at: Option<String>,
    pub(crate) ends_at: Option<String>,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) max_redemptions_per_customer: Option<i64>,
    pub(crate) redemptions_count: i64,
    pub(crate) organization_id: Uuid,
    pub(crate) products: Vec<Value>,
}

impl Record for Discount {
    const TABLE: &'static str = "discount";

    fn id(&self) -> Uuid {
        self.id
    }
}

impl Discount {
    /// What it takes off an amount, in cents.
    pub(crate) fn of(&self, amount: i64) -> i64 {
        let off = match (self.basis_points, self.amount) {
            // Halves are rounded up.
            (Some(points), _) => (amount * points + 5_000) / 10_000,
            (None, Some(off)) => off,
            (None, None) => 0,
        };
        off.clamp(0, amount)
    }

    /// As subscriptions and orders show it.
    pub(crate) fn for_orders(&self) -> Value {
        let mut shown = json!(self);
        if let Value::Object(shown) = &mut shown {
            shown.shift_remove("products");
        }
        shown
    }

    /// As a checkout shows it.
    pub(crate) fn for_buyers(&self) -> Value {
        let mut shown = json!(self);
        if let Value::Object(shown) = &mut shown {
            let kept = [
                "duration",
                "duration_in_months",
                "type",
                "basis_points",
                "amount",
                "currency",
                "amounts",
                "id",
                "name",
                "code",
            ];
            shown.retain(|key, _| kept.contains(&key.as_str()));
        }
        shown
    }
}

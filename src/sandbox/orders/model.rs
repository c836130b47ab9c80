//! An order as the API shows it.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::App;
use crate::sandbox::customers::{self, user};
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::ApiError;
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record};
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::validate::Address;

/// How an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    Paid,
    PartiallyRefunded,
    Refunded,
    Void,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(super) created_at: String,
    pub(super) modified_at: Option<String>,
    pub(super) id: Uuid,
    pub(super) label: String,
    pub(super) amount: i64,
    pub(super) tax_amount: i64,
    pub(super) proration: bool,
    pub(super) product_price_id: Uuid,
}

/// An order's own fields, in the order of the real answers. Amounts are in cents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) status: Status,
    pub(crate) paid: bool,
    pub(crate) subtotal_amount: i64,
    pub(crate) discount_amount: i64,
    pub(crate) net_amount: i64,
    pub(crate) tax_amount: i64,
    pub(crate) total_amount: i64,
    pub(crate) applied_balance_amount: i64,
    pub(crate) due_amount: i64,
    pub(crate) refunded_amount: i64,
    pub(crate) refunded_tax_amount: i64,
    pub(crate) currency: String,
    pub(crate) billing_reason: String,
    pub(crate) billing_name: Option<String>,
    pub(crate) billing_address: Option<Address>,
    pub(crate) invoice_number: String,
    pub(crate) is_invoice_generated: bool,
    pub(crate) receipt_number: Option<String>,
    pub(crate) seats: Option<i64>,
    pub(crate) units: Option<i64>,
    pub(crate) customer_id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) product_price_id: Uuid,
    pub(crate) discount_id: Option<Uuid>,
    pub(crate) subscription_id: Option<Uuid>,
    pub(crate) checkout_id: Option<Uuid>,
    pub(crate) next_payment_attempt_at: Option<String>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) custom_field_data: Map<String, Value>,
    pub(crate) platform_fee_amount: i64,
    pub(crate) platform_fee_currency: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) description: String,
    /// How many charges were declined; not shown.
    #[serde(default)]
    pub(crate) declined: usize,
    /// A refund took the benefits; not shown.
    #[serde(default)]
    pub(crate) benefits_revoked: bool,
}

impl Record for Order {
    const TABLE: &'static str = "purchase";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let product: Product = record::expect(connection, self.product_id)?;
        let customer = customers::shown(connection, self.customer_id)?;
        let discount = record::find::<Discount>(connection, self.discount_id)?;
        let mut shown = self.own(connection, &product)?;
        shown["user"] = user(&customer);
        shown["customer"] = customer;
        shown["product"] = product.for_orders()?;
        shown["discount"] = json!(discount.map(|discount| discount.for_orders()));
        Ok(shown)
    }
}

impl Order {
    /// It will not be paid any more.
    pub(crate) fn void(&mut self) {
        self.status = Status::Void;
    }

    /// Whether it gives access to what was bought.
    pub(crate) fn gives_access(&self) -> bool {
        self.paid && !self.benefits_revoked
    }

    /// What may be paid back, in cents.
    pub(crate) fn refundable_amount(&self) -> i64 {
        self.net_amount - self.refunded_amount
    }

    /// As a customer sees it in the portal.
    pub(crate) fn for_buyers(&self, app: &App, connection: &Connection) -> Result<Value, ApiError> {
        const HIDDEN: [&str; 4] =
            ["metadata", "custom_field_data", "platform_fee_amount", "platform_fee_currency"];
        let product: Product = record::expect(connection, self.product_id)?;
        let mut shown = self.own(connection, &product)?;
        shown["product"] = product.for_buyers(connection)?;
        shown["product"]["organization"] = app.organization.for_portal();
        if let Value::Object(shown) = &mut shown {
            shown.retain(|key, _| !HIDDEN.contains(&key.as_str()));
        }
        Ok(shown)
    }

    fn own(&self, connection: &Connection, product: &Product) -> Result<Value, ApiError> {
        let subscription = record::find::<Subscription>(connection, self.subscription_id)?;
        let mut shown = serde_json::to_value(self)?;
        if let Value::Object(shown) = &mut shown {
            shown.retain(|key, _| key != "declined" && key != "benefits_revoked");
        }
        shown["user_id"] = json!(self.customer_id);
        shown["product_price"] = json!(product.price(self.product_price_id));
        shown["subscription"] =
            json!(subscription.map(|subscription| subscription.for_orders()).transpose()?);
        shown["amount"] = json!(self.net_amount);
        shown["from_balance_amount"] = json!(0);
        shown["refundable_amount"] = json!(self.refundable_amount());
        shown["refundable_tax_amount"] = json!(0);
        Ok(shown)
    }
}

//! A subscription as the API shows it, whole and in the parts that other records show.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::App;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{self, user};
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::ApiError;
use crate::sandbox::products::{Interval, Price, Product};
use crate::sandbox::record::{self, Record};

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Trialing,
    Active,
    PastDue,
    Canceled,
}

impl Status {
    /// Whether its benefits are granted and the state lists it.
    pub(crate) fn gives_access(self) -> bool {
        matches!(self, Self::Trialing | Self::Active)
    }
}

/// A subscription's own fields, in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) id: Uuid,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) recurring_interval: Interval,
    pub(crate) recurring_interval_count: i64,
    pub(crate) status: Status,
    pub(crate) current_period_start: String,
    pub(crate) current_period_end: String,
    current_meter_period_start: Option<String>,
    current_meter_period_end: Option<String>,
    pub(crate) trial_start: Option<String>,
    pub(crate) trial_end: Option<String>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<String>,
    pub(crate) started_at: String,
    pub(crate) ends_at: Option<String>,
    pub(crate) ended_at: Option<String>,
    pub(crate) past_due_at: Option<String>,
    pause_at_period_end: bool,
    paused_at: Option<String>,
    resumes_at: Option<String>,
    pub(crate) customer_id: Uuid,
    pub(crate) product_id: Uuid,
    pub(crate) discount_id: Option<Uuid>,
    pub(crate) checkout_id: Option<Uuid>,
    seats: Option<i64>,
    units: Option<i64>,
    pub(crate) customer_cancellation_reason: Option<String>,
    pub(crate) customer_cancellation_comment: Option<String>,
    pub(crate) price_id: Uuid,
    pub(crate) metadata: Map<String, Value>,
    custom_field_data: Map<String, Value>,
}

impl Record for Subscription {
    const TABLE: &'static str = "subscription";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let product: Product = record::expect(connection, self.product_id)?;
        let customer = customers::shown(connection, self.customer_id)?;
        let discount = record::find::<Discount>(connection, self.discount_id)?;
        let price = product.price(self.price_id);
        let mut shown = serde_json::to_value(self)?;
        shown["user_id"] = json!(self.customer_id);
        shown["user"] = user(&customer);
        shown["customer"] = customer;
        shown["discount"] = json!(discount.map(|discount| discount.for_orders()));
        shown["price"] = json!(price);
        shown["prices"] = json!([price]);
        shown["product"] = product.render(connection)?;
        shown["meters"] = json!([]);
        shown["pending_update"] = Value::Null;
        Ok(shown)
    }
}

impl Subscription {
    /// A subscription that starts at `now`.
    pub(crate) fn starting(
        now: Micros,
        customer: Uuid,
        product: &Product,
        price: &Price,
        amount: i64,
    ) -> Self {
        let interval = product.recurring_interval.unwrap_or(Interval::Month);
        let count = product.recurring_interval_count.unwrap_or(1);
        Self {
            created_at: iso(now),
            modified_at: None,
            id: Uuid::new_v4(),
            amount,
            currency: price.currency.clone(),
            recurring_interval: interval,
            recurring_interval_count: count,
            status: Status::Active,
            current_period_start: iso(now),
            current_period_end: iso(interval.after(now, count)),
            current_meter_period_start: None,
            current_meter_period_end: None,
            trial_start: None,
            trial_end: None,
            cancel_at_period_end: false,
            canceled_at: None,
            started_at: iso(now),
            ends_at: None,
            ended_at: None,
            past_due_at: None,
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            customer_id: customer,
            product_id: product.id,
            discount_id: None,
            checkout_id: None,
            seats: None,
            units: None,
            customer_cancellation_reason: None,
            customer_cancellation_comment: None,
            price_id: price.id,
            metadata: Map::new(),
            custom_field_data: Map::new(),
        }
    }

    /// As a customer's state shows it.
    pub(crate) fn for_state(&self) -> Result<Value, ApiError> {
        const KEYS: [&str; 19] = [
            "id",
            "created_at",
            "modified_at",
            "custom_field_data",
            "metadata",
            "status",
            "amount",
            "currency",
            "recurring_interval",
            "current_period_start",
            "current_period_end",
            "trial_start",
            "trial_end",
            "cancel_at_period_end",
            "canceled_at",
            "started_at",
            "ends_at",
            "product_id",
            "discount_id",
        ];
        let own = serde_json::to_value(self)?;
        let mut shown: Map<_, _> =
            KEYS.iter().map(|key| ((*key).to_owned(), own[*key].clone())).collect();
        shown.insert("price_id".to_owned(), json!(self.price_id));
        shown.insert("meters".to_owned(), json!([]));
        Ok(Value::Object(shown))
    }

    /// As an order shows it.
    pub(crate) fn for_orders(&self) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        if let Value::Object(shown) = &mut shown {
            shown.shift_remove("custom_field_data");
        }
        shown["user_id"] = json!(self.customer_id);
        Ok(shown)
    }

    /// As a customer sees it in the portal.
    pub(crate) fn for_buyers(&self, app: &App, connection: &Connection) -> Result<Value, ApiError> {
        const HIDDEN: [&str; 4] = ["metadata", "custom_field_data", "customer", "user"];
        let product: Product = record::expect(connection, self.product_id)?;
        let mut shown = self.render(connection)?;
        if let Value::Object(shown) = &mut shown {
            shown.retain(|key, _| !HIDDEN.contains(&key.as_str()));
        }
        shown["product"] = product.for_buyers(connection)?;
        shown["product"]["organization"] = app.organization.for_portal();
        Ok(shown)
    }

    /// Whether a customer may cancel it.
    pub(crate) fn can_be_canceled(&self) -> bool {
        self.status != Status::Canceled && !self.cancel_at_period_end
    }

    /// Starts with a trial, which is the first period.
    pub(crate) fn start_trial(&mut self, now: Micros, end: Micros) {
        self.status = Status::Trialing;
        self.trial_start = Some(iso(now));
        self.trial_end = Some(iso(end));
        self.current_period_end = iso(end);
    }
}

//! A checkout as the API shows it, to the shop and to the buyer.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::App;
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::ApiError;
use crate::sandbox::products::{Amount, Price, Product};
use crate::sandbox::record::{self, Record};
use crate::sandbox::validate::Address;

/// How a checkout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Open,
    Expired,
    Confirmed,
    Succeeded,
}

impl Status {
    pub(super) const NAMES: [&str; 5] = ["open", "expired", "confirmed", "succeeded", "failed"];
}

/// What of a checkout is not computed from the rest.
#[expect(clippy::struct_excessive_bools, reason = "the API's own fields")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Checkout {
    pub(crate) id: Uuid,
    pub(crate) created_at: String,
    pub(crate) modified_at: Option<String>,
    pub(crate) status: Status,
    pub(crate) client_secret: String,
    pub(crate) url: String,
    pub(crate) expires_at: String,
    pub(crate) success_url: String,
    pub(crate) return_url: Option<String>,
    pub(crate) embed_origin: Option<String>,
    pub(crate) products: Vec<Uuid>,
    pub(crate) product_id: Uuid,
    pub(crate) product_price_id: Uuid,
    /// What the buyer gives, where that is free to choose.
    pub(crate) chosen_amount: Option<i64>,
    pub(crate) discount_id: Option<Uuid>,
    pub(crate) allow_discount_codes: bool,
    pub(crate) require_billing_address: bool,
    pub(crate) allow_trial: bool,
    pub(crate) customer_id: Option<Uuid>,
    pub(crate) is_business_customer: bool,
    pub(crate) customer_name: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_ip_address: Option<String>,
    pub(crate) customer_billing_name: Option<String>,
    pub(crate) customer_billing_address: Option<Address>,
    pub(crate) customer_tax_id: Option<String>,
    pub(crate) locale: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) custom_field_data: Map<String, Value>,
    pub(crate) customer_metadata: Map<String, Value>,
    pub(crate) external_customer_id: Option<String>,
    pub(crate) subscription_id: Option<Uuid>,
    pub(crate) organization_id: Uuid,
}

impl Record for Checkout {
    const TABLE: &'static str = "checkout";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let Sums { product, price, discount, amount, discount_amount } = self.sums(connection)?;
        let net = amount - discount_amount;
        let is_free = price.is_free();
        let address = self.customer_billing_address.as_ref();
        let taxed = !is_free && address.is_some();
        let trial = self.trial(&product);
        let is_payment_setup_required = product.is_recurring && !is_free;
        let is_payment_required = net > 0 && trial.is_none();
        let fields = AddressFields::of(self);
        let products: Vec<Product> = self
            .products
            .iter()
            .filter_map(|id| record::find(connection, *id).transpose())
            .collect::<Result<_, _>>()?;
        let shown: Vec<_> = products
            .iter()
            .map(|product| product.for_buyers(connection))
            .collect::<Result<_, _>>()?;
        let prices: Map<_, _> = products
            .iter()
            .map(|product| (product.id.to_string(), json!(product.current_prices())))
            .collect();
        let mut all = serde_json::to_value(self)?;
        if let Value::Object(all) = &mut all {
            all.shift_remove("chosen_amount");
            all.extend(
                [
                    ("payment_processor", json!("stripe")),
                    ("amount", json!(amount)),
                    ("seats", Value::Null),
                    ("min_seats", Value::Null),
                    ("max_seats", Value::Null),
                    ("units", Value::Null),
                    ("min_units", Value::Null),
                    ("max_units", Value::Null),
                    ("discount_amount", json!(discount_amount)),
                    ("net_amount", json!(net)),
                    ("tax_amount", if is_free || taxed { json!(0) } else { Value::Null }),
                    ("tax_behavior", if taxed { json!("exclusive") } else { Value::Null }),
                    ("total_amount", json!(net)),
                    ("subtotal_amount", json!(net)),
                    ("currency", json!(price.currency)),
                    ("active_trial_interval", json!(trial.map(|(interval, _)| interval))),
                    ("active_trial_interval_count", json!(trial.map(|(_, count)| count))),
                    ("trial_end", Value::Null),
                    ("is_discount_applicable", json!(!is_free)),
                    ("is_free_product_price", json!(is_free)),
                    ("is_payment_required", json!(is_payment_required)),
                    ("is_payment_setup_required", json!(is_payment_setup_required)),
                    (
                        "is_payment_form_required",
                        json!(is_payment_required || is_payment_setup_required),
                    ),
                    ("payment_method_type", Value::Null),
                    ("payment_processor_metadata", json!({"publishable_key": ""})),
                    ("customer_billing_address_fields", fields.required()),
                    ("billing_address_fields", fields.modes()),
                    ("trial_interval", Value::Null),
                    ("trial_interval_count", Value::Null),
                    ("customer_external_id", json!(self.external_customer_id)),
                    ("products", json!(shown)),
                    ("product", product.for_buyers(connection)?),
                    ("product_price", json!(price)),
                    ("prices", Value::Object(prices)),
                    ("discount", json!(discount.map(|discount| discount.for_buyers()))),
                    ("attached_custom_fields", json!([])),
                ]
                .map(|(key, value)| (key.to_owned(), value)),
            );
        }
        Ok(all)
    }
}

/// What is bought, and for how much.
pub(super) struct Sums {
    pub(super) product: Product,
    pub(super) price: Price,
    pub(super) discount: Option<Discount>,
    pub(super) amount: i64,
    pub(super) discount_amount: i64,
}

impl Checkout {
    pub(super) fn sums(&self, connection: &Connection) -> Result<Sums, ApiError> {
        let product: Product = record::expect(connection, self.product_id)?;
        let price = product.price(self.product_price_id).ok_or(ApiError::MISSING)?.clone();
        let discount = record::find::<Discount>(connection, self.discount_id)?;
        let amount = match price.amount {
            Amount::Fixed { price_amount } => price_amount,
            Amount::Custom { minimum_amount, preset_amount, .. } => {
                self.chosen_amount.or(preset_amount).unwrap_or(minimum_amount)
            }
        };
        let discount_amount = discount.as_ref().map_or(0, |discount| discount.of(amount));
        Ok(Sums { product, price, discount, amount, discount_amount })
    }

    /// The trial that the buyer gets.
    pub(super) fn trial(
        &self,
        product: &Product,
    ) -> Option<(crate::sandbox::products::Interval, i64)> {
        let trial = product.trial_interval.zip(product.trial_interval_count);
        trial.filter(|_| self.allow_trial && product.is_recurring)
    }

    /// Whether the buyer has to give a way to pay.
    pub(super) fn needs_payment(&self, connection: &Connection) -> Result<bool, ApiError> {
        let sums = self.sums(connection)?;
        let recurring = sums.product.is_recurring && !sums.price.is_free();
        Ok(recurring || sums.amount > sums.discount_amount)
    }

    /// What a buyer sees, who has the client secret and no token.
    pub(super) fn for_buyers(&self, app: &App, connection: &Connection) -> Result<Value, ApiError> {
        const HIDDEN: [&str; 7] = [
            "trial_interval",
            "trial_interval_count",
            "metadata",
            "external_customer_id",
            "customer_external_id",
            "subscription_id",
            "customer_metadata",
        ];
        let mut shown = self.render(connection)?;
        if let Value::Object(shown) = &mut shown {
            shown.retain(|key, _| !HIDDEN.contains(&key.as_str()));
        }
        shown["organization"] = app.organization.for_buyers();
        Ok(shown)
    }

    /// The fields of the address that have to be there and are not.
    pub(super) fn missing_in_address(&self) -> Vec<&'static str> {
        let address = self.customer_billing_address.as_ref();
        AddressFields::of(self)
            .0
            .into_iter()
            .filter(|(field, mode)| {
                let given = match *field {
                    "country" => address.is_some(),
                    "state" => address.is_some_and(|address| address.state.is_some()),
                    "city" => address.is_some_and(|address| address.city.is_some()),
                    "postal_code" => address.is_some_and(|address| address.postal_code.is_some()),
                    _ => address.is_some_and(|address| address.line1.is_some()),
                };
                *mode == "required" && !given
            })
            .map(|(field, _)| field)
            .collect()
    }
}

/// Which parts of an address a buyer has to give: that depends on the country (measured for the US
/// and for none; the others are a guess).
struct AddressFields([(&'static str, &'static str); 6]);

impl AddressFields {
    fn of(checkout: &Checkout) -> Self {
        let country = checkout.customer_billing_address.as_ref();
        let country = country.map(|address| address.country.as_str());
        let whole = country == Some("US") || checkout.require_billing_address;
        let when = |required| if required { "required" } else { "disabled" };
        Self([
            ("country", "required"),
            ("state", when(matches!(country, Some("US" | "CA")))),
            ("city", when(whole)),
            ("postal_code", when(whole)),
            ("line1", when(whole)),
            ("line2", if whole { "optional" } else { "disabled" }),
        ])
    }

    fn modes(&self) -> Value {
        self.0.iter().map(|(field, mode)| ((*field).to_owned(), json!(mode))).collect()
    }

    fn required(&self) -> Value {
        self.0
            .iter()
            .map(|(field, mode)| ((*field).to_owned(), json!(*mode == "required")))
            .collect()
    }
}

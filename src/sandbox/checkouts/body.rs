//! What bodies say about a checkout, when it is made, changed and confirmed.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::model::Checkout;
use crate::sandbox::validate::{
    Address, Given, Validator, address, any_uuid, between, boolean, email, metadata, string, text,
    uuid4,
};

/// The fields that may be given at any time.
#[derive(Debug, Default)]
pub(super) struct CheckoutBody {
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) customer_metadata: Option<Map<String, Value>>,
    pub(super) product_id: Option<Uuid>,
    pub(super) discount_id: Option<Given<Uuid>>,
    pub(super) discount_code: Option<Given<String>>,
    pub(super) allow_discount_codes: Option<bool>,
    pub(super) require_billing_address: Option<bool>,
    pub(super) allow_trial: Option<bool>,
    pub(super) amount: Option<i64>,
    pub(super) is_business_customer: Option<bool>,
    pub(super) customer_name: Option<Given<String>>,
    pub(super) customer_email: Option<Given<String>>,
    pub(super) customer_ip_address: Option<String>,
    pub(super) customer_billing_name: Option<Given<String>>,
    pub(super) customer_billing_address: Option<Given<Address>>,
    pub(super) customer_tax_id: Option<Given<String>>,
    pub(super) success_url: Option<String>,
    pub(super) return_url: Option<String>,
    pub(super) embed_origin: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) confirmation_token_id: Option<String>,
}

impl CheckoutBody {
    /// Reads what is there; `product_id` only where a checkout has products to pick from.
    pub(super) fn read(validator: &mut Validator, map: &Map<String, Value>) -> Self {
        let boolean = |v: &mut Validator, key| v.nullable(map, key, boolean).value();
        let text_field = |v: &mut Validator, key| Some(v.nullable(map, key, text).empty_is_null());
        Self {
            metadata: validator.optional(map, "metadata", metadata),
            discount_id: Some(validator.nullable(map, "discount_id", any_uuid)),
            discount_code: text_field(validator, "discount_code"),
            allow_discount_codes: boolean(validator, "allow_discount_codes"),
            require_billing_address: boolean(validator, "require_billing_address"),
            amount: validator.nullable(map, "amount", between(0, 99_999_999)).value(),
            allow_trial: boolean(validator, "allow_trial"),
            is_business_customer: boolean(validator, "is_business_customer"),
            customer_name: text_field(validator, "customer_name"),
            customer_email: Some(validator.nullable(map, "customer_email", email)),
            customer_ip_address: validator.nullable(map, "customer_ip_address", string).value(),
            customer_billing_name: text_field(validator, "customer_billing_name"),
            customer_billing_address: Some(validator.nullable(
                map,
                "customer_billing_address",
                address,
            )),
            customer_tax_id: text_field(validator, "customer_tax_id"),
            customer_metadata: validator.optional(map, "customer_metadata", metadata),
            success_url: validator.nullable(map, "success_url", string).value(),
            return_url: validator.nullable(map, "return_url", string).value(),
            embed_origin: validator.nullable(map, "embed_origin", string).value(),
            locale: validator.nullable(map, "locale", string).value(),
            product_id: None,
            confirmation_token_id: validator.nullable(map, "confirmation_token_id", string).value(),
        }
    }

    /// Reads a change, which may pick another of the products.
    pub(super) fn read_update(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        let product_id = validator.nullable(map, "product_id", uuid4).value();
        Some(Self { product_id, ..Self::read(validator, map) })
    }

    /// Makes the change; products and discounts are looked up by the caller.
    pub(super) fn apply_to(&mut self, checkout: &mut Checkout) {
        let set = |given: &mut Option<Given<String>>, target: &mut Option<String>| {
            if let Some(given) = given.take() {
                given.apply_to(target);
            }
        };
        set(&mut self.customer_name, &mut checkout.customer_name);
        set(&mut self.customer_email, &mut checkout.customer_email);
        set(&mut self.customer_billing_name, &mut checkout.customer_billing_name);
        set(&mut self.customer_tax_id, &mut checkout.customer_tax_id);
        if let Some(address) = self.customer_billing_address.take() {
            address.apply_to(&mut checkout.customer_billing_address);
        }
        let keep = std::mem::take::<Map<String, Value>>;
        checkout.metadata = self.metadata.take().unwrap_or(keep(&mut checkout.metadata));
        checkout.customer_metadata =
            self.customer_metadata.take().unwrap_or(keep(&mut checkout.customer_metadata));
        checkout.chosen_amount = self.amount.or(checkout.chosen_amount);
        checkout.allow_discount_codes =
            self.allow_discount_codes.unwrap_or(checkout.allow_discount_codes);
        checkout.require_billing_address =
            self.require_billing_address.unwrap_or(checkout.require_billing_address);
        checkout.allow_trial = self.allow_trial.unwrap_or(checkout.allow_trial);
        checkout.is_business_customer =
            self.is_business_customer.unwrap_or(checkout.is_business_customer);
        checkout.customer_ip_address =
            self.customer_ip_address.take().or(checkout.customer_ip_address.take());
        checkout.return_url = self.return_url.take().or(checkout.return_url.take());
        checkout.embed_origin = self.embed_origin.take().or(checkout.embed_origin.take());
        if let Some(url) = self.success_url.take() {
            checkout.success_url = success_url(&url, checkout.id);
        }
        if let Some(locale) = self.locale.take() {
            checkout.locale = locale;
        }
    }
}

/// Where a buyer goes afterwards, with the checkout's id in it.
pub(super) fn success_url(url: &str, id: Uuid) -> String {
    url.replace("{CHECKOUT_ID}", &id.to_string())
}

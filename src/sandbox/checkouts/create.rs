//! `POST /v1/checkouts/`

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::CheckoutBody;
use super::model::{Checkout, Status};
use crate::sandbox::App;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{By, Customer, find};
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::jobs::Job;
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Given, Place, Validator, list, string, uuid4};

const DAY: Micros = 24 * 60 * 60 * 1_000_000;

/// What is bought, by the field that says so.
#[derive(Debug)]
pub(super) enum Goods {
    Products(Vec<Uuid>),
    Product(Uuid),
    Price(Uuid),
}

/// What a new checkout is about.
pub(super) struct CheckoutCreate {
    pub(super) goods: Goods,
    pub(super) body: CheckoutBody,
    pub(super) customer_id: Option<Uuid>,
    pub(super) external_customer_id: Option<String>,
    pub(super) subscription_id: Option<Uuid>,
}

/// Makes a checkout.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| open(tx, body)?.render(tx)).await?;
    Ok(created(&shown))
}

/// Opens a checkout.
pub(super) fn open(tx: &Transaction<'_>, new: CheckoutCreate) -> Result<Checkout, ApiError> {
    let CheckoutCreate { goods, mut body, customer_id, external_customer_id, subscription_id } =
        new;
    let products = bought(tx, &goods)?;
    let Some(first) = products.first() else { return Err(ApiError::MISSING) };
    let price = match goods {
        Goods::Price(id) => first.price(id),
        _ => first.current_prices().first().copied(),
    };
    let price = price.ok_or(ApiError::MISSING)?;
    let customer = known_customer(tx, customer_id, external_customer_id.as_deref())?;
    let id = Uuid::new_v4();
    let client_secret = secret("polar_c_");
    let mut checkout = Checkout {
        id,
        created_at: iso(tx.now),
        modified_at: None,
        status: Status::Open,
        url: format!("{}/checkout/{client_secret}", tx.app.base_url()),
        success_url: format!("{}/checkout/{client_secret}/confirmation", tx.app.base_url()),
        client_secret,
        expires_at: iso(tx.now + DAY),
        return_url: None,
        embed_origin: None,
        products: products.iter().map(|product| product.id).collect(),
        product_id: first.id,
        product_price_id: price.id,
        chosen_amount: None,
        discount_id: discount(tx, &mut body)?.value(),
        allow_discount_codes: true,
        require_billing_address: false,
        allow_trial: true,
        customer_id: None,
        is_business_customer: false,
        customer_name: None,
        customer_email: None,
        customer_ip_address: None,
        customer_billing_name: None,
        customer_billing_address: None,
        customer_tax_id: None,
        locale: "en".to_owned(),
        metadata: Map::new(),
        custom_field_data: Map::new(),
        customer_metadata: Map::new(),
        external_customer_id,
        subscription_id,
        organization_id: tx.app.organization.id,
    };
    if let Some(customer) = customer {
        checkout.customer_id = Some(customer.id);
        checkout.is_business_customer = customer.billing_address.is_some();
        checkout.customer_billing_name.clone_from(&customer.name);
        checkout.customer_name = customer.name;
        checkout.customer_email = customer.email;
        checkout.customer_billing_address = customer.billing_address;
        checkout.customer_tax_id = customer.tax_id.map(|(number, _)| number);
    }
    fill(&mut body, &mut checkout);
    record::save(tx, &checkout)?;
    record::emit(tx, &["checkout.created"], &checkout)?;
    tx.schedule(Job::Expire, id, tx.now + DAY)?;
    Ok(checkout)
}

/// Takes over what the body says and what is not known already.
fn fill(body: &mut CheckoutBody, checkout: &mut Checkout) {
    let said = |given: &Option<Given<String>>| matches!(given, Some(Given::Value(_)));
    if !said(&body.customer_name) {
        body.customer_name = None;
    }
    if !said(&body.customer_email) {
        body.customer_email = None;
    }
    if !said(&body.customer_billing_name) {
        body.customer_billing_name = None;
    }
    if !matches!(body.customer_billing_address, Some(Given::Value(_))) {
        body.customer_billing_address = None;
    }
    body.apply_to(checkout);
}

/// A secret of a kind, of letters and digits that no one guesses.
pub(crate) fn secret(prefix: &str) -> String {
    let bytes = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The customer, where it is known already: an external id may be that of one to come.
fn known_customer(
    connection: &Connection,
    id: Option<Uuid>,
    external_id: Option<&str>,
) -> Result<Option<Customer>, ApiError> {
    let by = match (id, external_id) {
        (Some(id), _) => By::Id(id),
        (None, Some(external_id)) => By::External(external_id.to_owned()),
        (None, None) => return Ok(None),
    };
    match find(connection, &by) {
        Ok(customer) => Ok(Some(customer)),
        Err(ApiError::NotFound(_)) if id.is_some() => {
            let msg = "Customer does not exist.";
            Err(ApiError::Rules(vec![Flaw::in_body("value_error", "customer_id", msg, json!(id))]))
        }
        Err(ApiError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The products that are offered.
pub(super) fn bought(connection: &Connection, goods: &Goods) -> Result<Vec<Product>, ApiError> {
    let refused = |loc: Vec<Place>, msg: &str, input: Uuid| {
        let loc = [vec!["body".into()], loc].concat();
        let msg = msg.to_owned();
        ApiError::Rules(vec![Flaw {
            kind: "value_error",
            loc,
            msg,
            input: json!(input),
            ctx: None,
        }])
    };
    let sold = |product: Option<Product>, loc: Vec<Place>, id: Uuid| match product {
        None => Err(refused(loc, "Product does not exist.", id)),
        Some(product) if product.is_archived => Err(refused(loc, "Product is archived.", id)),
        Some(product) => Ok(product),
    };
    match goods {
        Goods::Products(ids) => ids
            .iter()
            .enumerate()
            .map(|(index, id)| {
                let loc = vec!["products".into(), Place::Index(index)];
                sold(record::find(connection, *id)?, loc, *id)
            })
            .collect(),
        Goods::Product(id) => {
            let product = sold(record::find(connection, *id)?, vec!["product_id".into()], *id)?;
            Ok(vec![product])
        }
        Goods::Price(id) => {
            let with = "EXISTS (SELECT 1 FROM json_each(doc, '$.prices')
                 WHERE value ->> 'id' = ?)";
            let product: Option<Product> = record::first(connection, with, [id.to_string()])?;
            let loc: Vec<Place> = vec!["product_price_id".into()];
            let product = product.ok_or_else(|| refused(loc.clone(), "Price does not exist.", *id));
            Ok(vec![sold(Some(product?), loc, *id)?])
        }
    }
}

/// The discount that a body names, by its id or its code.
pub(super) fn discount(
    connection: &Connection,
    body: &mut CheckoutBody,
) -> Result<Given<Uuid>, ApiError> {
    let refused = |field: &str, input: Value| {
        let msg = "Discount does not exist.";
        ApiError::Rules(vec![Flaw::in_body("value_error", field, msg, input)])
    };
    match (body.discount_id.take(), body.discount_code.take()) {
        (Some(Given::Value(id)), _) => match record::find::<Discount>(connection, id)? {
            Some(_) => Ok(Given::Value(id)),
            None => Err(refused("discount_id", json!(id))),
        },
        (_, Some(Given::Value(code))) => {
            let found: Option<Discount> =
                record::first(connection, "code = ?", [code.to_lowercase()])?;
            let found = found.ok_or_else(|| refused("discount_code", json!(code)))?;
            Ok(Given::Value(found.id))
        }
        (Some(Given::Null), _) | (_, Some(Given::Null)) => Ok(Given::Null),
        _ => Ok(Given::Absent),
    }
}

/// The three schemas of a new checkout, as the real API's errors call them.
fn read(validator: &mut Validator, value: &Value) -> Option<CheckoutCreate> {
    type Read = fn(&mut Validator, &Map<String, Value>) -> Option<Goods>;
    let branches: [(&str, Read); 3] = [
        ("CheckoutProductsCreate", |validator, map| {
            let products = validator.required(map, "products", |v, value| list(v, value, uuid4))?;
            Some(Goods::Products(products))
        }),
        ("CheckoutProductCreate", |validator, map| {
            validator.required(map, "product_id", uuid4).map(Goods::Product)
        }),
        ("CheckoutPriceCreate", |validator, map| {
            validator.required(map, "product_price_id", uuid4).map(Goods::Price)
        }),
    ];
    let mut flaws = Vec::new();
    for (name, goods) in branches {
        let name = format!(
            "function-after[_validate_unit_constraints(), \
             function-after[_validate_seat_constraints(), \
             function-after[is_complete_configuration(), {name}]]]"
        );
        match validator.attempt(|v| v.at(name.as_str(), |v| fields(v, value, goods))) {
            Ok(body) => return Some(body),
            Err(found) => flaws.extend(found),
        }
    }
    validator.report(flaws)
}

fn fields(
    validator: &mut Validator,
    value: &Value,
    goods: impl FnOnce(&mut Validator, &Map<String, Value>) -> Option<Goods>,
) -> Option<CheckoutCreate> {
    let map = validator.object(value)?;
    let body = CheckoutBody::read(validator, map);
    let customer_id = validator.nullable(map, "customer_id", uuid4).value();
    let external_customer_id =
        validator.nullable(map, "external_customer_id", string).empty_is_null().value();
    let external_customer_id = external_customer_id.or_else(|| {
        validator.nullable(map, "customer_external_id", string).empty_is_null().value()
    });
    let subscription_id = validator.nullable(map, "subscription_id", uuid4).value();
    let goods = goods(validator, map)?;
    if matches!(&goods, Goods::Products(products) if products.is_empty()) {
        let msg = "List should have at least 1 item after validation, not 0";
        return validator.at("products", |v| v.flaw("too_short", msg, &json!([])));
    }
    Some(CheckoutCreate { goods, body, customer_id, external_customer_id, subscription_id })
}

/// Puts what a page needs to know where it can be reached.
impl App {
    /// The origin that buyers reach the sandbox at.
    pub(crate) fn base_url(&self) -> &str {
        self.base_url.get().map_or("http://127.0.0.1:4010", String::as_str)
    }
}

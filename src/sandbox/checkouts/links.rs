//! Checkout links: addresses that open a new checkout each time.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::CheckoutBody;
use super::create::{CheckoutCreate, Goods, bought, discount, open, secret};
use crate::sandbox::clock::iso;
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::{ApiError, Call, created, empty, json_value, passed_on};
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record, listed_records, order_by};
use crate::sandbox::store::Select;
use crate::sandbox::validate::{Given, Validator, list as list_of, string, uuid4};

/// A link's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckoutLink {
    id: Uuid,
    created_at: String,
    modified_at: Option<String>,
    trial_interval: Option<String>,
    trial_interval_count: Option<i64>,
    metadata: Map<String, Value>,
    payment_processor: String,
    client_secret: String,
    url: String,
    success_url: Option<String>,
    return_url: Option<String>,
    label: Option<String>,
    allow_discount_codes: bool,
    require_billing_address: bool,
    discount_id: Option<Uuid>,
    seats: Option<i64>,
    units: Option<i64>,
    organization_id: Uuid,
    products: Vec<Uuid>,
}

impl Record for CheckoutLink {
    const TABLE: &'static str = "checkout_link";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let products: Vec<Product> = self
            .products
            .iter()
            .filter_map(|id| record::find(connection, *id).transpose())
            .collect::<Result<_, _>>()?;
        let shown: Vec<Value> = products
            .iter()
            .map(|product| product.for_links(connection))
            .collect::<Result<_, _>>()?;
        let first = products.first();
        let price = first.and_then(|product| product.current_prices().first().copied());
        let discount = record::find::<Discount>(connection, self.discount_id)?;
        let mut all = serde_json::to_value(self)?;
        all["product"] = shown.first().cloned().unwrap_or_default();
        all["products"] = json!(shown);
        all["discount"] = json!(discount.map(|discount| discount.for_buyers()));
        all["product_id"] = json!(first.map(|product| product.id));
        all["product_price_id"] = json!(price.map(|price| price.id));
        all["product_price"] = json!(price);
        Ok(all)
    }
}

/// What a body says beside the goods.
struct LinkBody {
    goods: Option<Goods>,
    label: Given<String>,
    body: CheckoutBody,
}

impl LinkBody {
    fn read(validator: &mut Validator, value: &Value, is_new: bool) -> Option<Self> {
        let map = validator.object(value)?;
        let products = validator.nullable(map, "products", |v, value| list_of(v, value, uuid4));
        let product = validator.nullable(map, "product_id", uuid4);
        let price = validator.nullable(map, "product_price_id", uuid4);
        let goods = products
            .value()
            .map(Goods::Products)
            .or(product.value().map(Goods::Product))
            .or(price.value().map(Goods::Price));
        if is_new && goods.is_none() {
            validator.required(map, "products", |_, _| Some(()))?;
        }
        let label = validator.nullable(map, "label", string);
        Some(Self { goods, label, body: CheckoutBody::read(validator, map) })
    }

    fn apply_to(
        mut self,
        connection: &Connection,
        link: &mut CheckoutLink,
    ) -> Result<(), ApiError> {
        if let Some(goods) = self.goods {
            link.products = bought(connection, &goods)?.iter().map(|product| product.id).collect();
        }
        discount(connection, &mut self.body)?.apply_to(&mut link.discount_id);
        self.label.apply_to(&mut link.label);
        link.metadata = self.body.metadata.unwrap_or(std::mem::take(&mut link.metadata));
        link.success_url = self.body.success_url.or(link.success_url.take());
        link.return_url = self.body.return_url.or(link.return_url.take());
        link.allow_discount_codes =
            self.body.allow_discount_codes.unwrap_or(link.allow_discount_codes);
        link.require_billing_address =
            self.body.require_billing_address.unwrap_or(link.require_billing_address);
        Ok(())
    }
}

/// `POST /v1/checkout-links/`
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, |v, value| LinkBody::read(v, value, true));
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let client_secret = secret("polar_cl_");
        let mut link = CheckoutLink {
            id: Uuid::new_v4(),
            created_at: iso(now),
            modified_at: None,
            trial_interval: None,
            trial_interval_count: None,
            metadata: Map::new(),
            payment_processor: "stripe".to_owned(),
            url: format!("{}/v1/checkout-links/{client_secret}/redirect", tx.app.base_url()),
            client_secret,
            success_url: None,
            return_url: None,
            label: None,
            allow_discount_codes: true,
            require_billing_address: false,
            discount_id: None,
            seats: None,
            units: None,
            organization_id: tx.app.organization.id,
            products: Vec::new(),
        };
        body.apply_to(tx, &mut link)?;
        record::save(tx, &link)?;
        link.render(tx)
    });
    Ok(created(&shown.await?))
}

/// `PATCH /v1/checkout-links/{id}`
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, |v, value| LinkBody::read(v, value, false));
    let (id, body) = validator.finish(id.zip(body))?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut link: CheckoutLink = record::expect(tx, id)?;
        body.apply_to(tx, &mut link)?;
        link.modified_at = Some(iso(now));
        record::save(tx, &link)?;
        link.render(tx)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// `DELETE /v1/checkout-links/{id}`
pub(crate) async fn delete(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let now = call.app.clock.now();
    call.app
        .change(now, move |tx| {
            record::expect::<CheckoutLink>(tx, id)?;
            record::remove::<CheckoutLink>(tx, id)
        })
        .await?;
    Ok(empty())
}

/// `GET /v1/checkout-links/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let products = call.query.ids(&mut validator, "product_id");
    let page = call.query.page(&mut validator);
    let criteria = ["created_at", "label", "success_url", "allow_discount_codes"];
    let sorting = call.query.sorting(&mut validator, &criteria);
    let page = validator.finish(page)?;
    let mut select = Select::new("checkout_link", "1");
    select.and_among(
        "EXISTS (SELECT 1 FROM json_each(doc, '$.products') WHERE value IN (#))",
        products.iter().map(ToString::to_string),
    );
    let order = order_by(&sorting, |criterion| match criterion {
        "label" => "doc ->> 'label'",
        "success_url" => "doc ->> 'success_url'",
        _ => "seq",
    });
    listed_records::<CheckoutLink>(&call, &select, &order, page)
}

/// `GET /v1/checkout-links/{id}/redirect`, where the id is the client secret: a new checkout.
pub(crate) async fn follow(call: Call) -> Result<Response, ApiError> {
    let secret = call.segment("id");
    let email = call.query.last("customer_email").map(str::to_owned);
    let name = call.query.last("customer_name").map(str::to_owned);
    let external_id = call.query.last("customer_external_id").map(str::to_owned);
    let now = call.app.clock.now();
    let url = call.app.change(now, move |tx| {
        let link: Option<CheckoutLink> = record::first(tx, "secret = ?", [&secret])?;
        let link = link.ok_or(ApiError::MISSING)?;
        let body = CheckoutBody {
            metadata: Some(link.metadata),
            discount_id: link.discount_id.map(Given::Value),
            allow_discount_codes: Some(link.allow_discount_codes),
            require_billing_address: Some(link.require_billing_address),
            success_url: link.success_url,
            return_url: link.return_url,
            customer_email: email.map(Given::Value),
            customer_name: name.map(Given::Value),
            ..CheckoutBody::default()
        };
        let checkout = open(
            tx,
            CheckoutCreate {
                goods: Goods::Products(link.products),
                body,
                customer_id: None,
                external_customer_id: external_id,
                subscription_id: None,
            },
        )?;
        Ok(checkout.url)
    });
    Ok(passed_on(&url.await?))
}

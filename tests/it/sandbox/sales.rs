//! From a checkout to access and back: what is paid, refunded, renewed, declined and canceled, with
//! the webhooks in the order in which the real API was seen to send them.

use serde_json::{Value, json};
use tieback::provider::polar::EVENT_TYPES;
use tieback::sandbox::Options;

use super::Sandbox;
use super::http::{Answer, Request};
use super::receiver::Receiver;

/// A shop with a benefit, a handbook for 29.00 and a plan for 15.00 a month, and a customer.
struct Shop {
    sandbox: Sandbox,
    receiver: Receiver,
    handbook: String,
    plan: String,
}

impl Shop {
    async fn open() -> Self {
        let sandbox = Sandbox::new().await;
        let product = async |body| sandbox.post("/v1/products/", body).await.expect(201).text("id");
        let price = |cents: i64| json!([{"amount_type": "fixed", "price_amount": cents}]);
        let handbook = product(json!({"name": "Handbook", "prices": price(2900)})).await;
        let plan = json!({"name": "Pro", "prices": price(1500), "recurring_interval": "month"});
        let plan = product(plan).await;
        let benefit = json!({"type": "custom", "description": "Support", "properties": {}});
        let benefit = sandbox.post("/v1/benefits/", benefit).await.expect(201).text("id");
        for product in [&handbook, &plan] {
            let path = format!("/v1/products/{product}/benefits");
            sandbox.post(&path, json!({"benefits": [benefit]})).await.expect(200);
        }
        sandbox.customer("ann").await;
        let receiver = Receiver::new();
        sandbox.endpoint(&receiver.url, &EVENT_TYPES).await;
        Self { sandbox, receiver, handbook, plan }
    }

    async fn checkout(&self, product: &str) -> Value {
        let body = json!({
            "products": [product],
            "external_customer_id": "user_ann",
            "success_url": "https://example.com/done?id={CHECKOUT_ID}",
            "metadata": {"cart": "7"},
        });
        self.sandbox.post("/v1/checkouts/", body).await.expect(201).json()
    }

    async fn pay(&self, checkout: &Value) -> Answer {
        let id = checkout["id"].as_str().unwrap();
        self.sandbox.post(&format!("/_sandbox/checkouts/{id}/pay"), json!({})).await
    }

    async fn buy(&self, product: &str) -> Value {
        let checkout = self.checkout(product).await;
        self.pay(&checkout).await.expect(200).json()
    }

    async fn advance(&self, by: &str) {
        self.sandbox.post("/_sandbox/clock", json!({"advance": by})).await.expect(200);
    }

    /// The next webhooks have to be of these types, and no more may be under way.
    async fn follows(&mut self, kinds: &[&str]) -> Vec<Value> {
        let mut came = Vec::new();
        for kind in kinds {
            let payload = self.receiver.next().await.json();
            assert_eq!(payload["type"], *kind, "after {} of {kinds:?}", came.len());
            came.push(payload["data"].clone());
        }
        came
    }

    async fn state(&self) -> Value {
        self.sandbox.get("/v1/customers/external/user_ann/state").await.expect(200).json()
    }
}

const CONFIRMED: [&str; 4] =
    ["checkout.created", "checkout.updated", "customer.updated", "customer.state_changed"];
const PAID: [&str; 4] = ["order.created", "order.updated", "order.paid", "checkout.updated"];
const GRANTED: [&str; 3] = ["benefit_grant.created", "customer.state_changed", "order.updated"];
const SUBSCRIBED: [&str; 3] =
    ["subscription.created", "subscription.active", "subscription.updated"];

#[tokio::test]
async fn a_paid_checkout_leads_to_an_order_a_grant_and_a_state() {
    let mut shop = Shop::open().await;
    let checkout = shop.buy(&shop.handbook).await;
    assert_eq!(checkout["status"], "succeeded");
    let url = format!("https://example.com/done?id={}", checkout["id"].as_str().unwrap());
    assert_eq!(checkout["success_url"], url);
    let came = shop.follows(&[&CONFIRMED[..], &PAID, &GRANTED].concat()).await;
    let [created, updated, paid] = [4, 5, 6].map(|index: usize| &came[index]);
    assert_eq!([&created["status"], &updated["status"], &paid["status"]], ["paid"; 3]);
    assert_eq!(created["receipt_number"], Value::Null);
    let invoice = paid["invoice_number"].as_str().unwrap();
    let receipt = paid["receipt_number"].as_str().unwrap();
    assert_eq!(invoice.rsplit('-').next(), Some("0001"));
    assert_eq!(receipt.strip_prefix("RCPT"), invoice.strip_prefix("SANDBOX"));
    assert_eq!((&paid["net_amount"], &paid["tax_amount"]), (&json!(2900), &json!(0)));
    assert_eq!(paid["metadata"], json!({"cart": "7"}));
    assert_eq!(came[10]["platform_fee_amount"], 195);
    for data in &came {
        let named =
            [&data["external_id"], &data["external_customer_id"], &data["customer"]["external_id"]];
        assert!(named.iter().any(|id| **id == "user_ann"), "{data}");
    }
    assert_eq!(shop.state().await["granted_benefits"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refund_takes_the_benefits_only_where_it_says_so() {
    let mut shop = Shop::open().await;
    shop.buy(&shop.handbook).await;
    let came = shop.follows(&[&CONFIRMED[..], &PAID, &GRANTED].concat()).await;
    let order = &came[4]["id"];
    let refund = |amount: i64, revoke: bool| {
        let body = json!({
            "order_id": order, "reason": "customer_request", "amount": amount,
            "revoke_benefits": revoke,
        });
        shop.sandbox.post("/v1/refunds/", body)
    };
    refund(1000, false).await.expect(201);
    refund(1901, true).await.expect(422);
    refund(1900, true).await.expect(201);
    let again = refund(1, false).await.expect(403);
    assert_eq!(again.json()["error"], "RefundedAlready");
    let refunded = ["refund.created", "order.updated", "order.refunded"];
    let came = shop.follows(&refunded).await;
    assert_eq!(
        (&came[2]["status"], &came[2]["refundable_amount"]),
        (&json!("partially_refunded"), &json!(1900))
    );
    let came = shop.follows(&refunded).await;
    assert_eq!(came[2]["status"], "refunded");
    shop.follows(&["benefit_grant.revoked", "customer.state_changed"]).await;
    assert_eq!(shop.state().await["granted_benefits"], json!([]));
}

#[tokio::test]
async fn a_subscription_is_renewed_canceled_and_ends_with_its_period() {
    let mut shop = Shop::open().await;
    shop.buy(&shop.plan).await;
    let first = [&CONFIRMED[..], &SUBSCRIBED, &PAID, &GRANTED].concat();
    let subscription = shop.follows(&first).await[4].clone();
    let checkout = shop.checkout(&shop.plan).await;
    assert_eq!(
        shop.pay(&checkout).await.expect(403).json()["error"],
        "AlreadyActiveSubscriptionError"
    );
    shop.follows(&["checkout.created"]).await;
    shop.advance("31d").await;
    let renewal = [
        "checkout.expired",
        "subscription.cycled",
        "subscription.updated",
        "order.created",
        "customer.state_changed",
        "order.updated",
        "order.paid",
        "benefit_grant.cycled",
        "customer.state_changed",
    ];
    let came = shop.follows(&renewal).await;
    assert_eq!(came[1]["current_period_start"], subscription["current_period_end"]);
    assert_eq!((&came[3]["status"], &came[6]["status"]), (&json!("pending"), &json!("paid")));
    assert_eq!(came[6]["billing_reason"], "subscription_cycle");
    let path = format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap());
    shop.sandbox.patch(&path, json!({"cancel_at_period_end": true})).await.expect(200);
    let canceled = ["subscription.updated", "subscription.canceled", "customer.state_changed"];
    assert_eq!(shop.follows(&canceled).await[1]["status"], "active");
    shop.advance("31d").await;
    let ended = [
        "subscription.updated",
        "subscription.canceled",
        "subscription.revoked",
        "benefit_grant.revoked",
        "customer.state_changed",
    ];
    assert_eq!(shop.follows(&ended).await[2]["status"], "canceled");
    assert_eq!(shop.state().await["active_subscriptions"], json!([]));
}

#[tokio::test]
async fn a_declined_renewal_is_past_due_and_recovers_or_ends() {
    let mut shop = Shop::open().await;
    shop.buy(&shop.plan).await;
    shop.follows(&[&CONFIRMED[..], &SUBSCRIBED, &PAID, &GRANTED].concat()).await;
    shop.sandbox.arm(json!({"name": "payment-declined", "times": 1})).await;
    shop.advance("31d").await;
    let declined = [
        "subscription.cycled",
        "subscription.updated",
        "order.created",
        "customer.state_changed",
        "subscription.updated",
        "subscription.past_due",
        "benefit_grant.revoked",
        "customer.state_changed",
    ];
    assert_eq!(shop.follows(&declined).await[5]["status"], "past_due");
    assert_eq!(shop.state().await["active_subscriptions"], json!([]));
    shop.advance("2d").await;
    let recovered = [
        "subscription.updated",
        "subscription.active",
        "order.updated",
        "order.paid",
        "benefit_grant.created",
        "customer.state_changed",
    ];
    assert_eq!(shop.follows(&recovered).await[1]["past_due_at"], Value::Null);
    shop.sandbox.arm(json!({"name": "payment-declined"})).await;
    shop.advance("56d").await;
    shop.follows(&declined).await;
    let exhausted = [
        "subscription.updated",
        "subscription.canceled",
        "subscription.revoked",
        "order.updated",
        "customer.state_changed",
    ];
    assert_eq!(shop.follows(&exhausted).await[3]["status"], "void");
}

#[tokio::test]
async fn an_unknown_external_id_becomes_a_customer_and_a_known_email_finds_one() {
    let shop = Shop::open().await;
    let body = json!({
        "products": [shop.handbook], "external_customer_id": "user_new",
        "customer_email": "new@example.com", "customer_name": "New",
    });
    let checkout = shop.sandbox.post("/v1/checkouts/", body).await.expect(201).json();
    assert_eq!(checkout["customer_id"], Value::Null);
    let paid = shop.pay(&checkout).await.expect(200).json();
    let customer = shop.sandbox.get("/v1/customers/external/user_new").await.expect(200).json();
    assert_eq!(customer["id"], paid["customer_id"]);
    let body = json!({"products": [shop.handbook], "customer_email": "NEW@example.com"});
    let checkout = shop.sandbox.post("/v1/checkouts/", body).await.expect(201).json();
    assert_eq!(shop.pay(&checkout).await.expect(200).json()["customer_id"], customer["id"]);
}

async fn form(shop: &Shop, path: &str, form: &str) -> Answer {
    let request = Request::new("POST", path).token("").raw(form);
    shop.sandbox.send(request.header("content-type", "application/x-www-form-urlencoded")).await
}

#[tokio::test]
async fn the_hosted_page_pays_declines_and_abandons() {
    let shop = Shop::open().await;
    let checkout = shop.checkout(&shop.handbook).await;
    let url = url::Url::parse(checkout["url"].as_str().unwrap()).unwrap();
    assert_eq!(url.port(), Some(shop.sandbox.address().port()));
    let page = shop.sandbox.send(Request::new("GET", url.path()).token("")).await.expect(200);
    for text in ["no money moves", "Handbook", "29.00 USD", "user_ann", "ann@example.com"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("<script"));
    let declined = form(&shop, url.path(), "action=decline").await.expect(200);
    assert!(declined.body.contains("Your card was declined"));
    let abandoned = form(&shop, url.path(), "action=abandon").await.expect(200);
    assert!(abandoned.body.contains("Nothing was bought"));
    let paid = form(&shop, url.path(), "action=pay&customer_name=%3Cb%3EAnn").await.expect(303);
    assert_eq!(paid.header("location"), checkout["success_url"].as_str());
    let page = shop.sandbox.send(Request::new("GET", url.path()).token("")).await.expect(200);
    assert!(page.body.contains("This checkout is succeeded."));
}

#[tokio::test]
async fn the_portal_shows_what_a_customer_has_and_cancels() {
    let shop = Shop::open().await;
    shop.buy(&shop.plan).await;
    let body = json!({"external_customer_id": "user_ann"});
    let session = shop.sandbox.post("/v1/customer-sessions/", body).await.expect(201).json();
    let token = session["token"].as_str().unwrap();
    let url = url::Url::parse(session["customer_portal_url"].as_str().unwrap()).unwrap();
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let page = shop.sandbox.send(Request::new("GET", &path).token("")).await.expect(200);
    assert!(page.body.contains("Pro") && page.body.contains("15.00 USD"));
    let list = "/v1/customer-portal/subscriptions/";
    let own = shop.sandbox.send(Request::new("GET", list).token(token)).await.expect(200).json();
    let id = own["items"][0]["id"].as_str().unwrap();
    form(&shop, &path, &format!("cancel={id}")).await.expect(303);
    let path = format!("{list}{id}");
    let own = shop.sandbox.send(Request::new("GET", &path).token(token)).await.expect(200).json();
    assert_eq!(own["cancel_at_period_end"], true);
    shop.sandbox.send(Request::new("GET", "/v1/orders/").token(token)).await.expect(401);
    shop.sandbox.get("/v1/customer-portal/orders/").await.expect(401);
    shop.advance("2h").await;
    shop.sandbox.send(Request::new("GET", list).token(token)).await.expect(401);
}

#[tokio::test]
async fn a_link_opens_a_checkout_each_time_and_a_reset_forgets_all() {
    let shop = Shop::open().await;
    let body = json!({"products": [shop.handbook], "metadata": {"at": "shop"}});
    let link = shop.sandbox.post("/v1/checkout-links/", body).await.expect(201).json();
    let url = url::Url::parse(link["url"].as_str().unwrap()).unwrap();
    let path = format!("{}?customer_external_id=user_ann", url.path());
    for _ in 0..2 {
        let answer = shop.sandbox.send(Request::new("GET", &path).token("")).await.expect(307);
        assert!(answer.header("location").unwrap().contains("/checkout/polar_c_"));
    }
    let checkouts = shop.sandbox.get("/v1/checkouts/").await.expect(200).json();
    assert_eq!(checkouts["pagination"]["total_count"], 2);
    assert_eq!(checkouts["items"][0]["customer_email"], "ann@example.com");
    shop.sandbox.post("/_sandbox/reset", json!({})).await.expect(200);
    for list in ["customers", "products", "checkouts", "checkout-links", "members"] {
        let list = shop.sandbox.get(&format!("/v1/{list}/")).await.expect(200).json();
        assert_eq!(list["pagination"]["total_count"], 0);
    }
    let endpoints = shop.sandbox.get("/v1/webhooks/endpoints").await.expect(200).json();
    assert_eq!(endpoints["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn a_client_that_names_a_version_gets_the_fields_of_today() {
    let shop = Shop::open().await;
    shop.buy(&shop.handbook).await;
    let named = async |path: &str| {
        let request = Request::new("GET", path).header("polar-version", "2027-01");
        shop.sandbox.send(request).await.expect(200).json()
    };
    let plain = async |path: &str| shop.sandbox.get(path).await.expect(200).json();
    let endpoints = "/v1/webhooks/endpoints";
    let endpoint = &named(endpoints).await["items"][0];
    assert_eq!(endpoint["api_version"], "2026-04");
    assert_eq!(endpoint["uses_standard_webhook_signature"], true);
    assert_eq!(plain(endpoints).await["items"][0].get("api_version"), None);
    assert_eq!(named("/v1/products/").await["items"][0]["is_deletable"], false);
    assert_eq!(plain("/v1/products/").await["items"][0].get("is_deletable"), None);
    let mut receiver = Receiver::new();
    let body = json!({"url": receiver.url, "format": "raw", "events": ["order.paid"]});
    let request = Request::new("POST", endpoints).header("polar-version", "2026-10").json(&body);
    let made = shop.sandbox.send(request).await.expect(201).json();
    assert_eq!(made["api_version"], "2026-10");
    shop.buy(&shop.handbook).await;
    let payload = receiver.next().await.json();
    assert_eq!(payload["api_version"], "2026-10");
    assert_eq!(payload["data"]["items"][0]["start_timestamp"], Value::Null);
    let journal = plain("/_sandbox/deliveries").await;
    let kept =
        journal["items"].as_array().unwrap().iter().find(|item| item["type"] == "order.paid");
    assert!(kept.unwrap()["payload"].as_str().unwrap().contains("Handbook"));
}

#[tokio::test]
async fn what_is_not_imitated_says_so() {
    let sandbox = Sandbox::new().await;
    for path in ["/v1/metrics/", "/v1/customer-portal/seats", "/v1/orders/1/invoice"] {
        let answer = sandbox.get(path).await.expect(501);
        assert!(answer.header("x-sandbox-reason").unwrap().contains("does not imitate"));
    }
    sandbox.get("/v1/nonsense").await.expect(404);
}

const PRODUCT: &str = "7a1de5b0-0a0b-4c6e-9f0e-1f2d3c4b5a69";

fn seeded(seed: Value) -> Options {
    Options { seed: Some(seed), ..Options::default() }
}

#[tokio::test]
async fn a_seed_is_there_from_the_start_with_its_ids_and_is_planted_once() {
    let seed = json!({
        "benefits": [{"type": "feature_flag", "description": "Beta access", "properties": {}}],
        "products": [{
            "id": PRODUCT, "name": "Pro", "recurring_interval": "month", "price": "free",
            "benefits": ["Beta access"],
        }],
        "customers": [{"email": "ann@example.com", "external_id": "user_ann"}],
    });
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().join("state.db"));
    let only_product = json!({"products": [seed["products"][0]]});
    let sandbox = Sandbox::with(Options { data: data.clone(), ..seeded(seed) }).await;
    let product = sandbox.get(&format!("/v1/products/{PRODUCT}")).await.expect(200).json();
    assert_eq!(product["benefits"][0]["description"], "Beta access");
    assert_eq!(product["prices"][0]["price_amount"], 0);
    let body = json!({"product_id": PRODUCT, "external_customer_id": "user_ann"});
    sandbox.post("/v1/subscriptions/", body).await.expect(201);
    sandbox.handle.stop().await;
    let sandbox = Sandbox::with(Options { data, ..seeded(only_product) }).await;
    let products = sandbox.get("/v1/products/").await.expect(200).json();
    assert_eq!(products["pagination"]["total_count"], 1);
    let subscriptions = sandbox.get("/v1/subscriptions/").await.expect(200).json();
    assert_eq!(subscriptions["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn a_mistake_in_a_seed_is_said_where_it_stands() {
    for (seed, reason) in [
        (json!({"shops": []}), "unknown collection `shops`"),
        (json!({"products": [{"name": "Pro"}]}), "products[0] was refused: one_time.prices: Field"),
        (json!({"customers": [{"id": 7}]}), "customers[0] was refused: 7 is not an id"),
        (
            json!({"products": [{"name": "Pro", "price": 900, "benefits": [PRODUCT]}]}),
            "the benefits of products[0] were refused: benefits.0: Benefit does not exist.",
        ),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = tieback::sandbox::start(listener, seeded(seed)).await.err().unwrap();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn the_index_shows_the_state_and_its_buttons_are_for_its_own_page() {
    let shop = Shop::open().await;
    let checkout = shop.checkout(&shop.handbook).await;
    let page = shop.sandbox.send(Request::new("GET", "/").token("")).await.expect(200);
    let url = checkout["url"].as_str().unwrap();
    for text in ["<td>Products</td><td>2</td>", "Forget everything", url, "user_ann"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let reset = || {
        let request = Request::new("POST", "/").token("").raw("action=reset");
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    shop.sandbox.send(reset().header("origin", "https://example.com")).await.expect(403);
    shop.sandbox.get("/v1/customers/external/user_ann").await.expect(200);
    shop.sandbox.send(reset().header("origin", "http://localhost:4010")).await.expect(303);
    shop.sandbox.get("/v1/customers/external/user_ann").await.expect(404);
    let foreign = Request::new("POST", "/_sandbox/reset").header("origin", "https://example.com");
    shop.sandbox.send(foreign).await.expect(403);
}

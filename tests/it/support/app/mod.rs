//! An app under test: people sign up at it, it makes customers at a billing API, and takes
//! webhooks. It is right in every respect, apart from the one way that it is told to be.

mod faults;
mod signature;
mod store;
mod webhooks;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};

pub use faults::Way;
use store::{Store, User};

/// What its webhooks are signed with.
pub const SECRET: &str = "whsec_dGllYmFjay1maXh0dXJlLXdlYmhvb2stc2VjcmV0LTE=";
/// The product that it sells.
pub const PRODUCT: &str = "3f1c6f0e-6f2e-4f0a-9c55-0a1b2c3d4e5f";

/// The app, as its routes see it.
pub struct App {
    way: Way,
    api: String,
    token: String,
    secret: String,
    store: Mutex<Store>,
    client: reqwest::Client,
}

type Shared = Arc<App>;

/// An app that is served until it is dropped.
pub struct Served {
    pub address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Served {
    /// The app file for it.
    pub fn file(&self, way: Way) -> String {
        app_file(&format!("http://{}", self.address), way, "", SECRET)
    }
}

/// An app file for an app at `url`; `start` is put in as it is.
pub fn app_file(url: &str, way: Way, start: &str, secret: &str) -> String {
    let (capture, headers) = match way {
        Way::BearerTokens => (
            "user_id: user.id, token: token",
            "    headers: { authorization: \"Bearer ${token}\" }\n",
        ),
        _ => ("user_id: user.id", ""),
    };
    let delete = headers.replace("    headers", "      headers");
    let access = match way {
        Way::DeniesWith402 => "{ status: 200 }",
        _ => "{ body: { plan: pro } }",
    };
    format!(
        "app:\n  url: {url}\n{start}  webhook:\n    path: /api/webhooks/polar\n    secret: \
         \"{secret}\"\n  user:\n    app: POST /api/auth/sign-up/email\n    body: {{ name: Test \
         Buyer, email: \"${{email}}\", password: \"${{run.secret}}\" }}\n    capture: {{ {capture} \
         }}\n    secret: [token]\n    delete:\n      app: DELETE /api/account\n{delete}  state:\n    app: GET /api/subscription\n{headers}  access: \
         {access}\n  ignore: [updated_at]\nproducts:\n  - {{ id: {PRODUCT}, name: Pro, price: free \
         }}\n"
    )
}

/// Serves the app on a free port of this machine; it calls the API at `api`.
pub fn serve(way: Way, api: &str) -> Served {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener =
        runtime.block_on(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap() });
    let address = listener.local_addr().unwrap();
    let app = app(way, api, "polar_oat_app", SECRET);
    runtime.spawn(async move { axum::serve(listener, router(app)).await });
    Served { address, _runtime: runtime }
}

fn app(way: Way, api: &str, token: &str, secret: &str) -> Shared {
    // The client wants one, also where it never speaks TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Arc::new(App {
        way,
        api: api.to_owned(),
        token: token.to_owned(),
        secret: secret.to_owned(),
        store: Mutex::default(),
        client: client(api),
    })
}

/// A client for the API: one on this machine is called directly, others as the environment says.
fn client(api: &str) -> reqwest::Client {
    if api.starts_with("http://") {
        return reqwest::Client::builder().no_proxy().build().unwrap();
    }
    let roots = std::fs::read(std::env::var("SSL_CERT_FILE").unwrap()).unwrap();
    let roots = reqwest::Certificate::from_pem_bundle(&roots).unwrap();
    reqwest::Client::builder().tls_certs_only(roots).build().unwrap()
}

fn router(app: Shared) -> Router {
    Router::new()
        .route("/", get(|| async { "ok" }))
        .route("/api/auth/sign-up/email", post(sign_up))
        .route("/api/subscription", get(subscription))
        .route("/api/account", delete(delete_account))
        .route("/api/webhooks/polar", post(webhooks::take))
        .with_state(app)
}

/// An address of this machine that nothing else listens on: there are millions of them, so that none
/// has to be tried first.
pub fn own_address() -> String {
    let [a, b, c, ..] = uuid::Uuid::new_v4().into_bytes();
    format!("127.{}.{}.{}:3999", 1 + a % 250, b, 1 + c % 250)
}

/// What an app file has under `start`, for the app as a program at an address.
pub fn start(address: &str, command: &str) -> String {
    format!(
        "  start:\n    command: {command}\n    within: 20s\n    env:\n      ADDRESS: {address}\n      \
         POLAR_BASE_URL: ${{target.url}}\n      POLAR_ACCESS_TOKEN: ${{target.token}}\n      \
         POLAR_WEBHOOK_SECRET: ${{webhook.secret}}\n"
    )
}

/// The command that runs the app as a program.
pub fn command() -> String {
    let program = std::env::current_exe().unwrap();
    format!("{} --exact support::app::as_a_program --ignored --nocapture", program.display())
}

/// Serves the app as a program of its own: the test binary is started with this test's name.
#[test]
#[ignore = "started by other tests as an app"]
fn as_a_program() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let Ok(address) = std::env::var("ADDRESS") else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(&address).await.unwrap();
        let (api, token) = (variable("POLAR_BASE_URL"), variable("POLAR_ACCESS_TOKEN"));
        let app = app(Way::Honest, &api, &token.clone(), &variable("POLAR_WEBHOOK_SECRET"));
        println!("the app listens on {address}, its token is {token}");
        axum::serve(listener, router(app)).await.unwrap();
    });
}

fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn sign_up(State(app): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get("origin").is_none() {
        return answer(403, &json!({ "message": "Missing or null Origin" }));
    }
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (email, name) = (sent["email"].as_str().unwrap_or_default().to_owned(), &sent["name"]);
    if app.way == Way::SignUpFails || email.is_empty() {
        return answer(422, &json!({ "message": "no sign-ups today" }));
    }
    let id = match app.way {
        Way::IntegerIds => {
            let mut store = app.store.lock().unwrap();
            store.numbers += 1;
            (4200 + store.numbers).to_string()
        }
        _ => format!("u{}", uuid::Uuid::new_v4().simple()),
    };
    let token = format!("session-{}", uuid::Uuid::new_v4().simple());
    let user =
        User { id: id.clone(), email: email.clone(), token: token.clone(), ..User::default() };
    {
        let mut store = app.store.lock().unwrap();
        if store.users.iter().any(|known| known.email == email) {
            return answer(409, &json!({ "message": "this address is taken" }));
        }
        store.users.push(user);
    }
    if app.way == Way::LateCustomer || app.way == Way::CustomerAtSignIn {
        let (app, id, email) = (Arc::clone(&app), id.clone(), email.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(700)).await;
            // From a queue, which tries again.
            while make_customer(&app, &id, &email, &json!("Late")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
    } else if let Err(status) = make_customer(&app, &id, &email, name).await
        && app.way != Way::HalfSignedUp
    {
        app.store.lock().unwrap().users.retain(|known| known.id != id);
        return answer(503, &json!({ "message": format!("billing answered {status}") }));
    }
    webhooks::apply_kept(&app);
    let cookie = match app.way {
        Way::OtherCookies => format!("__Host-sid={token}; Path=/; HttpOnly; Secure; SameSite=Lax"),
        _ => format!("session={token}; Path=/; HttpOnly; Secure; SameSite=Lax"),
    };
    let shown_id = id.parse::<u64>().map_or_else(|_| json!(id), Value::from);
    let shown = json!({ "user": { "id": shown_id, "email": email }, "token": token });
    let mut response = answer(200, &shown);
    response.headers_mut().insert(header::SET_COOKIE, cookie.parse().unwrap());
    response
}

/// Makes the customer of a user; the error is the status of a refusal.
async fn make_customer(app: &App, id: &str, email: &str, name: &Value) -> Result<(), u16> {
    let external_id = match app.way {
        Way::NoCustomer => return Ok(()),
        Way::NoExternalId | Way::TwoCalls => Value::Null,
        Way::EmailAsExternalId => json!(email),
        Way::UpperCaseExternalId => json!(id.to_uppercase()),
        Way::OthersExternalId => json!(format!("u{}", uuid::Uuid::new_v4().simple())),
        _ => json!(id),
    };
    let body = json!({ "email": email, "name": name, "external_id": external_id });
    let made = match call(app, "POST", "/v1/customers/", &body).await {
        Err(422) if app.way != Way::LeavesOthersCustomer => left_over(app, id, email).await?,
        made => made?,
    };
    let customer = made["id"].as_str().unwrap_or_default().to_owned();
    if app.way == Way::TwoCalls {
        let path = format!("/v1/customers/{customer}");
        let _ = call(app, "PATCH", &path, &json!({ "external_id": id })).await;
    }
    let mut store = app.store.lock().unwrap();
    if let Some(user) = store.users.iter_mut().find(|user| user.id == id) {
        user.customer = Some(customer);
    }
    Ok(())
}

/// Takes the customer that an address has already, where it is tied to no user.
async fn left_over(app: &App, id: &str, email: &str) -> Result<Value, u16> {
    let list = format!("/v1/customers/?email={}", email.replace('+', "%2B"));
    let found = call(app, "GET", &list, &Value::Null).await?;
    let found = &found["items"][0];
    if !found["external_id"].is_null() || found["id"].is_null() {
        return Err(422);
    }
    let path = format!("/v1/customers/{}", found["id"].as_str().unwrap_or_default());
    call(app, "PATCH", &path, &json!({ "external_id": id })).await
}

/// Deletes an account, and the customer before it.
async fn delete_account(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let token = token(&app, &headers).map(str::to_owned);
    let signed_in = |user: &&User| Some(user.token.as_str()) == token.as_deref();
    let Some(user) = app.store.lock().unwrap().users.iter().find(signed_in).cloned() else {
        return answer(401, &json!({ "message": "sign in first" }));
    };
    if let Some(customer) = user.customer.filter(|_| app.way != Way::KeepsCustomer) {
        let _ = call(&app, "DELETE", &format!("/v1/customers/{customer}"), &Value::Null).await;
    }
    app.store.lock().unwrap().users.retain(|known| known.id != user.id);
    answer(200, &json!({}))
}

/// What shows who asks.
fn token<'h>(app: &App, headers: &'h HeaderMap) -> Option<&'h str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match app.way {
        Way::BearerTokens => header("authorization").and_then(|it| it.strip_prefix("Bearer ")),
        _ => header("cookie").and_then(|it| it.split_once('=')).map(|(_, token)| token),
    }
}

async fn call(app: &App, method: &str, path: &str, body: &Value) -> Result<Value, u16> {
    let request = app
        .client
        .request(method.parse().unwrap(), format!("{}{path}", app.api))
        .bearer_auth(&app.token)
        .header("content-type", "application/json")
        .body(body.to_string());
    let response = request.send().await.map_err(|_| 599_u16)?;
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_default();
    if status >= 300 {
        return Err(status);
    }
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

async fn subscription(State(app): State<Shared>, headers: HeaderMap) -> Response {
    let token = token(&app, &headers);
    let mut store = app.store.lock().unwrap();
    store.looks += 1;
    let looks = store.looks;
    let Some(user) = store.users.iter().find(|user| Some(user.token.as_str()) == token) else {
        return answer(401, &json!({ "message": "sign in first" }));
    };
    if app.way == Way::DeniesWith402 && !user.has_access(app.way) {
        return answer(402, &json!({ "message": "pay first" }));
    }
    answer(200, &user.shown(app.way, looks))
}

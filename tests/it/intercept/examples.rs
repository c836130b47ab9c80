//! The apps in `examples/intercept`, none of which can be told an address: one command each, as
//! their README says. Users sign up, check out and get access by the webhook.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::program::Test;
use crate::support::running::Running;

const PYTHON: &str = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt";
const NPM: &str = "npm install --silent --no-audit --no-fund";
const PRODUCT: &str = "7a1de5b0-0a0b-4c6e-9f0e-1f2d3c4b5a69";
/// How often something is asked for that comes a little later, every 50 ms.
const TRIES: usize = 1200;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

/// A copy of an example, kept from one test run to the next, with what it needs.
fn installed(name: &str, command: &str) -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/intercept");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("intercept").join("apps");
    copy(&examples, &folder);
    let folder = folder.join(name);
    let status = Command::new("sh").args(["-c", command]).current_dir(&folder).status();
    assert!(status.unwrap().success(), "{command}");
    folder
}

/// The address of the sandbox, which may say something else before.
fn sandbox(running: &mut Running) -> SocketAddr {
    loop {
        let line = running.line();
        if let Some((_, rest)) = line.split_once("the sandbox is at http://") {
            return rest.split(';').next().unwrap().parse().unwrap();
        }
    }
}

/// An app that runs beside the sandbox.
struct App {
    running: Running,
    url: String,
    sandbox: SocketAddr,
    client: Client,
    cookies: String,
}

impl App {
    async fn start(folder: &Path, port: u16, webhook: &str, command: &[&str]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("http://127.0.0.1:{port}");
        let path = format!("{}:{}", folder.join(".venv/bin").display(), env_path());
        let test = Test::new("sandbox").folder(folder);
        let test = test.args(["--listen", "127.0.0.1:0", "--seed", "../seed.json", "--webhook"]);
        let test = test.arg(format!("{url}{webhook}")).arg("--").args(command);
        let mut running = test
            .env("PATH", &path)
            .env("HOME", folder.to_str().unwrap())
            .env("NEXT_TELEMETRY_DISABLED", "1")
            .env("POLAR_ACCESS_TOKEN", "polar_oat_any")
            .env("POLAR_WEBHOOK_SECRET", "polar_whs_0123456789abcdef0123456789abcdef")
            .start();
        let sandbox = sandbox(&mut running);
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let app = Self { running, url, sandbox, client, cookies: String::new() };
        for _ in 0..TRIES {
            if app.client.get(&app.url).send().await.is_ok() {
                return app;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("{} never answered: {}", app.url, app.running.end().1);
    }

    async fn ask(&mut self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header(COOKIE, &self.cookies).header(ORIGIN, &self.url);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let set = answer.headers().get_all(SET_COOKIE).iter();
        let set: Vec<_> = set.filter_map(|one| one.to_str().ok()?.split(';').next()).collect();
        if !set.is_empty() {
            self.cookies = set.join("; ");
        }
        answer
    }

    async fn json(&mut self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.ask(method, path, body).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn plan(&mut self) -> Value {
        self.json(Method::GET, "/api/me", None).await["plan"].take()
    }

    /// Pays at the page that the app leads to, which is one of the sandbox's; the plan follows.
    async fn pay(mut self, page: &str) {
        assert_eq!(self.plan().await, "free");
        let sandbox = format!("http://{}", self.sandbox);
        let secret = page.strip_prefix(&format!("{sandbox}/checkout/")).expect(page);
        let open = format!("{sandbox}/v1/checkouts/client/{secret}");
        let open = self.client.get(open).send().await.unwrap().text().await.unwrap();
        let open: Value = serde_json::from_str(&open).unwrap();
        let pay = format!("{sandbox}/_sandbox/checkouts/{}/pay", open["id"].as_str().unwrap());
        let paid = self.client.post(pay).body("{}").send().await.unwrap();
        assert!(paid.status().is_success(), "{}", paid.text().await.unwrap());
        let mut tries = 0..TRIES;
        while self.plan().await != "pro" {
            tries.next().expect("the webhook gives access");
            sleep(Duration::from_millis(50)).await;
        }
        self.running.signal("TERM");
        // The exit code is the program's own.
        let (_, run) = self.running.end();
        run.says("your app reached the sandbox: ").says("led to the sandbox");
        let address = self.url.strip_prefix("http://").unwrap().parse::<SocketAddr>().unwrap();
        std::net::TcpListener::bind(address).expect("nothing of the app is left");
    }
}

fn env_path() -> String {
    std::env::var("PATH").unwrap()
}

#[tokio::test]
#[ignore = "installs packages"]
async fn next_with_the_adapter() {
    let folder = installed("next", NPM);
    let command = ["npm", "run", "dev"];
    let mut app = App::start(&folder, 8021, "/api/webhook/polar", &command).await;
    let email = json!({"email": "ann@example.com"});
    let signed = app.json(Method::POST, "/api/sign-up", Some(email)).await;
    let user = signed["user"]["id"].as_str().unwrap();
    let path = format!("/api/checkout?products={PRODUCT}&customerExternalId={user}");
    let answer = app.ask(Method::GET, &path, None).await;
    let page = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    app.pay(&page).await;
}

#[tokio::test]
#[ignore = "installs packages"]
async fn hono_with_better_auth() {
    let folder = installed("hono", NPM);
    let command = ["npm", "run", "dev"];
    let mut app = App::start(&folder, 8022, "/api/auth/polar/webhooks", &command).await;
    let user = json!({"name": "Ann", "email": "ann@example.com", "password": "correct horse"});
    app.json(Method::POST, "/api/auth/sign-up/email", Some(user)).await;
    let products = json!({"products": [PRODUCT]});
    let open = app.json(Method::POST, "/api/auth/checkout", Some(products)).await;
    app.pay(open["url"].as_str().unwrap()).await;
}

#[tokio::test]
#[ignore = "installs packages"]
async fn fastapi_with_the_sdk() {
    let folder = installed("fastapi", PYTHON);
    let command = ["uvicorn", "app:app", "--port", "8023", "--reload"];
    let mut app = App::start(&folder, 8023, "/api/webhook/polar", &command).await;
    let email = json!({"email": "ann@example.com"});
    app.json(Method::POST, "/api/sign-up", Some(email)).await;
    let path = format!("/api/checkout?product={PRODUCT}");
    let open = app.json(Method::GET, &path, None).await;
    app.pay(open["url"].as_str().unwrap()).await;
}

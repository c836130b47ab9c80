//! What a request step costs beside the request: the engine over one kept-alive connection, next to
//! a bare client that sends the same requests and compares the same values.
//!
//! `cargo bench` prints both, as medians over rounds in turn; the ratio is what counts. The server
//! runs on a thread of its own, so the CPU time of the measuring thread is the client's alone (read
//! from /proc, so on Linux only; elsewhere only the wall clock is told).

mod shared;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use serde_json::{Value, json};
use shared::{Sample, median, of_this_thread};
use tieback::engine::{self, Events, RunOptions, Stop, Targets};
use tieback::http::{BaseUrl, Client, ClientOptions};
use tieback::plan::{Inputs, Plan};
use tieback::provider::POLAR;
use tieback::scenario;
use tokio::sync::mpsc;

/// Scenarios in one round, and rounds of each kind.
const SCENARIOS: usize = 400;
const ROUNDS: usize = 15;
const REQUESTS_PER_SCENARIO: usize = 3;

const CUSTOMER: &str = r#"{"id":"6003954a-761f-44ce-8d05-c8f31fff187c","email":"a@example.com","name":"Test Buyer","external_id":"user_1","metadata":{}}"#;

const SCENARIO: &str = r"
name: bench
steps:
  - request: POST /v1/customers/
    body: { email: a@example.com, name: Test Buyer, external_id: user_1 }
    expect: { status: 201, body: { id: { $type: uuid }, external_id: user_1 } }
    capture: { id: id }
  - request: GET /v1/customers/${id}
    expect: { status: 200, body: { id: 6003954a-761f-44ce-8d05-c8f31fff187c, email: a@example.com, external_id: user_1 } }
  - request: GET /v1/customers/external/user_1
    expect: { status: 200, body: { id: 6003954a-761f-44ce-8d05-c8f31fff187c, external_id: user_1 } }
";

fn main() {
    let server = serve();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut engine = Vec::new();
    let mut bare = Vec::new();
    for round in 0..=ROUNDS {
        let one = shared::measure(of_this_thread, || runtime.block_on(with_engine(server)));
        let other = shared::measure(of_this_thread, || runtime.block_on(with_bare_client(server)));
        // The first round opens files and fills caches.
        if round > 0 {
            engine.push(one);
            bare.push(other);
        }
    }
    report("engine", &engine);
    report("bare client", &bare);
    let ratio = |of: fn(&Sample) -> Option<Duration>| {
        let mut ratios: Vec<_> = engine
            .iter()
            .zip(&bare)
            .filter_map(|(one, other)| Some(of(one)?.as_secs_f64() / of(other)?.as_secs_f64()))
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios
            .get(ratios.len() / 2)
            .map_or("not measured".to_owned(), |ratio| format!("{ratio:.2}"))
    };
    println!(
        "engine / bare client: wall {}, CPU {}",
        ratio(|sample| Some(sample.wall)),
        ratio(|sample| sample.cpu)
    );
}

/// A server that answers like a billing API that already knows the customer.
fn serve() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.set_nonblocking(true).expect("a socket");
    let address = socket.local_addr().expect("an address");
    let headers = || {
        HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            "application/json".parse().expect("a header"),
        )])
    };
    let router = Router::new()
        .route(
            "/v1/customers/",
            post(move || async move { (StatusCode::CREATED, headers(), CUSTOMER) }),
        )
        .route("/v1/customers/{id}", get(move || async move { (headers(), CUSTOMER) }))
        .route("/v1/customers/external/{id}", get(move || async move { (headers(), CUSTOMER) }));
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let socket = tokio::net::TcpListener::from_std(socket).expect("a socket");
            axum::serve(socket, router).await.expect("a server");
        });
    });
    address
}

async fn with_engine(server: SocketAddr) {
    let scenario = scenario::read("bench.yaml", SCENARIO, &POLAR).expect("a scenario");
    let scenarios = vec![scenario; SCENARIOS];
    let mut next = 0;
    let id = || {
        next += 1;
        format!("bench{next}")
    };
    let plan = Plan::new(scenarios, &POLAR, &Inputs::default(), id).expect("a plan");
    let base = BaseUrl::parse(&format!("http://{server}")).expect("a URL");
    let client = Client::new(ClientOptions::new(base)).expect("a client");
    let options = RunOptions {
        began: std::time::Instant::now(),
        jobs: 1,
        wait: Duration::ZERO,
        fail_fast: false,
        keep: false,
        keep_passed: true,
    };
    let (sink, mut events) = mpsc::unbounded_channel();
    let outcome =
        engine::run(&plan, &Targets::api(client), &Events::Off, &options, &Stop::default(), &sink)
            .await;
    assert!(
        outcome.scenarios.iter().all(|scenario| scenario.status == tieback::event::Status::Passed)
    );
    drop(sink);
    while events.recv().await.is_some() {}
}

async fn with_bare_client(server: SocketAddr) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls())
        .build()
        .expect("a client");
    let base = format!("http://{server}/v1/customers");
    for _ in 0..SCENARIOS {
        let body =
            json!({ "email": "a@example.com", "name": "Test Buyer", "external_id": "user_1" })
                .to_string();
        let request = client
            .post(format!("{base}/"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let created = exchange(request, 201).await;
        assert_eq!(created["external_id"], "user_1");
        let id = created["id"].as_str().expect("an id").to_owned();
        let read = exchange(client.get(format!("{base}/{id}")), 200).await;
        assert_eq!((read["id"] == *id, &read["email"]), (true, &json!("a@example.com")));
        let found = exchange(client.get(format!("{base}/external/user_1")), 200).await;
        assert_eq!((found["id"] == *id, &found["external_id"]), (true, &json!("user_1")));
    }
}

async fn exchange(request: reqwest::RequestBuilder, status: u16) -> Value {
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), status);
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
}

/// No root is needed for plain http.
fn tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

fn report(name: &str, samples: &[Sample]) {
    let requests = f64::from(u32::try_from(SCENARIOS * REQUESTS_PER_SCENARIO).unwrap_or(u32::MAX));
    let wall = median(samples, |sample| Some(sample.wall)).unwrap_or_default().as_secs_f64();
    let cpu = median(samples, |sample| sample.cpu);
    let cpu = cpu.map_or("not measured".to_owned(), |cpu| {
        format!("{:.1} us", cpu.as_secs_f64() * 1e6 / requests)
    });
    let scenarios = f64::from(u32::try_from(SCENARIOS).unwrap_or(u32::MAX));
    println!("{name:<12} {:>7.0} scenarios/s, CPU per request {cpu}", scenarios / wall);
}

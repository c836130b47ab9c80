//! The proxy, on sockets: what is led here, and what is passed on untouched.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tieback::http::BaseUrl;
use tieback::intercept::{self, Call, Interception};
use tieback::sandbox;
use tieback::secret::Secret;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const HOSTS: &[&str] = &["api.polar.sh", "sandbox-api.polar.sh"];
const TOKEN: &str = "polar_oat_0123456789abcdef";

/// An interception in front of a sandbox.
struct Led {
    interception: Interception,
    calls: Arc<Mutex<Vec<Call>>>,
    sandbox: sandbox::Handle,
}

impl Led {
    async fn new() -> Self {
        Self::with(&[], None).await
    }

    async fn with(environment: &[(&str, &str)], token: Option<Secret>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = sandbox::start(listener, sandbox::Options::default()).await.unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&calls);
        let owned = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        let options = intercept::Options {
            hosts: HOSTS,
            target: BaseUrl::parse(sandbox.base_url()).unwrap(),
            token,
            environment: environment.iter().map(owned).collect(),
            told: Box::new(move |call| told.lock().unwrap().push(call)),
        };
        let interception = intercept::start(options).await.unwrap();
        Self { interception, calls, sandbox }
    }

    fn address(&self) -> SocketAddr {
        self.interception.local_addr()
    }

    fn variable(&self, name: &str) -> String {
        let found = self.interception.variables().iter().find(|(known, _)| *known == name);
        found.unwrap_or_else(|| panic!("{name}")).1.to_str().unwrap().to_owned()
    }

    fn trusted(&self, name: &str) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_file_iter(PathBuf::from(self.variable(name)))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    /// A client as runtimes have it: it knows the proxy, and trusts what it is told to.
    fn client(&self) -> reqwest::Client {
        let roots = std::fs::read(self.variable("NODE_EXTRA_CA_CERTS")).unwrap();
        reqwest::Client::builder()
            .proxy(reqwest::Proxy::https(format!("http://{}", self.address())).unwrap())
            .tls_certs_merge(reqwest::Certificate::from_pem_bundle(&roots).unwrap())
            .build()
            .unwrap()
    }

    /// A TLS connection in the name of a host, without a word to the proxy before.
    async fn tls(&self, host: &'static str, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.trusted("NODE_EXTRA_CA_CERTS"));
        let mut config =
            ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address()).await.unwrap();
        let name = ServerName::try_from(host).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// `CONNECT host`, and the connection once it stands.
    async fn tunnel(&self, host: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address()).await.unwrap();
        let greeting = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(greeting.as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        stream
    }

    fn calls(&self) -> Vec<(String, String, Option<u16>)> {
        let calls = self.calls.lock().unwrap();
        let call = |call: &Call| {
            (call.host.clone(), format!("{} {}", call.method, call.path), call.status)
        };
        calls.iter().map(call).collect()
    }
}

/// Reads up to the empty line after a head.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the head goes on"));
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn a_call_to_the_api_arrives_in_the_sandbox() {
    let led = Led::new().await;
    let (client, user) = (led.client(), json!({ "email": "ann@example.com", "external_id": "1" }));
    for host in HOSTS {
        let url = format!("https://{host}/v1/customers/");
        let made = client.post(&url).bearer_auth(TOKEN).body(user.to_string());
        let made = made.header("content-type", "application/json").send().await.unwrap();
        // The second is one too many: both arrive in the same sandbox.
        let status = if *host == HOSTS[0] { 201 } else { 422 };
        assert_eq!(made.status(), status);
    }
    let found = client.get("https://api.polar.sh/v1/customers/external/1").bearer_auth(TOKEN);
    let found: Value =
        serde_json::from_str(&found.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(found["email"], "ann@example.com");
    let post = "POST /v1/customers/".to_owned();
    assert_eq!(
        led.calls(),
        [
            ("api.polar.sh".to_owned(), post.clone(), Some(201)),
            ("sandbox-api.polar.sh".to_owned(), post, Some(422)),
            ("api.polar.sh".to_owned(), "GET /v1/customers/external/1".to_owned(), Some(200)),
        ]
    );
}

/// As Node's connections come, which ask no proxy, and as HTTP/2 clients speak.
#[tokio::test]
async fn a_connection_that_was_led_here_is_answered_in_its_own_protocol() {
    let led = Led::new().await;
    for (protocol, version) in [("h2", Version::HTTP_2), ("http/1.1", Version::HTTP_11)] {
        let stream = TokioIo::new(led.tls("sandbox-api.polar.sh", protocol.as_bytes()).await);
        let request = Request::get("https://sandbox-api.polar.sh/v1/customers/?limit=1")
            .header("host", "sandbox-api.polar.sh")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Body::empty())
            .unwrap();
        let answer = if version == Version::HTTP_2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        };
        assert_eq!((answer.version(), answer.status().as_u16()), (version, 200));
    }
}

/// Nothing of it is looked at: what does not even begin like TLS or HTTP passes.
#[tokio::test]
async fn other_hosts_are_passed_on_byte_for_byte() {
    let led = Led::new().await;
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = led.tunnel(&other.local_addr().unwrap().to_string()).await;
    let (mut host, _) = other.accept().await.unwrap();
    let sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let expected = sent.clone();
    let writing = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        let mut back = Vec::new();
        client.read_to_end(&mut back).await.unwrap();
        back
    });
    let mut arrived = Vec::new();
    host.read_to_end(&mut arrived).await.unwrap();
    assert!(arrived == expected, "{} bytes", arrived.len());
    // The other way is open still.
    host.write_all(b"\0\xff late").await.unwrap();
    drop(host);
    assert_eq!(writing.await.unwrap(), b"\0\xff late");
    assert!(led.calls().is_empty());
}

#[tokio::test]
async fn the_proxy_of_the_user_stays_between() {
    let users = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://me:s%2Fcret@{}", users.local_addr().unwrap());
    let led = Led::with(&[("https_proxy", &proxy), ("NO_PROXY", "direct.example")], None).await;
    let asked = tokio::spawn(async move {
        let (mut stream, _) = users.accept().await.unwrap();
        let head = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'?');
        stream.write_all(b"hello").await.unwrap();
        head
    });
    let mut stream = led.tunnel("shop.example:443").await;
    stream.write_all(b"?").await.unwrap();
    let mut greeting = [0; 5];
    stream.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"hello");
    let asked = asked.await.unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("connect shop.example:443 "), "{asked}");
    // me:s/cret
    assert!(asked.contains("proxy-authorization: basic bwu6cy9jcmv0"), "{asked}");
    assert!(led.variable("NO_PROXY").ends_with(",direct.example"));
    // The API itself is led here all the same.
    let answer = led.client().get("https://api.polar.sh/v1/customers/").bearer_auth(TOKEN);
    assert_eq!(answer.send().await.unwrap().status(), 200);
}

/// Some clients hand a proxy the whole address in place of asking for a tunnel.
#[tokio::test]
async fn a_whole_address_is_led_here_as_well() {
    let led = Led::new().await;
    let mut stream = TcpStream::connect(led.address()).await.unwrap();
    let request = format!(
        "GET https://API.polar.sh/v1/customers/ HTTP/1.1\r\nhost: api.polar.sh\r\nauthorization: \
         Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(led.calls().len(), 1);
}

#[tokio::test]
async fn what_no_proxy_is_asked_is_refused_with_a_word() {
    let led = Led::new().await;
    for (request, status) in [
        ("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "400 "),
        ("CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: x\r\n\r\n", "502 "),
        ("CONNECT nowhere.invalid:443 HTTP/1.1\r\nhost: x\r\n\r\n", "502 "),
        ("GET http://127.0.0.1:1/ HTTP/1.1\r\nhost: x\r\n\r\n", "502 "),
        ("\u{1}\u{2}\r\n\r\n", "400 "),
    ] {
        let mut stream = TcpStream::connect(led.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = head(&mut stream).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {head}");
    }
}

/// A certificate in another name is worth nothing: those that trust the authority trust it for the
/// API's hosts alone.
#[tokio::test]
async fn the_authority_can_speak_for_the_api_alone() {
    let led = Led::new().await;
    let authority = &led.trusted("NODE_EXTRA_CA_CERTS")[0];
    let text = String::from_utf8_lossy(authority);
    for host in HOSTS {
        assert!(text.contains(host), "the name constraint for {host}");
    }
    let folder = led.interception.folder().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    let mut all = vec![folder.clone()];
    while let Some(path) = all.pop() {
        if path.is_dir() {
            all.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("PRIVATE KEY"), "{}", path.display());
        }
    }
    drop(led);
    assert!(!folder.exists());
}

#[tokio::test]
async fn what_the_user_has_set_is_chained() {
    let folder = tempfile::TempDir::new().unwrap();
    let mine = folder.path().join("mine.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["mine.example".to_owned()]).unwrap();
    std::fs::write(&mine, params.self_signed(&key).unwrap().pem()).unwrap();
    let mine = mine.to_str().unwrap();
    let led = Led::with(
        &[
            ("NODE_OPTIONS", "--max-old-space-size=512"),
            ("NODE_EXTRA_CA_CERTS", mine),
            ("SSL_CERT_FILE", mine),
            ("CURL_CA_BUNDLE", "/nowhere.pem"),
            ("no_proxy", "*, .polar.sh , internal.example,10.0.0.0/8"),
        ],
        None,
    )
    .await;
    let options = led.variable("NODE_OPTIONS");
    assert!(options.starts_with("--require \""), "{options}");
    assert!(options.ends_with("preload.cjs\" --max-old-space-size=512"), "{options}");
    for (name, count) in [("NODE_EXTRA_CA_CERTS", 2), ("SSL_CERT_FILE", 2), ("DENO_CERT", 1)] {
        assert_eq!(led.trusted(name).len(), count, "{name}");
    }
    // Those that are trusted anyway, and one.
    assert!(led.trusted("CURL_CA_BUNDLE").len() > 50);
    let exempt = led.variable("NO_PROXY");
    assert!(exempt.ends_with(",internal.example,10.0.0.0/8"), "{exempt}");
    assert!(!exempt.contains('*') && !exempt.contains("polar"), "{exempt}");
    assert_eq!(exempt, led.variable("no_proxy"));
}

#[tokio::test]
async fn the_token_of_the_run_takes_the_place_of_the_apps() {
    let led = Led::with(&[], Some(Secret::new("polar_oat_of_the_run"))).await;
    let client = led.client();
    let with = client.get("https://api.polar.sh/v1/customers/").bearer_auth("not a token");
    assert_eq!(with.send().await.unwrap().status(), 200);
    // What carries none is not given one.
    let without = client.get("https://api.polar.sh/v1/customers/");
    assert_eq!(without.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_sandbox_that_is_gone_is_said() {
    let Led { interception, calls, sandbox } = Led::new().await;
    sandbox.stop().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sandbox = sandbox::start(listener, sandbox::Options::default()).await.unwrap();
    let led = Led { interception, calls, sandbox };
    let answer = led.client().get("https://api.polar.sh/v1/customers/").send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(led.calls()[0].2, None);
}

/// As Next sends it: the API answers 411 to a body without a length.
#[tokio::test]
async fn a_body_without_a_length_gets_one() {
    let led = Led::new().await;
    let mut stream = led.tls("api.polar.sh", b"http/1.1").await;
    let user = json!({ "email": "ann@example.com" }).to_string();
    let request = format!(
        "POST /v1/customers/ HTTP/1.1\r\nHost: api.polar.sh\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{user}\r\n0\r\n\r\n",
        user.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
}

//! Everything that a run needs to leave this machine without leaving it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use tempfile::TempDir;
use tieback::sandbox::{self, Options};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::remote::api::{Api, Behaviour, Seen};
use crate::remote::authority::Authority;
use crate::remote::tunnel::{Manners, Tunnels};

/// The host that the program is sent to.
pub const HOST: &str = "billing.example";

/// What else may differ from what is right.
pub struct Setting {
    pub behaviour: Behaviour,
    pub manners: Manners,
    /// Whom the certificate names.
    pub certified: &'static str,
    pub expired: bool,
    pub faults: Vec<sandbox::Arming>,
}

impl Default for Setting {
    fn default() -> Self {
        let behaviour = Behaviour::default();
        Self {
            behaviour,
            manners: Manners::Tunnel,
            certified: HOST,
            expired: false,
            faults: Vec::new(),
        }
    }
}

/// A proxy, the API behind it, and the authority that vouches for it.
pub struct World {
    /// `127.0.0.1:PORT`
    pub proxy: String,
    /// Where the sandbox behind it listens.
    pub sandbox: String,
    heads: Arc<Mutex<Vec<String>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    folder: TempDir,
    _runtime: Runtime,
}

impl World {
    pub fn new() -> Self {
        Self::with(Setting::default())
    }

    pub fn of(behaviour: Behaviour) -> Self {
        Self::with(Setting { behaviour, ..Setting::default() })
    }

    pub fn with(setting: Setting) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        std::fs::write(folder.path().join("another.pem"), Authority::new().pem()).unwrap();
        let config = authority.server(setting.certified, setting.expired);
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let (proxy, sandbox, seen) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let options = Options { faults: setting.faults, ..Options::default() };
            let sandbox = sandbox::start(listener, options).await.unwrap();
            let sandbox = format!("http://{}", sandbox.local_addr());
            let api = Arc::new(Api::new(setting.behaviour, sandbox.clone()));
            let seen = api.seen.clone();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let proxy = listener.local_addr().unwrap().to_string();
            let tunnels = Tunnels::serve(listener, config, setting.manners, heads.clone());
            let router =
                Router::new().fallback(move |request: Request| api.clone().answer(request));
            tokio::spawn(async move { axum::serve(tunnels, router).await });
            (proxy, sandbox, seen)
        });
        Self { proxy, sandbox, heads, seen, folder, _runtime: runtime }
    }

    /// A file that is there: `ca.pem`, and `another.pem` that vouches for nothing here.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The heads of what the proxy was asked.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Where tunnels were wanted to, each once.
    pub fn destinations(&self) -> Vec<String> {
        let heads = self.heads();
        let mut all: Vec<_> =
            heads.iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What the API was asked.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the API was asked anything.
    pub fn wait_for_a_request(&self) {
        let since = Instant::now();
        while self.seen.lock().unwrap().is_empty() {
            assert!(since.elapsed() < Duration::from_mins(1), "nothing was asked");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `METHOD /path` of what the API was asked.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// What was asked that could change anything.
    pub fn writes(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.starts_with("GET ")).collect()
    }
}

//! Everything that a run needs to leave this machine without leaving it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::authority::Authority;
use super::tunnel::{Manners, serve};
use crate::support::server::{Behaviour, Server};

/// The host that the program is sent to.
pub const HOST: &str = "billing.example";

/// What else may differ from what is right.
pub struct Setting {
    pub behaviour: Behaviour,
    pub manners: Manners,
    /// Whom the certificate names.
    pub certified: &'static str,
    pub expired: bool,
}

impl Default for Setting {
    fn default() -> Self {
        let (behaviour, manners) = (honest(), Manners::Tunnel);
        Self { behaviour, manners, certified: HOST, expired: false }
    }
}

/// What the real API's sandbox does.
pub fn honest() -> Behaviour {
    live().answered(|_, reply| reply.headers.push(("x-polar-sandbox".to_owned(), "1".to_owned())))
}

/// What the real API does.
pub fn live() -> Behaviour {
    Behaviour::correct().with_stream().answered(|_, reply| {
        reply.headers.push(("polar-version".to_owned(), "2026-04".to_owned()));
    })
}

/// A proxy, the API behind it, and the authority that vouches for it.
pub struct World {
    /// `127.0.0.1:PORT`
    pub proxy: SocketAddr,
    pub api: Server,
    heads: Arc<Mutex<Vec<String>>>,
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
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().unwrap();
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        std::fs::write(folder.path().join("another.pem"), Authority::new().pem()).unwrap();
        let config = authority.server(setting.certified, setting.expired);
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let api = Server::start(setting.behaviour);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let proxy = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, config, setting.manners, heads.clone(), api.address()));
        Self { proxy, api, heads, folder, _runtime: runtime }
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
}

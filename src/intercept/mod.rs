//! Leads an app's calls to the API's own hosts to the API under test on this machine.
//!
//! A forward proxy on loopback (`proxy`) answers for the hosts that are led here, with a
//! certificate of an `authority` that is made for the run, and passes their requests on
//! (`forward`). Everything else goes where it wants to go, unread, by the user's own proxy where
//! there is one (`upstream`). What makes a runtime go this way is its `variables`, and the `files`
//! that these name.
//!
//! The proxy is written here because those to be had (hudsucker was tried) make a certificate for
//! every host, read what they need not read, and know no proxy of the user behind them.

mod authority;
mod files;
mod forward;
mod proxy;
mod upstream;
mod users;
mod variables;

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use authority::Authority;
use files::Files;
pub use forward::Call;
use forward::Forward;
use proxy::Proxy;
use upstream::Upstream;
pub use users::UserEnvironment;

use crate::http::BaseUrl;
use crate::secret::Secret;

/// Why no call of a program was led here, after the words for the program.
pub const NO_CALL: &str = "made none, or what it runs on goes by no proxy variable; \
                           docs/interception.md says what works";

/// Where calls are led, and from where.
pub struct Options {
    /// The hosts whose requests are led here.
    pub hosts: &'static [&'static str],
    /// Where they arrive.
    pub target: BaseUrl,
    /// The token that they carry from then on; without one, the app's own stays.
    pub token: Option<Secret>,
    /// What the user's environment says of proxies, authorities and Node.
    pub environment: UserEnvironment,
    /// Told of each request that was led here, once it is answered.
    pub told: Box<dyn Fn(Call) + Send + Sync>,
}

/// Why calls cannot be led here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proxy has no port.
    #[error("cannot listen on loopback: {0}")]
    Listen(io::Error),
    /// The run has no authority.
    #[error("cannot make a certificate: {0}")]
    Authority(#[from] authority::Error),
    /// The certificate and what belongs to it cannot be written.
    #[error("cannot write the run's certificate to the folder for temporary files: {0}")]
    Files(io::Error),
}

/// Calls are led here until this is dropped. Its files go with it.
pub struct Interception {
    address: SocketAddr,
    variables: Vec<(&'static str, OsString)>,
    files: Files,
    closing: CancellationToken,
    _server: AbortOnDropHandle<()>,
}

/// Begins to lead calls to `options.target`, on the current tokio runtime.
pub async fn start(options: Options) -> Result<Interception, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    let Options { hosts, target, token, environment, told } = options;
    let authority = Authority::new(hosts)?;
    let files =
        Files::write(&authority, &environment, hosts, address.port()).map_err(Error::Files)?;
    let variables = variables::variables(&environment, &files, hosts, address);
    let upstream = Upstream::new(&environment);
    let tls = files.trusted.tls_client().map_err(authority::Error::Tls)?;
    let forward = Forward::new(target, token, upstream.clone(), tls, told);
    let proxy = Arc::new(Proxy::new(hosts, authority.server(), forward, upstream));
    let closing = CancellationToken::new();
    let server = AbortOnDropHandle::new(tokio::spawn(proxy.serve(listener, closing.clone())));
    Ok(Interception { address, variables, files, closing, _server: server })
}

impl Interception {
    /// Where the proxy listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The variables that make a program's calls go this way, those of the user's environment
    /// chained into them.
    #[must_use]
    pub fn variables(&self) -> &[(&'static str, OsString)] {
        &self.variables
    }

    /// The folder with this run's files, which only this user can read.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.files.folder()
    }
}

impl Drop for Interception {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

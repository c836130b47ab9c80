//! Where the sandbox listens, and the file that says so.

use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

use crate::report::Outlet;

/// The port where nothing else is said.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4010);

/// Listens on the address that is wanted, or on the usual one; where that is taken, on a free port.
pub(super) async fn bind(
    wanted: Option<SocketAddr>,
    stderr: &Outlet,
) -> anyhow::Result<TcpListener> {
    let address = wanted.unwrap_or(USUAL);
    match TcpListener::bind(address).await {
        Err(error) if wanted.is_none() && error.kind() == ErrorKind::AddrInUse => {
            let listener = TcpListener::bind((USUAL.ip(), 0)).await?;
            let port = listener.local_addr()?.port();
            stderr.say(&format!("{USUAL} is taken; the sandbox listens on port {port}."));
            Ok(listener)
        }
        bound => bound.with_context(|| {
            format!("cannot listen on {address}; take another address with --listen")
        }),
    }
}

/// A file with the port, for as long as this is kept.
#[derive(Debug)]
pub(super) struct PortFile(PathBuf);

impl PortFile {
    /// Writes the port, so that a reader sees all of it or no file.
    pub(super) fn write(path: PathBuf, port: u16) -> anyhow::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written =
            NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).and_then(|mut file| {
                writeln!(file, "{port}")?;
                Ok(file.persist(&path)?)
            });
        written.with_context(|| format!("--port-file: cannot write {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

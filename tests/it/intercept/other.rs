//! A host that is none of the provider's: it answers over TLS, with an authority of the user's.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::NamedTempFile;

/// Loopback, yet no address that is left out of proxies.
const ADDRESS: &str = "127.0.0.2";

pub struct Other {
    address: SocketAddr,
    certificate: NamedTempFile,
}

impl Other {
    pub fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of the user's");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([ADDRESS.to_owned()]).unwrap();
        let proof = params.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![proof.der().clone()], key)
                .unwrap();
        let mut certificate = NamedTempFile::new().unwrap();
        certificate.write_all(authority.pem().as_bytes()).unwrap();
        let listener = TcpListener::bind((ADDRESS, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                std::thread::spawn(move || answer(stream, config));
            }
        });
        Self { address, certificate }
    }

    pub fn url(&self) -> String {
        format!("https://{}/", self.address)
    }

    /// The file that a user names, as a company's authority is.
    pub fn certificate(&self) -> &str {
        self.certificate.path().to_str().unwrap()
    }
}

/// Answers one request. A client that does not trust the proof is gone before.
fn answer(stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nother")
        .ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

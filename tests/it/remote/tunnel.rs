//! A proxy that takes CONNECT, and is the TLS server at the other end of every tunnel as well.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How the proxy answers a request for a tunnel.
#[derive(Clone, Copy, Default)]
pub enum Manners {
    /// It makes one.
    #[default]
    Tunnel,
    /// It makes one, and speaks SOCKS 5.
    Socks,
    /// It answers with this instead.
    Answers(&'static str),
    /// It closes the connection.
    Closes,
    /// It resets the connection.
    Resets,
    /// It makes a tunnel that ends at once.
    Cuts,
}

/// Serves a proxy on `listener`, with the API at the other end of every tunnel; the head of
/// everything it is asked goes to `heads`.
pub async fn serve(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    manners: Manners,
    heads: Arc<Mutex<Vec<String>>>,
    api: SocketAddr,
) {
    let acceptor = TlsAcceptor::from(config);
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, heads) = (acceptor.clone(), heads.clone());
        tokio::spawn(async move {
            if let Some(mut stream) = tunnel(stream, acceptor, manners, &heads).await {
                let mut api = TcpStream::connect(api).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut api).await;
            }
        });
    }
}

async fn tunnel(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
    manners: Manners,
    heads: &Mutex<Vec<String>>,
) -> Option<TlsStream<TcpStream>> {
    if matches!(manners, Manners::Socks) {
        let asked = socks(&mut stream).await?;
        heads.lock().unwrap().push(format!("CONNECT {asked} HTTP/1.1\r\n\r\n"));
        return acceptor.accept(stream).await.ok();
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows belongs to the tunnel.
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let connects = head.starts_with("CONNECT ");
    heads.lock().unwrap().push(head);
    let answer = match manners {
        Manners::Tunnel | Manners::Cuts if connects => {
            "HTTP/1.1 200 Connection established\r\n\r\n"
        }
        Manners::Tunnel | Manners::Cuts | Manners::Socks => {
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"
        }
        Manners::Answers(answer) => answer,
        Manners::Closes => return None,
        Manners::Resets => {
            stream.set_zero_linger().unwrap();
            return None;
        }
    };
    stream.write_all(answer.as_bytes()).await.ok()?;
    match manners {
        Manners::Tunnel if connects => acceptor.accept(stream).await.ok(),
        _ => None,
    }
}

/// Agrees to a connection to a name (RFC 1928), without authentication; returns `host:port`.
async fn socks(stream: &mut TcpStream) -> Option<String> {
    let [_version, methods] = [stream.read_u8().await.ok()?, stream.read_u8().await.ok()?];
    stream.read_exact(&mut vec![0; methods.into()]).await.ok()?;
    stream.write_all(&[5, 0]).await.ok()?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(head[..4], [5, 1, 0, 3], "a connection to a name");
    let mut host = vec![0; head[4].into()];
    stream.read_exact(&mut host).await.ok()?;
    let port = stream.read_u16().await.ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    Some(format!("{}:{port}", String::from_utf8(host).unwrap()))
}

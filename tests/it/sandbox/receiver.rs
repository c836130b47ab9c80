//! An app that receives webhooks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tieback::provider::POLAR;
use tieback::secret::Secret;
use tieback::webhook::signature::{Rejection, Scheme, Signed, verify};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Long enough for any machine; a test that passes never waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A webhook as it arrived.
#[derive(Debug)]
pub struct Delivery {
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Delivery {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn verify(&self, secret: &str) -> Result<Scheme, Rejection> {
        let header = |name: &str| self.headers.get(name).map(String::as_str);
        let signed = Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        let now = jiff::Timestamp::now().as_second();
        verify(&POLAR.webhook, &Secret::new(secret), signed, self.body.as_bytes(), now)
    }
}

/// Answers what it is told to, and keeps what it got.
pub struct Receiver {
    pub url: String,
    arrived: UnboundedReceiver<Delivery>,
}

impl Receiver {
    /// Answers every delivery with 200.
    pub async fn new() -> Self {
        Self::answering(|_| 200).await
    }

    /// Answers the n-th delivery, from zero, with a status.
    pub async fn answering(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, arrived) = unbounded_channel();
        let status = Arc::new(status);
        let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, status, seen) =
                    (sender.clone(), Arc::clone(&status), Arc::clone(&seen));
                tokio::spawn(async move {
                    let next = || status(seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
                    converse(stream, &sender, next).await;
                });
            }
        });
        Self { url, arrived }
    }

    /// The next delivery.
    pub async fn next(&mut self) -> Delivery {
        tokio::time::timeout(PATIENCE, self.arrived.recv())
            .await
            .expect("no webhook arrived")
            .unwrap()
    }

    /// The types of the next deliveries.
    pub async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.next().await.kind());
        }
        kinds
    }

    /// Whether something is there that was not read.
    pub fn is_empty(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

/// Connections are kept alive, as real servers do.
async fn converse(
    mut stream: TcpStream,
    arrived: &UnboundedSender<Delivery>,
    status: impl Fn() -> u16,
) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let headers: HashMap<_, _> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers["content-length"].parse().unwrap();
        while buffer.len() < end + 4 + length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
        buffer.drain(..end + 4 + length);
        let status = status();
        let _ = arrived.send(Delivery { headers, body });
        let answer = format!(
            "HTTP/1.1 {status} Whatever\r\nlocation: /elsewhere\r\ncontent-length: 4\r\n\r\nnope"
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

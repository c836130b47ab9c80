//! A client that sends exactly what a test says, one request per connection.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request in the making.
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        let headers =
            [("host", "localhost"), ("authorization", "Bearer any"), ("content-length", "0")];
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    /// Sets a header; an empty value leaves it out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub fn token(self, token: &str) -> Self {
        let value = if token.is_empty() { String::new() } else { format!("Bearer {token}") };
        self.header("authorization", &value)
    }

    pub fn raw(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        let length = body.len().to_string();
        self.header("content-length", &length).header("content-type", "application/json")
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw(&body.to_string())
    }

    pub async fn send(self, address: SocketAddr) -> Answer {
        self.try_send(address).await.expect("the connection closed without an answer")
    }

    /// `None` where the connection closed without an answer.
    pub async fn try_send(self, address: SocketAddr) -> Option<Answer> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut text = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend(self.body);
        stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        Answer::parse(&answer)
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Some(Self { status, headers, body: body.to_owned() })
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    pub fn text(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap().to_owned()
    }

    /// The messages of a 422.
    #[track_caller]
    pub fn messages(&self) -> Vec<String> {
        let body = self.json();
        body["detail"]
            .as_array()
            .unwrap()
            .iter()
            .map(|flaw| flaw["msg"].as_str().unwrap().to_owned())
            .collect()
    }
}

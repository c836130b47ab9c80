//! What the same requests cost with nothing but a socket and a JSON parser.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

/// One kept-alive connection.
pub struct Bare(BufReader<TcpStream>);

impl Bare {
    pub fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self(BufReader::new(stream))
    }

    /// Creates a customer, reads it by both of its ids and deletes it; ten values are compared.
    pub fn scenario(&mut self, number: usize) {
        let (email, user) = (format!("a{number}@example.com"), format!("user_{number}"));
        let sent = json!({ "email": email, "name": "Test Buyer", "external_id": user });
        let created = self.exchange("POST", "/v1/customers/", &sent.to_string(), 201);
        assert_eq!(created["external_id"], user.as_str());
        let id = created["id"].as_str().expect("an id").to_owned();
        assert_eq!(id.len(), 36);
        let read = self.exchange("GET", &format!("/v1/customers/{id}"), "", 200);
        assert_eq!((&read["id"], &read["email"]), (&json!(id), &json!(email)));
        let found = self.exchange("GET", &format!("/v1/customers/external/{user}"), "", 200);
        assert_eq!((&found["id"], &found["external_id"]), (&json!(id), &json!(user)));
        self.exchange("DELETE", &format!("/v1/customers/{id}"), "", 204);
    }

    fn exchange(&mut self, method: &str, path: &str, body: &str, status: u16) -> Value {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).expect("a connection");
        let (mut line, mut length) = (String::new(), 0);
        self.0.read_line(&mut line).expect("an answer");
        assert_eq!(line.split(' ').nth(1), Some(status.to_string().as_str()));
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).expect("a head");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        serde_json::from_slice(&body).unwrap_or_default()
    }
}

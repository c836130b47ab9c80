//! A small neutral billing API on raw sockets: it keeps customers and does nothing else.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};
use uuid::Uuid;

/// A server on a free port of this machine, for as long as the process lives.
#[derive(Clone, Default)]
pub struct Server {
    /// Customers as JSON, by their ids and by their external ids.
    customers: Arc<Mutex<HashMap<String, String>>>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    pub fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = Self::default();
        let shared = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = shared.clone();
                thread::spawn(move || server.serve(&stream));
            }
        });
        (server, address)
    }

    /// How many requests were answered so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let body = body(&mut reader)?;
            let mut words = line.split(' ');
            let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let (status, answer) = self.answer(method, target, &body);
            let length = answer.len();
            self.requests.fetch_add(1, Ordering::Relaxed);
            let framing = if status == 204 {
                String::new()
            } else {
                format!("content-type: application/json\r\ncontent-length: {length}\r\n")
            };
            writer.write_all(format!("HTTP/1.1 {status} \r\n{framing}\r\n{answer}").as_bytes())?;
        }
    }

    fn answer(&self, method: &str, target: &str, body: &[u8]) -> (u16, String) {
        let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = target.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        match method {
            "POST" => {
                let mut customer: Value = serde_json::from_slice(body).unwrap_or_default();
                let id = Uuid::new_v4().to_string();
                customer["id"] = json!(id);
                let external_id = customer["external_id"].as_str().unwrap_or_default().to_owned();
                let text = customer.to_string();
                customers.extend([(id, text.clone()), (external_id, text.clone())]);
                (201, text)
            }
            "DELETE" if customers.remove(key).is_some() => (204, String::new()),
            "GET" if customers.contains_key(key) => (200, customers[key].clone()),
            _ => (404, "{}".to_owned()),
        }
    }
}

/// Reads the rest of a request; returns its body.
fn body(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

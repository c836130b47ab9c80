//! Answers, and every way to put them on the wire.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// An answer before it is written.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub wire: Wire,
}

/// How an answer is written.
#[derive(Debug, Clone)]
pub enum Wire {
    /// With its length.
    Length,
    /// In chunks of seven bytes, with extensions and a trailer.
    Chunked,
    /// With its length and `connection: close`.
    Close,
    /// With its length, and then closed without a word.
    CloseUnannounced,
    /// As HTTP/1.0, without a length: it ends where the connection does.
    UntilClose,
    /// So many bytes of the body, and then closed.
    CutAfter(usize),
    /// A byte at a time, this long apart.
    Drip(Duration),
    /// Nothing, until the other side gives up.
    Silence,
    /// Nothing: closed at once.
    Drop,
    /// These bytes in place of everything.
    Raw(Vec<u8>),
    /// After another, informational answer.
    AfterHints,
    /// With its length, once the test says so.
    Held(Arc<OnceLock<()>>),
    /// Whatever this does.
    Act(Act),
}

/// Does with a connection what it likes, and then closes it. It gets the whole answer as it would
/// be written with its length.
#[derive(Clone)]
pub struct Act(pub Arc<Deed>);

type Deed = dyn Fn(&mut TcpStream, &[u8]) -> io::Result<()> + Send + Sync;

impl std::fmt::Debug for Act {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Act")
    }
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self::empty(status).header("content-type", content_type).body(body)
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), wire: Wire::Length }
    }

    pub fn not_found() -> Self {
        Self::json(404, &json!({ "error": "ResourceNotFound", "detail": "Not found" }))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn wire(mut self, wire: Wire) -> Self {
        self.wire = wire;
        self
    }

    /// Changes the JSON in the body.
    pub fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut json = serde_json::from_slice(&self.body).unwrap_or_default();
        change(&mut json);
        self.body = json.to_string().into_bytes();
    }

    /// Changes the record in the body, or each record of the list in it.
    pub fn edit_records(&mut self, change: impl Fn(&mut Value)) {
        self.edit(|body| match body.get_mut("items").and_then(Value::as_array_mut) {
            Some(items) => items.iter_mut().for_each(change),
            None => change(body),
        });
    }

    /// Writes it; says whether the connection may be used again.
    pub fn write(&self, to: &mut TcpStream) -> io::Result<bool> {
        let length = format!("content-length: {}\r\n", self.body.len());
        let whole =
            |framing: &str| [self.head("HTTP/1.1", framing).as_slice(), &self.body].concat();
        match &self.wire {
            Wire::Length if self.status == 204 => to.write_all(&self.head("HTTP/1.1", ""))?,
            Wire::Length | Wire::CloseUnannounced => to.write_all(&whole(&length))?,
            Wire::Chunked => to.write_all(&self.chunked())?,
            Wire::Close => to.write_all(&whole(&format!("{length}connection: close\r\n")))?,
            Wire::UntilClose => {
                to.write_all(&[self.head("HTTP/1.0", "").as_slice(), &self.body].concat())?;
            }
            Wire::CutAfter(bytes) => {
                to.write_all(&self.head("HTTP/1.1", &length))?;
                to.write_all(&self.body[..*bytes])?;
            }
            Wire::Drip(pause) => {
                for byte in whole(&length) {
                    to.write_all(&[byte])?;
                    thread::sleep(*pause);
                }
            }
            Wire::Silence => drop(to.read(&mut [0; 1])),
            Wire::Drop => {}
            Wire::Raw(bytes) => to.write_all(bytes)?,
            Wire::AfterHints => {
                to.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n")?;
                to.write_all(&whole(&length))?;
            }
            Wire::Held(released) => {
                released.wait();
                to.write_all(&if self.status == 204 {
                    self.head("HTTP/1.1", "")
                } else {
                    whole(&length)
                })?;
            }
            // The other side may well have had enough of it.
            Wire::Act(act) => drop((act.0)(to, &whole(&length))),
        }
        Ok(matches!(
            self.wire,
            Wire::Length | Wire::Chunked | Wire::Drip(_) | Wire::AfterHints | Wire::Held(_)
        ))
    }

    fn head(&self, version: &str, framing: &str) -> Vec<u8> {
        let mut head = format!("{version} {} \r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        (head + framing + "\r\n").into_bytes()
    }

    fn chunked(&self) -> Vec<u8> {
        let mut bytes = self.head("HTTP/1.1", "transfer-encoding: chunked\r\ntrailer: x-end\r\n");
        for chunk in self.body.chunks(7) {
            bytes.extend(format!("{:x};part=1\r\n", chunk.len()).into_bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\nx-end: 1\r\n\r\n");
        bytes
    }
}

//! Requests as they come in.

use std::io::{self, BufRead};

use serde_json::Value;
use url::form_urlencoded;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Make a customer.
    Create,
    /// A list of customers.
    List,
    /// A customer by its id.
    Read,
    /// A customer by its external id.
    Lookup,
    Update,
    Delete,
    /// A customer's state, by either id.
    State,
    AddMember,
    ListMembers,
    /// The log of deliveries.
    Log,
    Redeliver,
    MakeEndpoint,
    /// A list of endpoints, or one.
    ReadEndpoint,
    UpdateEndpoint,
    DeleteEndpoint,
    /// The organizations that the token sees.
    Organizations,
    /// The event stream.
    Stream,
    Other,
}

/// A request, read to its end.
#[derive(Debug, Clone)]
pub struct Request {
    pub kind: Kind,
    pub method: String,
    /// As it was sent, with its query.
    pub target: String,
    /// Decoded, without what is empty.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How many of this kind came before.
    pub nth: usize,
    /// How often the very same was asked before.
    pub before: usize,
}

impl Request {
    /// Reads one request; `None` at the end of the connection.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut parts = line.split_whitespace();
        let (Some(method), Some(target)) = (parts.next(), parts.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap_or(0))];
        from.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segments = segments(path);
        Ok(Some(Self {
            kind: kind(method, &segments),
            method: method.to_owned(),
            target: target.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            segments,
            headers,
            body,
            nth: 0,
            before: 0,
        }))
    }

    /// The same request to an API that stands below `prefix`.
    pub(super) fn below(&mut self, prefix: &str) {
        let path = self.target.split('?').next().unwrap_or_default();
        self.segments = path.strip_prefix(prefix).map(segments).unwrap_or_default();
        self.kind = kind(&self.method, &self.segments);
    }

    /// `GET /v1/customers/?limit=1`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The last part of the path: an id, where there is one.
    pub fn id(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }
}

/// The parts of a path, decoded and without what is empty.
fn segments(path: &str) -> Vec<String> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|each| percent_encoding::percent_decode_str(each).decode_utf8_lossy().into_owned())
        .collect()
}

fn kind(method: &str, segments: &[String]) -> Kind {
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        ("POST", ["v1", "customers"]) => Kind::Create,
        ("GET", ["v1", "customers"]) => Kind::List,
        ("GET", ["v1", "customers", "external", _]) => Kind::Lookup,
        ("GET", ["v1", "customers", _]) => Kind::Read,
        ("GET", ["v1", "customers", .., "state"]) => Kind::State,
        ("POST", ["v1", "customers", _, "members"]) => Kind::AddMember,
        ("GET", ["v1", "members"]) => Kind::ListMembers,
        ("GET", ["v1", "webhooks", "deliveries"]) => Kind::Log,
        ("POST", ["v1", "webhooks", "events", _, "redeliver"]) => Kind::Redeliver,
        ("PATCH", ["v1", "customers", ..]) => Kind::Update,
        ("DELETE", ["v1", "customers", ..]) => Kind::Delete,
        ("POST", ["v1", "webhooks", "endpoints"]) => Kind::MakeEndpoint,
        ("GET", ["v1", "webhooks", "endpoints", ..]) => Kind::ReadEndpoint,
        ("PATCH", ["v1", "webhooks", "endpoints", _]) => Kind::UpdateEndpoint,
        ("DELETE", ["v1", "webhooks", "endpoints", _]) => Kind::DeleteEndpoint,
        ("GET", ["v1", "organizations"]) => Kind::Organizations,
        ("GET", ["v1", "cli", "listen", _]) => Kind::Stream,
        _ => Kind::Other,
    }
}

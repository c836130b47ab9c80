//! The delivery log: an endpoint that nobody serves, and the API's own list of what it tried to send
//! there. It works behind every firewall; what it shows is not signed.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinHandle;

use super::endpoint::Endpoint;
use super::inbox::TOO_MANY;
use super::pace::Pace;
use super::refused::{Need, Refused};
use super::{Delivery, Inbox};
use crate::event::LeftBehind;
use crate::http::{Client, Failure, Request, Response, encode};
use crate::secret::Scrubber;

/// A name that never resolves (RFC 6761), so that nobody else ever gets what is sent there.
const HOST: &str = "https://tieback.invalid";

/// Rows on a page: the most that the API gives.
const PAGE: usize = 100;
/// Pages read at once. A run causes a few dozen deliveries; this is for a log that was never read.
const MAX_PAGES: usize = 20;
/// Rows that are looked at on one page, for an API that gives more than it was asked for.
const MAX_ROWS: usize = 10 * PAGE;

/// Bytes of new rows after which no further page is read.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What is said of a log that has no end.
const ENDLESS: &str = "the delivery log has more new rows than a run reads, and the older ones were left out";

const NEED: Need =
    Need { request: "GET /v1/webhooks/deliveries", to: "read the delivery log", scopes: "webhooks:read" };

/// A delivery log that is read, with its endpoint at the API.
#[derive(Debug)]
pub struct Deliveries {
    /// What arrives.
    pub inbox: Arc<Inbox>,
    endpoint: Endpoint,
    reader: JoinHandle<()>,
}

/// What is asked, and what has been seen of the answers.
struct Reader<F> {
    client: Client,
    path: String,
    types: BTreeSet<String>,
    inbox: Arc<Inbox>,
    notices: F,
    /// The attempts that were read, and the events that they were made for: another attempt of one of
    /// them is a retry. Only hashes, because ids may be as long as an answer.
    attempts: HashSet<u64>,
    events: HashSet<u64>,
    hasher: RandomState,
}

/// An attempt to deliver an event, as far as it is of use.
struct Row {
    attempt: u64,
    event: u64,
    id: String,
    event_type: String,
    payload: String,
}

/// What was new in the log.
struct Fresh {
    /// Oldest first.
    rows: Vec<Row>,
    /// Whether that is all of it.
    whole: bool,
}

/// A log that could not be read.
enum Unread {
    Failed(Failure),
    Answered(Response),
    NoLog,
}

impl Deliveries {
    /// Makes the endpoint for `types` and finds that its log can be read. Ready when it returns.
    pub async fn open(
        client: &Client,
        types: &BTreeSet<String>,
        run_id: &str,
        scrubber: &Scrubber,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, Refused> {
        let url = format!("{HOST}/{}", uuid::Uuid::new_v4().simple());
        let endpoint = Endpoint::create(client, &url, types, run_id).await?;
        scrubber.learn(&endpoint.secret);
        let inbox = Arc::new(Inbox::default());
        let mut reader = Reader {
            client: client.clone(),
            path: format!("/v1/webhooks/deliveries?endpoint_id={}&limit={PAGE}", encode(endpoint.id())),
            types: types.clone(),
            inbox: inbox.clone(),
            notices,
            attempts: HashSet::new(),
            events: HashSet::new(),
            hasher: RandomState::new(),
        };
        // The endpoint is new: what the log holds already is not for it, whatever the API filters.
        match reader.fresh().await {
            Ok(fresh) => fresh.rows.iter().for_each(|row| _ = reader.note(row)),
            Err(unread) => {
                let refused = unread.refused();
                let left_behind = endpoint.remove(client).await;
                return Err(Refused { left_behind, ..refused });
            }
        }
        Ok(Self { inbox, endpoint, reader: tokio::spawn(reader.run()) })
    }

    /// The request that deletes its endpoint.
    #[must_use]
    pub fn removal(&self) -> String {
        self.endpoint.removal()
    }

    /// Stops reading and removes the endpoint; says what stays at the API.
    pub async fn close(self, client: &Client) -> Option<LeftBehind> {
        self.reader.abort();
        self.endpoint.remove(client).await
    }
}

impl<F: Fn(String)> Reader<F> {
    /// Reads the log while somebody waits, for as long as the run goes on.
    async fn run(mut self) {
        let mut waiters = self.inbox.waiters();
        let mut pace = Pace::new();
        let mut known = 0;
        // Fails only once the inbox is gone, and it is held here.
        while let Ok(ever) = waiters.wait_for(|waiters| waiters.now > 0).await.map(|waiters| waiters.ever) {
            if ever != known {
                pace.hasten();
                known = ever;
            }
            if self.poll().await {
                pace.hasten();
            }
            let (least, longest) = pace.asked();
            tokio::time::sleep(least).await;
            let more = waiters.wait_for(|waiters| waiters.now > 0 && waiters.ever != known);
            // Either way it is time to ask again.
            let _ = tokio::time::timeout(longest.saturating_sub(least), more).await;
        }
    }

    /// Reads what is new into the inbox; says whether there was anything.
    async fn poll(&mut self) -> bool {
        let fresh = match self.fresh().await {
            Ok(fresh) => fresh,
            Err(unread) => {
                let why = unread.refused().why;
                (self.notices)(format!("the delivery log could not be read: {why}"));
                self.inbox.sight.lose(format!("the delivery log cannot be read: {why}"));
                return false;
            }
        };
        // It holds whatever was missed.
        self.inbox.sight.regain(true);
        if !fresh.whole {
            (self.notices)(ENDLESS.to_owned());
            self.inbox.sight.lose_for_good(ENDLESS);
        }
        let mut found = false;
        for row in fresh.rows {
            let Some(delivery) = self.note(&row) else { continue };
            if !delivery.event_type.is_empty() && !self.types.contains(&delivery.event_type) {
                continue;
            }
            found = true;
            if !self.inbox.push(delivery) {
                (self.notices)(TOO_MANY.to_owned());
            }
        }
        found
    }

    /// The attempts that were not read yet. Nothing counts as read before all of it is.
    async fn fresh(&self) -> Result<Fresh, Unread> {
        let mut rows = Vec::new();
        let (mut seen, mut bytes, mut whole) = (HashSet::new(), 0, false);
        for page in 1..=MAX_PAGES {
            let request = Request::new("GET", format!("{}&page={page}", self.path), None);
            let answer =
                self.client.send_and_tell(&request, |wait| self.held_up(wait)).await.map_err(Unread::Failed)?;
            if !answer.is_success() {
                return Err(Unread::Answered(answer));
            }
            let Some(Json::Array(items)) = answer.json().map(|mut body| body["items"].take()) else {
                return Err(Unread::NoLog);
            };
            let (all, before) = (items.len().min(MAX_ROWS), rows.len());
            for row in items.iter().take(MAX_ROWS).map(|item| self.row(item)) {
                if !self.attempts.contains(&row.attempt) && seen.insert(row.attempt) {
                    bytes += row.payload.len() + row.id.len() + row.event_type.len();
                    rows.push(row);
                }
            }
            // The newest come first: after a row that is known, and on a page that is not full, nothing is new.
            whole = all < PAGE || rows.len() - before < all;
            if whole || bytes > MAX_BYTES {
                break;
            }
        }
        rows.reverse();
        Ok(Fresh { rows, whole })
    }

    /// The rate limit keeps the log from being read for a while.
    fn held_up(&self, wait: Duration) {
        self.inbox.sight.hold(wait, "the API limits requests, and the delivery log could not be read in time");
    }

    /// An item of the log; what it lacks is empty.
    fn row(&self, item: &Json) -> Row {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let event = &item["webhook_event"];
        let id = text(&event["id"]);
        Row {
            attempt: self.hasher.hash_one(text(&item["id"])),
            event: self.hasher.hash_one(&id),
            id,
            event_type: text(&event["type"]),
            payload: text(&event["payload"]),
        }
    }

    /// Takes a row, where it is the first attempt of its event.
    fn note(&mut self, row: &Row) -> Option<Delivery> {
        self.attempts.insert(row.attempt);
        let first = self.events.insert(row.event);
        first.then(|| Delivery::logged(&row.id, &row.event_type, row.payload.as_bytes()))
    }
}

impl Unread {
    fn refused(&self) -> Refused {
        match self {
            Self::Failed(failure) => Refused::failure(&NEED, failure),
            Self::Answered(response) => Refused::answer(&NEED, response),
            Self::NoLog => Refused::because(format!("the answer to {} holds no `items`", NEED.request)),
        }
    }
}

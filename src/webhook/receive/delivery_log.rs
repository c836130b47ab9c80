//! The delivery log: the API's own list of what it tried to send to an endpoint. It works behind
//! every firewall; what it shows is not signed.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::watch;

use super::Receiver;
use super::pages::{Page, Pages, Turn};
use super::poll_interval::PollInterval;

use crate::http::{Client, Failure, FailureKind, Request, Response, encode};
use crate::provider::Provider;
use crate::webhook::inbox::{TOO_MANY, Waiters};
use crate::webhook::refused::{Need, Refused};
use crate::webhook::{Delivery, Inbox};

/// Pages read in one look. A run causes a few dozen deliveries; what is left is read in the next
/// one.
const MAX_PAGES: usize = 20;
/// Full pages that one page may have as its rows, for an API that gives more than it was asked for.
const MAX_TIMES: usize = 10;

/// Bytes of new rows after which a look ends, and what is held back of looks that failed half way.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Why what is missing may be in the log all the same.
const BEHIND: &str = "the delivery log has more new rows than could be read in time";
const OVERFULL: &str = "the delivery log gives more rows at once than a run reads";
const NO_PAGES: &str =
    "the delivery log gives the same rows on every page, and does not show older ones";
const LIMITED: &str = "the API limits requests, and the delivery log could not be read in time";

/// What is asked, and what has been seen of the answers.
struct LogReader<F> {
    client: Client,
    provider: &'static Provider,
    path: String,
    types: BTreeSet<String>,
    inbox: Arc<Inbox>,
    /// Tells the inbox about looks that ended.
    looked: watch::Sender<u64>,
    notices: F,
    pages: Pages,
    /// What was read and not handed over yet, the newest first.
    rows: Vec<Row>,
    /// The events whose attempts were handed over: another attempt of one is a retry. Only hashes,
    /// because ids may be as long as an answer.
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

impl Row {
    fn weight(&self) -> usize {
        self.payload.len() + self.id.len() + self.event_type.len()
    }
}

/// A log that could not be read.
enum Unread {
    Failed(Failure),
    Answered(Response),
    NoLog,
}

/// Finds that the log of the endpoint with this id can be read, for deliveries of `types`. Ready
/// when it returns.
pub async fn open(
    client: &Client,
    provider: &'static Provider,
    endpoint: &str,
    types: &BTreeSet<String>,
    notices: impl Fn(String) + Send + Sync + 'static,
) -> Result<Receiver, Refused> {
    let Provider { delivery_log: facts, listing, .. } = provider;
    let (inbox, looked) = Inbox::asking();
    let inbox = Arc::new(inbox);
    let mut reader = LogReader {
        client: client.clone(),
        provider,
        path: format!("{}?{}={}", facts.collection, facts.endpoint, encode(endpoint)),
        types: types.clone(),
        inbox: inbox.clone(),
        looked,
        notices,
        pages: Pages::new(listing.largest_page),
        rows: Vec::new(),
        events: HashSet::new(),
        hasher: RandomState::new(),
    };
    // The endpoint is new, so what the log holds already is not for it.
    reader.begin().await.map_err(|unread| unread.refused(provider))?;
    Ok(Receiver::spawn(inbox, reader.run()))
}

impl<F: Fn(String)> LogReader<F> {
    /// Reads the log while a step waits, for as long as the run goes on.
    async fn run(mut self) {
        let mut waiters = self.inbox.waiters();
        let mut interval = PollInterval::new();
        let mut known = Waiters::default();
        let is_new =
            |now: &Waiters, known: Waiters| now.ever != known.ever || now.calls != known.calls;
        // Fails only once the inbox is gone, and it is held here.
        while let Ok(now) =
            waiters.wait_for(|waiters| waiters.now > 0).await.map(|waiters| *waiters)
        {
            if is_new(&now, known) {
                interval.hasten();
                known = now;
            }
            if self.poll().await {
                interval.hasten();
            }
            self.looked.send_replace(now.calls);
            let (least, longest) = interval.asked();
            tokio::time::sleep(least).await;
            let more = waiters.wait_for(|waiters| waiters.now > 0 && is_new(waiters, known));
            // Either way it is time to ask again.
            let _ = tokio::time::timeout(longest.saturating_sub(least), more).await;
        }
    }

    /// Notes what the log holds before anything happened.
    async fn begin(&mut self) -> Result<(), Unread> {
        let (page, rows) = self.page(1).await?;
        self.pages.begin(page);
        self.events.extend(rows.iter().map(|row| row.event));
        Ok(())
    }

    /// Reads what is new into the inbox; says whether there was anything.
    async fn poll(&mut self) -> bool {
        match self.look().await {
            // A log that was read whole holds what was missed.
            Ok(true) => self.inbox.coverage.regain(true),
            Ok(false) => self.inbox.coverage.lose(BEHIND.to_owned()),
            Err(unread) => {
                let why = unread.refused(self.provider).why;
                (self.notices)(format!("the delivery log could not be read: {why}"));
                let limited = matches!(&unread, Unread::Failed(failure) if failure.kind == FailureKind::RateLimited);
                let why = if limited {
                    LIMITED.to_owned()
                } else {
                    format!("the delivery log cannot be read: {why}")
                };
                self.inbox.coverage.lose(why);
                // The oldest decides: what is older than these may still come.
                if self.rows.iter().map(Row::weight).sum::<usize>() < MAX_BYTES {
                    return false;
                }
            }
        }
        let mut found = false;
        for row in std::mem::take(&mut self.rows).into_iter().rev() {
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

    /// Reads the attempts that were not read yet; says whether that is all of them.
    async fn look(&mut self) -> Result<bool, Unread> {
        let mut bytes = 0;
        // Those that an earlier look got to and could not hand over.
        let mut earlier = std::mem::take(&mut self.rows);
        let mut page = self.pages.first();
        let whole = loop {
            let (read, mut rows) = match self.page(page).await {
                Ok(read) => read,
                Err(unread) => {
                    self.rows.append(&mut earlier);
                    self.pages.break_off(page);
                    return Err(unread);
                }
            };
            let (new, turn) = self.pages.turn(page, &read);
            rows.retain(|row| new.contains(&row.attempt));
            bytes += rows.iter().map(Row::weight).sum::<usize>();
            self.rows.append(&mut rows);
            if self.pages.goes_back() {
                self.rows.append(&mut earlier);
            }
            page = match turn {
                Turn::To(next) => next,
                Turn::End => break true,
                Turn::Stuck => {
                    self.inbox.coverage.miss(NO_PAGES);
                    break true;
                }
            };
            if self.pages.read() >= MAX_PAGES || bytes > MAX_BYTES {
                self.pages.break_off(page);
                break false;
            }
        };
        self.rows.append(&mut earlier);
        Ok(whole)
    }

    /// Reads one page.
    async fn page(&self, number: usize) -> Result<(Page, Vec<Row>), Unread> {
        let listing = &self.provider.listing;
        let size = listing.largest_page;
        let path = format!("{}&{}", self.path, listing.query(size, number));
        let request = Request::new("GET", path, None);
        let answer = self.client.send(&request).await.map_err(Unread::Failed)?;
        if !answer.is_success() {
            return Err(Unread::Answered(answer));
        }
        let body = answer.json().unwrap_or_default();
        let items = listing.items(&body).ok_or(Unread::NoLog)?;
        let rows: Vec<_> = items.iter().take(MAX_TIMES * size).map(|item| self.row(item)).collect();
        let attempts: Vec<_> = rows.iter().map(|row| row.attempt).collect();
        // What goes beyond matters only where none of the rest was known.
        if items.len() > rows.len() && !self.pages.reaches_back(&attempts) {
            self.inbox.coverage.miss(OVERFULL);
        }
        let short =
            items.len() < size && listing.last_page(&body).is_some_and(|last| last <= number);
        Ok((Page { attempts, last: short }, rows))
    }

    /// An item of the log; what it lacks is empty. One without ids is told apart by all that it
    /// holds.
    fn row(&self, item: &Json) -> Row {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let facts = &self.provider.delivery_log;
        let event = &item[facts.event];
        let told_apart = |id: &Json, whole: &Json| {
            let by = if matches!(id.as_str(), Some("")) || id.is_null() { whole } else { id };
            self.hasher.hash_one(by.to_string())
        };
        Row {
            attempt: told_apart(&item[facts.id], item),
            event: told_apart(&event[facts.id], item),
            id: text(&event[facts.id]),
            event_type: text(&event[facts.event_type]),
            payload: text(&event[facts.payload]),
        }
    }

    /// Takes a row, where it is the first attempt of its event.
    fn note(&mut self, row: &Row) -> Option<Delivery> {
        let first = self.events.insert(row.event);
        let facts = &self.provider.webhook;
        first.then(|| Delivery::logged(facts, &row.id, &row.event_type, row.payload.as_bytes()))
    }
}

impl Unread {
    fn refused(&self, provider: &Provider) -> Refused {
        let request = format!("GET {}", provider.delivery_log.collection);
        let need = Need { request, to: "read the delivery log" };
        match self {
            Self::Failed(failure) => Refused::failure(&need, failure),
            Self::Answered(response) => Refused::answer(&need, response),
            Self::NoLog => Refused::because(format!(
                "the answer to {} holds no `{}`",
                need.request, provider.listing.items
            )),
        }
    }
}

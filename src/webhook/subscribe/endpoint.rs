//! A temporary webhook endpoint at the API: made before the first step, removed after the last.
//!
//! Removing it takes two requests, because a deleted endpoint still receives what was pending and
//! its retries, while a disabled one does not (measured on the real API).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Subscriber;
use crate::event::LeftBehind;
use crate::http::{Client, Failure, Request, Response};
use crate::provider;
use crate::secret::Secret;
use crate::webhook::refused::{Need, Refused, RulesOut};

/// A name that never resolves (RFC 6761), so that what is sent there reaches no one.
const UNSERVED: &str = "https://tieback.invalid";

/// What an endpoint's name begins with; the run's id follows.
const NAME: &str = "tieback_run ";

/// How many pages are read in search of one.
const MOST_PAGES: usize = 10;

/// An endpoint that this run made.
#[derive(Debug)]
pub(super) struct Endpoint {
    id: String,
    url: String,
    /// Whether the answer to its creation showed that URL.
    confirmed: bool,
    /// What its deliveries are signed with.
    pub(super) secret: Secret,
    /// The organization that owns it, where the answer to its creation named one.
    pub(super) organization: Option<Json>,
    facts: &'static provider::Endpoint,
}

impl Endpoint {
    /// Makes an endpoint for `types` at `url`, which is this run's alone, marked with the run's id.
    pub(super) async fn create(
        subscriber: &Subscriber<'_>,
        url: &str,
        types: &BTreeSet<String>,
    ) -> Result<Self, Refused> {
        let &Subscriber { client, provider, run_id, redactor, .. } = subscriber;
        let facts = &provider.endpoint;
        let creation = facts.creation(url, types, &format!("{NAME}{run_id}"));
        let need =
            Need { request: format!("POST {}", facts.collection), to: "make a webhook endpoint" };
        let answer = client.send(&creation).await;
        let refused = match &answer {
            Ok(response) if response.is_success() => match Self::read(facts, response, url) {
                Some(endpoint) => {
                    redactor.learn(&endpoint.secret);
                    return Ok(endpoint);
                }
                None => Refused::because(format!(
                    "the API made a webhook endpoint, but its answer does not hold both an `{}` \
                     and a `{}`",
                    facts.id, facts.secret
                )),
            },
            Ok(response) => {
                let refused = Refused::answer(&need, response);
                let whatever_the_url = matches!(response.status, 403 | 404 | 405 | 501);
                let rules_out =
                    if whatever_the_url { RulesOut::Endpoints } else { refused.rules_out };
                Refused { rules_out, ..refused }
            }
            Err(failure) => Refused::failure(&need, failure),
        };
        // It may exist all the same: its URL is this run's own, so it can be found by that.
        let may_exist = match &answer {
            // An HTML page comes from something in front of the API, which made nothing.
            Ok(response)
                if response.is_success() && response.body.trim_ascii_start().starts_with(b"<") =>
            {
                false
            }
            // A proxy that gave up says nothing about the server behind it.
            Ok(response) => {
                response.is_success() || response.status >= 500 && response.status != 501
            }
            Err(failure) => failure.maybe_done,
        };
        let left_behind = if may_exist { Self::remove_lost(subscriber, url).await } else { None };
        Err(Refused { left_behind, ..refused })
    }

    fn read(facts: &'static provider::Endpoint, response: &Response, url: &str) -> Option<Self> {
        let body = response.json()?;
        let text =
            |key: &str| body[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let confirmed = body[facts.url] == url;
        let organization = body.get(facts.organization).cloned();
        let (id, secret) = (text(facts.id)?, Secret::new(text(facts.secret)?));
        Some(Self { id, url: url.to_owned(), confirmed, secret, organization, facts })
    }

    /// Its id at the API.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The request that deletes it.
    pub(super) fn removal(&self) -> String {
        format!("DELETE {}", self.facts.path(&self.id))
    }

    /// Disables and deletes the endpoint; says what stays.
    pub(super) async fn remove(self, client: &Client) -> Option<LeftBehind> {
        remove(client, self.facts, &self.id, &self.url, self.confirmed).await
    }

    /// Looks an endpoint up by its URL whose creation was not answered, or not in a way that can be
    /// read, and removes it; says what stays, or may.
    async fn remove_lost(subscriber: &Subscriber<'_>, url: &str) -> Option<LeftBehind> {
        let &Subscriber { client, provider, run_id, .. } = subscriber;
        let facts = &provider.endpoint;
        let why = match look_up(subscriber, url).await {
            Ok(None) => return None,
            Ok(Some(record)) => match record[facts.id].as_str() {
                Some(id) => return remove(client, facts, id, url, true).await,
                None => "its record in the list shows no id".to_owned(),
            },
            Err(why) => format!("it could not be looked up: {why}"),
        };
        let collection = facts.collection;
        Some(LeftBehind {
            request: format!("DELETE {collection}/…"),
            reason: format!(
                "a webhook endpoint may have been made without an answer that names it, and {why}; \
                 look in GET {collection} for the name `{NAME}{run_id}`, or let `tieback clean` \
                 find it"
            ),
        })
    }
}

/// The record of the endpoint with this URL, which is one run's alone; `None` where there is none.
async fn look_up(subscriber: &Subscriber<'_>, url: &str) -> Result<Option<Json>, String> {
    let client = subscriber.client;
    let (facts, listing) = (&subscriber.provider.endpoint, &subscriber.provider.listing);
    let size = listing.largest_page;
    for page in 1..=MOST_PAGES {
        let path = format!("{}?{}", facts.collection, listing.query(size, page));
        let answer = client
            .send(&Request::new("GET", path, None))
            .await
            .map_err(|failure| failure.detail)?;
        if answer.denies_record() {
            return Ok(None);
        }
        if !answer.is_success() {
            return Err(format!("the API answered {}", answer.status));
        }
        let body = answer.json().unwrap_or_default();
        let items = listing.items(&body).ok_or("the list of endpoints cannot be read")?;
        if let Some(found) = items.iter().find(|each| each[facts.url] == url) {
            return Ok(Some(found.clone()));
        }
        if items.len() < size || listing.last_page(&body).is_none_or(|last| last <= page) {
            return Ok(None);
        }
    }
    Err(format!("it is not among the first {}", size * MOST_PAGES))
}

/// Disables and deletes an endpoint, once its record shows that it is this run's own. Where the API
/// shows no record, it is enough that an earlier answer `confirmed` it.
async fn remove(
    client: &Client,
    facts: &provider::Endpoint,
    id: &str,
    url: &str,
    confirmed: bool,
) -> Option<LeftBehind> {
    let path = facts.path(id);
    let stays = |reason: String| Some(LeftBehind { request: format!("DELETE {path}"), reason });
    let send = |request: Request| async move { client.send(&request).await };
    match send(Request::new("GET", path.clone(), None)).await {
        Ok(found) if confirmed && matches!(found.status, 404 | 405 | 501) => {}
        Ok(found) if found.denies_record() => return None,
        Ok(found) if found.json().is_some_and(|record| record[facts.url] == url) => {}
        Ok(found) if found.is_success() => {
            return stays(
                "the API shows another endpoint under this id, so it was not touched".to_owned(),
            );
        }
        other => return stays(outcome(other)),
    }
    // Where disabling fails, deleting is still worth a try.
    let _ = send(facts.disabling(id)).await;
    match send(Request::new("DELETE", path.clone(), None)).await {
        Ok(deleted) if deleted.is_success() => None,
        // A server without such a request answers like that as well.
        Ok(deleted) if deleted.status == 404 => {
            match send(Request::new("GET", path.clone(), None)).await {
                Ok(found) if found.is_success() => {
                    stays("the API answered 404, and still shows it".to_owned())
                }
                _ => None,
            }
        }
        other => stays(outcome(other)),
    }
}

/// A URL that no server answers and no other run uses.
pub(super) fn unserved() -> String {
    format!("{UNSERVED}/{}", uuid::Uuid::new_v4().simple())
}

/// The id of the run that made an endpoint, where its record has the name that runs give.
#[must_use]
pub fn run_of<'a>(facts: &provider::Endpoint, record: &'a Json) -> Option<&'a str> {
    let run = record[facts.name].as_str()?.strip_prefix(NAME)?;
    let plain = run.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (plain && !run.is_empty()).then_some(run)
}

fn outcome(answer: Result<Response, Failure>) -> String {
    match answer {
        Ok(response) => format!("the API answered {}", response.status),
        Err(failure) => failure.detail,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    #[test]
    fn only_the_name_that_runs_give_tells_of_a_run() {
        assert_eq!(
            run_of(&POLAR.endpoint, &json!({ "name": "tieback_run abc123" })),
            Some("abc123")
        );
        for name in [
            "tieback_run ",
            "tieback_run",
            "tieback_run Staging",
            "tieback_run a b",
            "my tieback_run abc",
            "",
        ] {
            assert_eq!(run_of(&POLAR.endpoint, &json!({ "name": name })), None, "{name}");
        }
        assert_eq!(run_of(&POLAR.endpoint, &json!({ "name": null })), None);
        let labelled = json!({ "label": "tieback_run abc123" });
        assert_eq!(run_of(&ACME.endpoint, &labelled), Some("abc123"));
    }
}

//! A temporary webhook endpoint at the API: made before the first step, removed after the last.
//!
//! Removing it takes two requests, because a deleted endpoint still receives what was pending and
//! its retries, while a disabled one does not (measured on the real API).

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::event::LeftBehind;
use crate::http::{Client, Failure, Request, Response, encode};
use crate::secret::Secret;

const COLLECTION: &str = "/v1/webhooks/endpoints";

/// An endpoint that this run made.
#[derive(Debug)]
pub struct Endpoint {
    id: String,
    url: String,
    /// What its deliveries are signed with.
    pub secret: Secret,
}

/// Why an endpoint could not be made, and what may have been left at the API all the same.
#[derive(Debug)]
pub struct Refused {
    /// As a sentence fragment.
    pub why: String,
    /// Empty, or the endpoint that could not be removed.
    pub left_behind: Option<LeftBehind>,
}

impl Endpoint {
    /// Makes an endpoint for `types` at `url`, which nobody else uses, marked with the run's id.
    pub async fn create(client: &Client, url: &str, types: &BTreeSet<String>, run_id: &str) -> Result<Self, Refused> {
        let body = json!({ "url": url, "format": "raw", "events": types, "name": format!("tieback_run {run_id}") });
        let answer = client.send(&Request::new("POST", COLLECTION, Some(&body)), |_| {}).await;
        let why = match &answer {
            Ok(response) if response.is_success() => match Self::read(response, url) {
                Some(endpoint) => return Ok(endpoint),
                None => "the API made a webhook endpoint, but its answer holds no `id` and `secret`".to_owned(),
            },
            Ok(response) => return Err(Refused { why: refusal(response), left_behind: None }),
            Err(failure) => format!("the webhook endpoint could not be made: {}", failure.detail),
        };
        // It may exist all the same: its URL is this run's own, so it can be found by that.
        let may_exist = answer.as_ref().map_or_else(|failure| failure.maybe_done, Response::is_success);
        let left_behind = if may_exist { Self::remove_lost(client, url).await } else { None };
        Err(Refused { why, left_behind })
    }

    fn read(response: &Response, url: &str) -> Option<Self> {
        let body = response.json()?;
        let text = |key: &str| body[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self { id: text("id")?, url: url.to_owned(), secret: Secret::new(text("secret")?) })
    }

    /// The request that deletes it.
    #[must_use]
    pub fn removal(&self) -> String {
        format!("DELETE {}", path_of(&self.id))
    }

    /// Disables and deletes the endpoint; says what stays.
    pub async fn remove(self, client: &Client) -> Option<LeftBehind> {
        remove(client, &self.id, &self.url).await
    }

    /// Looks an endpoint whose creation was not answered up by its URL, and removes it.
    async fn remove_lost(client: &Client, url: &str) -> Option<LeftBehind> {
        let response = client.send(&Request::new("GET", format!("{COLLECTION}?limit=100"), None), |_| {}).await.ok()?;
        let body = response.json()?;
        let found = body["items"].as_array()?.iter().find(|each| each["url"] == url)?;
        remove(client, found["id"].as_str()?, url).await
    }
}

/// Disables and deletes an endpoint, once its record shows that it is this run's own.
async fn remove(client: &Client, id: &str, url: &str) -> Option<LeftBehind> {
    let id = encode(id);
    let path = format!("{COLLECTION}/{id}");
    let stays = |reason: String| Some(LeftBehind { request: format!("DELETE {path}"), reason });
    let send = |method: &'static str, body: Option<Json>| {
        let request = Request::new(method, path.clone(), body.as_ref());
        async move { client.send(&request, |_| {}).await }
    };
    match send("GET", None).await {
        Ok(found) if found.status == 404 => return None,
        Ok(found) if found.json().is_some_and(|record| record["url"] == url) => {}
        Ok(found) if found.is_success() => {
            return stays("the API shows another endpoint under this id, so it was not touched".to_owned());
        }
        other => return stays(outcome(other)),
    }
    // Where disabling fails, deleting is still worth a try.
    let _ = send("PATCH", Some(json!({ "enabled": false }))).await;
    match send("DELETE", None).await {
        Ok(deleted) if deleted.is_success() || deleted.status == 404 => None,
        other => stays(outcome(other)),
    }
}

fn path_of(id: &str) -> String {
    format!("{COLLECTION}/{}", encode(id))
}

fn outcome(answer: Result<Response, Failure>) -> String {
    match answer {
        Ok(response) => format!("the API answered {}", response.status),
        Err(failure) => failure.detail,
    }
}

/// What a refusal says, with the scope that would do where one is missing.
fn refusal(response: &Response) -> String {
    let status = response.status;
    match status {
        401 => "the API refuses the token (401)".to_owned(),
        403 => format!(
            "the token may not manage webhook endpoints (403); it needs {}",
            response.header("www-authenticate").and_then(needed_scopes).unwrap_or("the scope webhooks:write")
        ),
        404 | 405 | 501 => format!("the API has no webhook endpoints (POST {COLLECTION} is {status})"),
        _ => {
            let reason = response.json().and_then(|body| Some(body["detail"][0]["msg"].as_str()?.to_owned()));
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("the API refuses the webhook endpoint (POST {COLLECTION} is {status}{reason})")
        }
    }
}

/// The `scope="…"` of a `www-authenticate` header.
fn needed_scopes(header: &str) -> Option<&str> {
    let scopes = header.split_once("scope=\"")?.1.split_once('"')?.0;
    (!scopes.is_empty()).then_some(scopes)
}

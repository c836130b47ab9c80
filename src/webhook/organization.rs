//! Whose webhooks a token may read: the stream wants the organization's id in its path.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::endpoint::{self, Endpoint};
use super::refused::{Need, Refused, RulesOut};
use crate::event::LeftBehind;
use crate::http::{Client, Request};
use crate::secret::Redactor;

const ORGANIZATIONS: Need = Need { request: "GET /v1/organizations/", to: "see its organization" };

/// The organization that a token belongs to.
#[derive(Debug)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// What was made to learn it, and could not be removed.
    pub left_behind: Option<LeftBehind>,
}

/// Learns the organization of the token: from the list of organizations, which has one item for an
/// organization's token; where the token may not see it, from the customers there are, each of which names
/// its organization; and where there are none, from the answer to the creation of a webhook endpoint, which
/// is removed at once (all measured).
pub async fn find(
    client: &Client,
    run_id: &str,
    redactor: &Redactor,
    stop: &CancellationToken,
) -> Result<Organization, Refused> {
    let read = tokio::select! {
        () = stop.cancelled() => Err(NotRead::from(Refused::interrupted())),
        read = read(client) => read,
    };
    match read {
        Ok(id) => Ok(Organization { id, left_behind: None }),
        Err(NotRead { refused, unseen: true }) => {
            of_endpoint(client, run_id, redactor).await.map_err(|other| Refused {
                why: format!(
                    "{}; nor could a webhook endpoint tell it: {}",
                    refused.why, other.why
                ),
                left_behind: other.left_behind,
                ..refused
            })
        }
        Err(NotRead { refused, .. }) => Err(refused),
    }
}

/// An organization that reading alone does not tell.
struct NotRead {
    refused: Refused,
    /// Whether that is because the token may not see it.
    unseen: bool,
}

impl From<Refused> for NotRead {
    fn from(refused: Refused) -> Self {
        Self { refused, unseen: false }
    }
}

async fn read(client: &Client) -> Result<String, NotRead> {
    let listed = client.send(&Request::new("GET", "/v1/organizations/?limit=2", None)).await;
    let listed = listed.map_err(|failure| Refused::failure(&ORGANIZATIONS, &failure))?;
    if !listed.is_success() {
        let refused = Refused::answer(&ORGANIZATIONS, &listed);
        if matches!(refused.rules_out, RulesOut::Everything(_)) {
            return Err(refused.into());
        }
        return of_customers(client).await.ok_or(NotRead { refused, unseen: true });
    }
    let body = listed.json().unwrap_or_default();
    let because = |why: &str| Err(Refused::because(why).into());
    match body["items"].as_array().map(Vec::as_slice) {
        Some([only]) => match usable(&only["id"]) {
            Some(id) => Ok(id),
            None => because("the organization that GET /v1/organizations/ lists has no `id`"),
        },
        Some([]) => {
            because("GET /v1/organizations/ lists none, so it is not known whose stream to read")
        }
        Some(_) => because(
            "the token sees several organizations, so it is not known whose stream to read; \
             take a token of the one organization that is tested",
        ),
        None => because("the answer to GET /v1/organizations/ holds no `items`"),
    }
}

/// The organization that owns a new webhook endpoint, which is subscribed to nothing and removed again.
async fn of_endpoint(
    client: &Client,
    run_id: &str,
    redactor: &Redactor,
) -> Result<Organization, Refused> {
    let endpoint =
        Endpoint::create(client, &endpoint::unserved(), &BTreeSet::new(), run_id).await?;
    redactor.learn(&endpoint.secret);
    let id = endpoint.organization.as_ref().and_then(usable);
    let left_behind = endpoint.remove(client).await;
    match id {
        Some(id) => Ok(Organization { id, left_behind }),
        None => {
            Err(Refused { left_behind, ..Refused::because("a new one names no `organization_id`") })
        }
    }
}

/// The organization that all customers name, if there are any and they agree.
async fn of_customers(client: &Client) -> Option<String> {
    let answer = client.send(&Request::new("GET", "/v1/customers/?limit=100", None)).await.ok()?;
    let body = answer.json().filter(|_| answer.is_success())?;
    let ids = body["items"].as_array()?.iter().map(|customer| usable(&customer["organization_id"]));
    let ids: BTreeSet<_> = ids.collect::<Option<_>>()?;
    ids.first().filter(|_| ids.len() == 1).cloned()
}

/// An id that can stand in a path.
fn usable(id: &Json) -> Option<String> {
    id.as_str().filter(|id| !id.trim_matches('.').is_empty()).map(str::to_owned)
}

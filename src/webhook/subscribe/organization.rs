//! The organization that a token belongs to: the stream wants its id in the path.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::Subscriber;
use super::endpoint::{self, Endpoint};
use crate::event::LeftBehind;
use crate::http::Request;
use crate::webhook::refused::{Need, Refused, RulesOut};

/// The organization that a token belongs to.
#[derive(Debug)]
pub(super) struct Organization {
    /// Its id.
    pub(super) id: String,
    /// What was made to learn it, and could not be removed.
    pub(super) left_behind: Option<LeftBehind>,
}

/// Learns the organization of the token: from the list of organizations, which has one item for an
/// organization's token; where the token may not see it, from the customers there are, each of
/// which names its organization; and where there are none, from the answer to the creation of a
/// webhook endpoint, which is removed at once (all measured).
pub(super) async fn find(
    subscriber: &Subscriber<'_>,
    stop: &CancellationToken,
) -> Result<Organization, Refused> {
    let read = tokio::select! {
        () = stop.cancelled() => Err(NotRead::from(Refused::interrupted())),
        read = read(subscriber) => read,
    };
    match read {
        Ok(id) => Ok(Organization { id, left_behind: None }),
        Err(NotRead { refused, unseen: true }) => {
            of_endpoint(subscriber).await.map_err(|other| Refused {
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

async fn read(subscriber: &Subscriber<'_>) -> Result<String, NotRead> {
    let &Subscriber { client, provider, .. } = subscriber;
    let (facts, listing) = (&provider.organizations, &provider.listing);
    let collection = facts.collection;
    let need = Need { request: format!("GET {collection}"), to: "see its organization" };
    // Two, because a second one shows that the token is not of one organization.
    let path = format!("{collection}?{}", listing.first(2));
    let listed = client.send(&Request::new("GET", path, None)).await;
    let listed = listed.map_err(|failure| Refused::failure(&need, &failure))?;
    if !listed.is_success() {
        let refused = Refused::answer(&need, &listed);
        if matches!(refused.rules_out, RulesOut::Everything(_)) {
            return Err(refused.into());
        }
        return of_customers(subscriber).await.ok_or(NotRead { refused, unseen: true });
    }
    let body = listed.json().unwrap_or_default();
    let why = match listing.items(&body).map(Vec::as_slice) {
        Some([only]) => match usable(&only[facts.id]) {
            Some(id) => return Ok(id),
            None => format!("the organization that {} lists has no `{}`", need.request, facts.id),
        },
        Some([]) => {
            format!("{} lists none, so it is not known whose stream to read", need.request)
        }
        Some(_) => {
            "the token sees several organizations, so it is not known whose stream to read; \
                    take a token of the one organization that is tested"
                .to_owned()
        }
        None => format!("the answer to {} holds no `{}`", need.request, listing.items),
    };
    Err(Refused::because(why).into())
}

/// The organization that owns a new webhook endpoint, which is subscribed to nothing and removed
/// again.
async fn of_endpoint(subscriber: &Subscriber<'_>) -> Result<Organization, Refused> {
    let endpoint = Endpoint::create(subscriber, &endpoint::unserved(), &BTreeSet::new()).await?;
    let id = endpoint.organization.as_ref().and_then(usable);
    let left_behind = endpoint.remove(subscriber.client).await;
    let Some(id) = id else {
        let why = format!("a new one names no `{}`", subscriber.provider.endpoint.organization);
        return Err(Refused { left_behind, ..Refused::because(why) });
    };
    Ok(Organization { id, left_behind })
}

/// The organization that all customers name, if there are any and they agree.
async fn of_customers(subscriber: &Subscriber<'_>) -> Option<String> {
    let &Subscriber { client, provider, .. } = subscriber;
    let listing = &provider.listing;
    let path = format!("{}?{}", provider.customer.collection, listing.first(listing.largest_page));
    let answer = client.send(&Request::new("GET", path, None)).await.ok()?;
    let body = answer.json().filter(|_| answer.is_success())?;
    let customers = listing.items(&body)?.iter();
    let ids = customers.map(|customer| usable(&customer[provider.organizations.reference]));
    let ids: BTreeSet<_> = ids.collect::<Option<_>>()?;
    ids.first().filter(|_| ids.len() == 1).cloned()
}

/// An id that can stand in a path.
fn usable(id: &Json) -> Option<String> {
    id.as_str().filter(|id| !id.trim_matches('.').is_empty()).map(str::to_owned)
}

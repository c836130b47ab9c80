//! Whose webhooks a token may read: the stream wants the organization's id in its path.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::refused::{Need, Refused, RulesOut};
use crate::http::{Client, Request};

const ORGANIZATIONS: Need =
    Need { request: "GET /v1/organizations/", to: "see its organization", scopes: "organizations:read" };

/// Learns the id of the organization that the token belongs to: from the list of organizations, which
/// has one item for an organization's token; where the token may not see it, from the customers there
/// are, each of which names its organization (both measured).
pub(super) async fn id(client: &Client) -> Result<String, Refused> {
    let listed = client.send(&Request::new("GET", "/v1/organizations/?limit=2", None)).await;
    let listed = listed.map_err(|failure| Refused::failure(&ORGANIZATIONS, &failure))?;
    if !listed.is_success() {
        let refused = Refused::answer(&ORGANIZATIONS, &listed);
        if matches!(refused.rules_out, RulesOut::Everything(_)) {
            return Err(refused);
        }
        return of_customers(client).await.ok_or(refused);
    }
    let body = listed.json().unwrap_or_default();
    match body["items"].as_array().map(Vec::as_slice) {
        Some([only]) => usable(&only["id"])
            .ok_or_else(|| Refused::because("the organization that GET /v1/organizations/ lists has no `id`")),
        Some([]) => Err(Refused::because("GET /v1/organizations/ lists none, so it is not known whose stream to read")),
        Some(_) => Err(Refused::because(
            "the token sees several organizations, so it is not known whose stream to read; \
             take a token of the one organization that is tested",
        )),
        None => Err(Refused::because("the answer to GET /v1/organizations/ holds no `items`")),
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

//! Webhooks as Polar sends them, about a customer that is handed in.

use serde_json::Value as Json;

use crate::variables::Variables;

/// An event of a type, about the customer that the variables name.
pub(super) fn example(_event_type: &str, _variables: &Variables) -> Option<Json> {
    None
}

//! A value that is expected under a key that it was never sent under.

use serde_json::Value as Json;

use crate::diagnose::finding::{Finding, SCRIPTED};
use crate::diagnose::format::shown;
use crate::diagnose::near;
use crate::diagnose::stands::Stands;
use crate::event::{Check, Code};
use crate::provider::Provider;

/// A value that is expected and was never sent under its key: the scenario's own slip, or the
/// app's.
pub(super) fn never_sent(
    provider: &Provider,
    key: &str,
    line: &str,
    body: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Option<Finding> {
    let wanted = check.expected.as_str()?;
    let (found, also) = (shown(check), stands.map(|stands| stands.said()).unwrap_or_default());
    let is_external_id = key == provider.customer.external_id;
    let meaning = if is_external_id {
        " A customer without it cannot be tied back to the user: they pay and get nothing."
    } else {
        ""
    };
    if let Some(near) = near::miss(body, key, wanted) {
        let code = if is_external_id { Code::ExternalIdLost } else { Code::Mismatch };
        return Some(
            Finding::new(
                code,
                format!(
                    "{line} was sent without a usable `{key}`: its body has {near}, and the answer \
                     has {found} where {wanted} was expected.{also}{meaning}"
                ),
                format!(
                    "Send it as `{key}`: spelt like this, as text, at the top level of the body. \
                     {}",
                    provider.hints.unknown_keys
                ),
            )
            .follows_from(SCRIPTED),
        );
    }
    Some(
        Finding::new(
            Code::Mismatch,
            format!(
                "The answer has {found} as `{key}`, where {wanted} was expected; but {line} was \
                 sent without any.{also}{meaning}"
            ),
            format!("Send `{key}` when the customer is created, or do not expect it."),
        )
        .follows_from(SCRIPTED),
    )
}

//! What an app is to do with Polar's webhooks.

use crate::provider::AppHints;

pub(super) const HINTS: AppHints = AppHints {
    untied: "Find the user by the external ID in the webhook (`data.customer.external_id`, or \
        `data.external_id` of a customer). Where no user is found, answer with an error or keep \
        the webhook: a 2xx says that it was dealt with.",
    grant: "Grant access from subscription.active, benefit_grant.created or \
        customer.state_changed, whichever the app listens to, each by the customer's external ID. \
        An earlier end of another subscription must not stand in the way.",
    keep_until_ended: "Keep access at subscription.canceled: its `status` is still active, and \
        `ends_at` says when it ends. End access at subscription.revoked.",
    end: "End access at subscription.revoked and at customer.deleted. After a plain deletion the \
        external ID in the webhook is null: find the user by the API's own customer id, which the \
        app has stored.",
    only_active: "Look at `status` of the subscription before access is given: only `active` and \
        `trialing` are paid for. subscription.created and subscription.updated come for others as \
        well.",
    standard_key: "Secrets that the API makes since September 2026 are used like this: decode what \
        follows `whsec_` from base64. Older ones are used as they are. Try both, and verify the \
        bytes of the body as they came, before any JSON is parsed.",
    legacy_key: "Secrets from before September 2026, and those that a merchant chose, are used as \
        they are, prefix included. Try both ways, and verify the bytes of the body as they came, \
        before any JSON is parsed.",
};

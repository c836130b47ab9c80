//! Polar, as measured against the open-source server (version of 2026-08-22) unless a line says
//! otherwise.

mod app_hints;
mod events;
mod examples;
mod keys;
mod live;
mod pitfalls;

pub use events::TYPES as EVENT_TYPES;

use super::{
    Access, Bodies, Customer, DeliveryLog, Endpoint, Hints, Listing, Live, Organizations, Payload,
    Provider, Sandbox, Stream, Token, Webhook,
};

/// Everything the checker knows about Polar.
pub const POLAR: Provider = Provider {
    name: "polar",
    root: "/v1/",
    customer: Customer {
        collection: "/v1/customers/",
        by_external_id: "external",
        id: "id",
        external_id: "external_id",
        email: "email",
        name: "name",
        created_at: "created_at",
        created_at_aliases: &["createdAt", "created"],
        changed_at: &[
            ("modified_at", "created_at"),
            ("modifiedAt", "createdAt"),
            ("updated_at", "created_at"),
        ],
        metadata: "metadata",
        metadata_limit: 50,
        reference: "customer_id",
        nested: "customer",
        shared_kinds: &["organization", "product", "price", "benefit", "discount", "meter"],
        external_reference: "external_customer_id",
        search: &["query", "search", "q"],
    },
    bodies: Bodies {
        records: &keys::BODIES,
        inner: &keys::INNER,
        often_meant: &keys::OFTEN_MEANT,
        not_kept: &["sessions", "events", "deliveries", "ingest", "refunds"],
    },
    listing: Listing {
        items: "items",
        pagination: "pagination",
        total: "total_count",
        last_page: "max_page",
        largest_page: 100,
        limit: "limit",
        page: "page",
    },
    webhook: Webhook {
        event_types: &events::TYPES,
        often_meant: &events::OFTEN_MEANT,
        examples: ["customer.created", "order.paid"],
        id_header: "webhook-id",
        timestamp_header: "webhook-timestamp",
        signature_header: "webhook-signature",
        secret_prefix: "whsec_",
        older_secret_prefixes: &["polar_whs_"],
        payload: Payload { event_type: "type", timestamp: "timestamp", data: "data" },
        customer_deleted: "customer.deleted",
        grants: &[".created", ".active", ".paid"],
        usual_paths: &[
            "/api/webhooks/polar",
            "/api/webhook/polar",
            "/api/polar/webhook",
            "/api/polar/webhooks",
            "/api/auth/polar/webhooks",
            "/polar/events",
            "/webhooks/polar",
            "/payments-webhook",
            "/polar/webhook",
        ],
        sent_headers: &[
            ("user-agent", "polar.sh webhooks"),
            ("content-type", "application/json"),
            ("accept", "*/*"),
            ("webhook-api-version", "2026-04"),
        ],
        example: examples::example,
    },
    access: Access {
        status: "status",
        active: &["active", "trialing"],
        family: "subscription.",
        ended: &["subscription.revoked", "customer.deleted"],
        ends_later: "cancel_at_period_end",
        log: "/v1/events/",
    },
    endpoint: Endpoint {
        collection: "/v1/webhooks/endpoints",
        id: "id",
        url: "url",
        name: "name",
        secret: "secret",
        organization: "organization_id",
        enabled: "enabled",
        fixed: &[("format", "raw")],
        events: "events",
        scope: "webhooks:write",
    },
    delivery_log: DeliveryLog {
        collection: "/v1/webhooks/deliveries",
        endpoint: "endpoint_id",
        id: "id",
        event: "webhook_event",
        event_type: "type",
        payload: "payload",
        scope: "webhooks:read",
    },
    stream: Stream {
        path: "/v1/cli/listen/",
        kind: "key",
        connected: "connected",
        secret: "secret",
        webhook: "webhook.created",
        payload: &["payload", "payload"],
        headers: "headers",
        heartbeat_seconds: 15,
        scope: "webhooks:read",
    },
    organizations: Organizations {
        collection: "/v1/organizations/",
        id: "id",
        reference: "organization_id",
        scope: "organizations:read",
    },
    sandbox: Sandbox {
        control: "/_sandbox/",
        faults: "/_sandbox/faults",
        for_all: &["/_sandbox/faults", "/_sandbox/clock", "/_sandbox/reset"],
    },
    live: Live {
        host: "api.polar.sh",
        hosts: &["api.polar.sh", "sandbox-api.polar.sh"],
        sandbox: "https://sandbox-api.polar.sh",
        probe: "/v1/customers/?limit=1",
        kind_of: live::kind_of,
        requests_a_minute: live::requests_a_minute,
    },
    token: Token { variable: "POLAR_ACCESS_TOKEN", family: "polar_", prefix: "polar_oat_" },
    hints: Hints {
        deleted_without_external_id: "A customer that was deleted with ?anonymize=true keeps its \
            external_id in this webhook. After a plain deletion it is null on the real API, and \
            only \
            the API's own id says who it was: store that with the user.",
        refused_domain: (
            "does not accept email",
            "The target looks e-mail domains up. Give one of yours that takes mail: --var \
             email_domain=yourdomain.com.",
        ),
        taken: "already exists",
        unknown_keys: "The API passes over keys that it does not know, without a word.",
        outer_spaces: "The real API cuts outer spaces off: what are two users here is one there, \
            and code that was tried here fails there.",
        set_once: "An external_id may be set once: leave it out of updates, or send the one that \
            the customer has.",
        keep_external_id: "Refuse every change of an external_id that is set, with 422; only null \
            may become a value.",
        unique_external_id: "Keep external_id unique (a UNIQUE index, so that two requests at once \
            cannot both succeed) and answer 422.",
        unique_email: "Keep e-mails unique, ignoring case, and answer 422.",
        app: app_hints::HINTS,
    },
    pitfalls: &pitfalls::PITFALLS,
};

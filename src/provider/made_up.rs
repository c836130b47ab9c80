//! A provider that does not exist, with names of its own for everything: what works for it as well
//! does not depend on one provider's names.

use super::{
    Bodies, Customer, DeliveryLog, Endpoint, Hints, Listing, Live, Organizations, Payload,
    Provider, Stream, Token, Webhook,
};
use crate::event::TargetKind;

/// People with a `ref`, under `/people`.
pub const ACME: Provider = Provider {
    name: "Acme",
    customer: Customer {
        collection: "/people/",
        by_external_id: "by-ref",
        id: "key",
        external_id: "ref",
        email: "mail",
        created_at: "since",
        created_at_aliases: &[],
        changed_at: &[("touched", "since")],
        metadata: "labels",
        metadata_limit: 3,
        reference: "person",
        shared_kinds: &["tenant", "plan"],
    },
    bodies: Bodies {
        records: &[("people", &["mail", "ref", "labels"])],
        inner: &[],
        often_meant: &[("email", &["mail"])],
    },
    listing: Listing {
        items: "rows",
        pagination: "paging",
        total: "total",
        last_page: "pages",
        largest_page: 50,
        limit: "most",
        page: "at",
    },
    webhook: Webhook {
        event_types: &["person.added", "person.changed", "person.removed"],
        often_meant: &[("person.created", "person.added")],
        id_header: "acme-id",
        timestamp_header: "acme-time",
        signature_header: "acme-signature",
        secret_prefix: "acme_",
        older_secret_prefixes: &[],
        payload: Payload { event_type: "what", timestamp: "when", data: "person" },
        customer_deleted: "person.removed",
        grants: &[".added"],
    },
    endpoint: Endpoint {
        collection: "/hooks",
        id: "key",
        url: "target",
        name: "label",
        secret: "signing_key",
        organization: "tenant",
        enabled: "on",
        fixed: &[("style", "plain")],
        events: "topics",
        scope: "hooks:write",
    },
    delivery_log: DeliveryLog {
        collection: "/hooks/log",
        endpoint: "hook",
        id: "key",
        event: "message",
        event_type: "topic",
        payload: "text",
        scope: "hooks:read",
    },
    stream: Stream {
        path: "/hooks/stream/",
        kind: "kind",
        connected: "hello",
        secret: "signing_key",
        webhook: "message",
        payload: &["message", "text"],
        headers: "head",
        heartbeat_seconds: 5,
        scope: "hooks:read",
    },
    organizations: Organizations {
        collection: "/tenants/",
        id: "key",
        reference: "tenant",
        scope: "tenants:read",
    },
    live: Live {
        host: "api.acme.example",
        sandbox: "https://sandbox.acme.example",
        probe: "/people/?limit=1",
        kind_of: |_| Some(TargetKind::Other),
        requests_a_minute: |_| None,
    },
    token: Token { variable: "ACME_TOKEN", prefix: "acme_", scopes: &["people"] },
    hints: Hints {
        deleted_without_external_id: "A removed person has no ref in this webhook.",
        refused_domain: ("no mail there", "Give a domain that takes mail."),
        taken: "in use",
    },
};

//! The keys that Polar reads in the bodies of creations and updates. It ignores all others.

use crate::provider::Fields;

/// The records whose bodies are known, by the last word of the path of their collection.
pub(super) const BODIES: [Fields; 6] = [
    ("customers", &CUSTOMER),
    ("members", &["email", "name", "external_id", "role", "customer_id"]),
    ("endpoints", &["url", "name", "format", "events", "secret", "enabled", "organization_id"]),
    ("subscriptions", &["product_id", "external_customer_id", "customer_id", "metadata"]),
    (
        "customer-sessions",
        &["customer_id", "external_customer_id", "member_id", "external_member_id", "return_url"],
    ),
    ("checkouts", &CHECKOUT),
];

const CUSTOMER: [&str; 10] = [
    "email",
    "name",
    "external_id",
    "metadata",
    "billing_address",
    "tax_id",
    "locale",
    "type",
    "owner",
    "organization_id",
];

const CHECKOUT: [&str; 26] = [
    "products",
    "product_id",
    "external_customer_id",
    "customer_id",
    "customer_email",
    "customer_name",
    "customer_ip_address",
    "customer_billing_address",
    "customer_billing_name",
    "customer_tax_id",
    "customer_metadata",
    "custom_field_data",
    "metadata",
    "discount_id",
    "allow_discount_codes",
    "require_billing_address",
    "is_business_customer",
    "amount",
    "seats",
    "currency",
    "prices",
    "subscription_id",
    "success_url",
    "return_url",
    "embed_origin",
    "locale",
];

/// The records inside of others, by their key.
pub(super) const INNER: [Fields; 3] = [
    ("billing_address", &["line1", "line2", "postal_code", "city", "state", "country"]),
    ("customer_billing_address", &["line1", "line2", "postal_code", "city", "state", "country"]),
    ("owner", &["email", "name", "external_id"]),
];

/// What people write, without `_` and capitals, in place of a key. Of several keys the first that
/// the record has is meant.
pub(super) const OFTEN_MEANT: [Fields; 44] = [
    ("mail", &["email", "customer_email"]),
    ("emailaddress", &["email", "customer_email"]),
    ("mailaddress", &["email", "customer_email"]),
    ("customeremail", &["email"]),
    ("useremail", &["email", "customer_email"]),
    ("fullname", &["name", "customer_name"]),
    ("displayname", &["name", "customer_name"]),
    ("customername", &["name"]),
    ("username", &["name", "customer_name"]),
    ("id", &["external_id"]),
    ("extid", &["external_id", "external_customer_id"]),
    ("external", &["external_id", "external_customer_id"]),
    ("externalid", &["external_id", "external_customer_id"]),
    ("userid", &["external_id", "external_customer_id"]),
    ("uid", &["external_id", "external_customer_id"]),
    ("user", &["external_id", "external_customer_id"]),
    ("appuserid", &["external_id", "external_customer_id"]),
    ("externaluserid", &["external_id", "external_customer_id"]),
    ("externalcustomerid", &["external_id"]),
    ("customerexternalid", &["external_customer_id", "external_id"]),
    ("customerid", &["external_id"]),
    ("referenceid", &["external_id", "external_customer_id"]),
    ("clientreferenceid", &["external_id", "external_customer_id"]),
    ("internalid", &["external_id", "external_customer_id"]),
    ("meta", &["metadata"]),
    ("customdata", &["metadata"]),
    ("customermetadata", &["metadata"]),
    ("address", &["billing_address", "customer_billing_address"]),
    ("billing", &["billing_address", "customer_billing_address"]),
    ("vat", &["tax_id", "customer_tax_id"]),
    ("vatid", &["tax_id", "customer_tax_id"]),
    ("vatnumber", &["tax_id", "customer_tax_id"]),
    ("taxnumber", &["tax_id", "customer_tax_id"]),
    ("language", &["locale"]),
    ("product", &["product_id", "products"]),
    ("endpoint", &["url"]),
    ("endpointurl", &["url"]),
    ("webhookurl", &["url"]),
    ("eventtypes", &["events"]),
    ("enabledevents", &["events"]),
    ("zip", &["postal_code"]),
    ("zipcode", &["postal_code"]),
    ("street", &["line1"]),
    ("countrycode", &["country"]),
];

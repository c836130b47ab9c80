-- UNIQUE indexes carry the API's own rules, so that two requests at once cannot both win. `doc`
-- columns hold the answer itself, as JSON, rendered when it changed: reading is copying.

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE customer (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    email_key TEXT, external_id TEXT, name_key TEXT, external_key TEXT,
    deleted INTEGER NOT NULL DEFAULT 0, doc TEXT NOT NULL, state TEXT);
CREATE UNIQUE INDEX customer_email ON customer (email_key)
    WHERE deleted = 0 AND email_key IS NOT NULL;
CREATE UNIQUE INDEX customer_external ON customer (external_id)
    WHERE deleted = 0 AND external_id IS NOT NULL;

-- `customer` is the customer's seq: rows of an index that grow in order are much cheaper than
-- random ones.
CREATE TABLE member (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    customer INTEGER NOT NULL, email_key TEXT NOT NULL, external_id TEXT, role TEXT NOT NULL,
    doc TEXT NOT NULL);
CREATE UNIQUE INDEX member_email ON member (customer, email_key);

CREATE TABLE endpoint (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, url TEXT NOT NULL, events TEXT NOT NULL,
    secret TEXT NOT NULL, standard INTEGER NOT NULL, enabled INTEGER NOT NULL DEFAULT 1,
    failures INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, doc TEXT NOT NULL);

-- Events that have not been made into webhooks yet.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, customer BLOB, payload TEXT,
    due INTEGER NOT NULL);

-- A webhook for one endpoint, pending or sent.
CREATE TABLE webhook (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, endpoint BLOB NOT NULL,
    type TEXT NOT NULL, payload TEXT NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER,
    last_http_code INTEGER, succeeded INTEGER, skipped INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0, again INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 1, due INTEGER NOT NULL);
CREATE INDEX webhook_pending ON webhook (endpoint, seq) WHERE pending = 1;

-- Each attempt to deliver one.
CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, webhook INTEGER NOT NULL,
    endpoint BLOB NOT NULL, created_at INTEGER NOT NULL, succeeded INTEGER NOT NULL,
    http_code INTEGER, response TEXT);

-- The event log. `customer` and `external_customer_id` are what an event came with; `parent` is
-- another event's id.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, at INTEGER NOT NULL,
    name TEXT NOT NULL, source TEXT NOT NULL, customer BLOB, external_customer_id TEXT,
    member BLOB, external_member_id TEXT, external_id TEXT, parent BLOB, metadata TEXT NOT NULL);
CREATE UNIQUE INDEX event_external ON event (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX event_parent ON event (parent) WHERE parent IS NOT NULL;

-- What is to be done later.
CREATE TABLE job (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, due INTEGER NOT NULL,
    UNIQUE (kind, subject));
CREATE INDEX job_due ON job (due, seq);

-- What is sold: `doc` holds a record's own fields, and the other columns are read out of it.
CREATE TABLE product (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);

CREATE TABLE benefit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    deleted INTEGER AS (doc ->> 'is_deleted'));

CREATE TABLE benefit_grant (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'), benefit TEXT AS (doc ->> 'benefit_id'),
    granted INTEGER AS (doc ->> 'is_granted'),
    source TEXT AS (coalesce(doc ->> 'subscription_id', doc ->> 'order_id')));
CREATE INDEX grant_source ON benefit_grant (source);
CREATE INDEX grant_customer ON benefit_grant (customer);
CREATE INDEX grant_benefit ON benefit_grant (benefit);

CREATE TABLE license_key (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    key TEXT AS (doc ->> 'key'));
CREATE INDEX license_key_key ON license_key (key);

CREATE TABLE discount (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    code TEXT AS (lower(doc ->> 'code')));
CREATE UNIQUE INDEX discount_code ON discount (code) WHERE code IS NOT NULL;

CREATE TABLE meter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);

CREATE TABLE customer_meter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'), meter TEXT AS (doc ->> 'meter_id'));
CREATE INDEX customer_meter_customer ON customer_meter (customer);

CREATE TABLE subscription (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'), product TEXT AS (doc ->> 'product_id'),
    status TEXT AS (doc ->> 'status'));
CREATE INDEX subscription_customer ON subscription (customer);
CREATE INDEX subscription_product ON subscription (product);

-- An order; `order` is a word of SQL.
CREATE TABLE purchase (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'), subscription TEXT AS (doc ->> 'subscription_id'));
CREATE INDEX purchase_customer ON purchase (customer);

CREATE TABLE refund (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'));

CREATE TABLE checkout (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    customer TEXT AS (doc ->> 'customer_id'), secret TEXT AS (doc ->> 'client_secret'));
CREATE INDEX checkout_secret ON checkout (secret);

CREATE TABLE checkout_link (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    secret TEXT AS (doc ->> 'client_secret'));

CREATE TABLE customer_session (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    token TEXT AS (doc ->> 'token'));
CREATE INDEX customer_session_token ON customer_session (token);

-- Keys begin with the tenant everywhere: even a wrong query cannot join two customers, and a distributed PostgreSQL
-- can place each customer's rows on one node.

CREATE TABLE customers (
    customer_id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    prefix text NOT NULL,
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, prefix)
);

-- ── idempotency, promised work ──────────────────────────────────────────────────────────────────────────────────

CREATE TABLE idempotency_keys (
    customer_id uuid NOT NULL REFERENCES customers,
    operation text NOT NULL,
    key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    command_hash bytea NOT NULL CHECK (octet_length(command_hash) = 32),
    resource_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, operation, key)
);

CREATE TABLE outbox_messages (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    kind text NOT NULL,
    resource_id uuid NOT NULL,
    request_id text,
    status text NOT NULL CHECK (status IN ('PENDING', 'DEAD')),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    next_attempt_at timestamptz,
    lease_token uuid,
    last_error text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    CHECK ((status = 'PENDING') = (next_attempt_at IS NOT NULL))
) WITH (fillfactor = 70);

CREATE INDEX outbox_messages_due ON outbox_messages (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX outbox_messages_resource ON outbox_messages (customer_id, resource_id);

-- ── events and the feed ─────────────────────────────────────────────────────────────────────────────────────────

CREATE SEQUENCE event_insertion CACHE 1;

CREATE TABLE events (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    type text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    resource_version integer NOT NULL CHECK (resource_version > 0),
    holder_id uuid,
    body text NOT NULL,
    via text NOT NULL,
    actor text NOT NULL,
    request_id text,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id)
);

-- Committed events wait here, narrow, for their position in the feed.
CREATE TABLE unnumbered_events (
    customer_id uuid NOT NULL REFERENCES customers,
    insertion bigint NOT NULL DEFAULT nextval('event_insertion'),
    event_id uuid NOT NULL,
    type text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    holder_id uuid,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, insertion)
);

CREATE TABLE feeds (
    customer_id uuid PRIMARY KEY REFERENCES customers,
    last_position bigint NOT NULL DEFAULT 0 CHECK (last_position >= 0)
);

CREATE TABLE feed_entries (
    customer_id uuid NOT NULL REFERENCES customers,
    position bigint NOT NULL CHECK (position > 0),
    event_id uuid NOT NULL,
    type text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    holder_id uuid,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, position),
    UNIQUE (customer_id, event_id),
    FOREIGN KEY (customer_id, event_id) REFERENCES events (customer_id, id)
);

CREATE INDEX feed_entries_resource ON feed_entries (customer_id, resource_id, position);
CREATE INDEX feed_entries_type ON feed_entries (customer_id, type, position);
CREATE INDEX feed_entries_resource_type ON feed_entries (customer_id, resource_type, position);
CREATE INDEX feed_entries_holder ON feed_entries (customer_id, holder_id, position);
CREATE INDEX feed_entries_occurred_at ON feed_entries (customer_id, occurred_at, position);

-- The metadata under the customer's id, so that an index on it begins with the tenant (btree_gin is not everywhere).
-- Immutable in truth: a uuid's text and a jsonb value depend on no setting, though jsonb_build_object is only STABLE.
CREATE FUNCTION tenant_metadata(customer_id uuid, metadata jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT jsonb_build_object(customer_id::text, metadata) $$;

-- ── holders ─────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE holders (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ENDUSER', 'CUSTOMER')),
    status text NOT NULL CHECK (status IN ('PENDING', 'MISSING_DATA', 'QUARANTINE', 'OK', 'DECLINED')),
    status_reason text,
    missing_data text[] NOT NULL DEFAULT '{}',
    party text NOT NULL CHECK (party IN ('PERSON', 'COMPANY')),
    name text NOT NULL CHECK (name <> ''),
    date_of_birth date,
    registration_number text,
    email text,
    line1 text,
    line2 text,
    city text,
    region text,
    postal_code text,
    country text CHECK (country ~ '^[A-Z]{2}$'),
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    screening_round integer NOT NULL DEFAULT 1 CHECK (screening_round > 0),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    CHECK ((kind = 'CUSTOMER') = (id = customer_id)),
    CHECK ((status = 'MISSING_DATA') = (cardinality(missing_data) > 0)),
    CHECK (party = 'PERSON' OR date_of_birth IS NULL),
    CHECK (party = 'COMPANY' OR registration_number IS NULL)
);

CREATE INDEX holders_created_at ON holders (customer_id, created_at, id);
CREATE INDEX holders_kind ON holders (customer_id, kind, created_at, id);
CREATE INDEX holders_status ON holders (customer_id, status, created_at, id);
CREATE INDEX holders_updated_at ON holders (customer_id, updated_at, id);
CREATE INDEX holders_metadata ON holders USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops);

-- ── the journal's posting accounts ──────────────────────────────────────────────────────────────────────────────

CREATE TABLE posting_accounts (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    book text NOT NULL CHECK (book IN ('BANK', 'VIRTUAL', 'WALLET')),
    asset text NOT NULL CHECK (asset ~ '^[A-Z0-9]{2,12}$'),
    scale smallint NOT NULL CHECK (scale BETWEEN 0 AND 18),
    normal_side text NOT NULL CHECK (normal_side IN ('DEBIT', 'CREDIT')),
    holder_id uuid,
    is_open boolean NOT NULL,
    allow_negative boolean NOT NULL,
    debits numeric(38, 0) NOT NULL DEFAULT 0 CHECK (debits >= 0),
    credits numeric(38, 0) NOT NULL DEFAULT 0 CHECK (credits >= 0),
    held numeric(38, 0) NOT NULL DEFAULT 0 CHECK (held >= 0),
    sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    last_posted_at timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    CHECK (allow_negative OR held <= CASE normal_side WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END)
) WITH (fillfactor = 70);

-- ── ledgers ─────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE ledgers (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    holder_id uuid,
    type text NOT NULL CHECK (type IN ('SINGLE_USER', 'OMNIBUS')),
    is_virtual boolean NOT NULL,
    asset_class text NOT NULL CHECK (asset_class IN ('CURRENCY', 'COMMODITY')),
    asset text NOT NULL,
    scale smallint NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'MISSING_DATA', 'OK', 'ERROR', 'DECLINED', 'CLOSED')),
    status_reason text,
    missing_data text[] NOT NULL DEFAULT '{}',
    primary_uses text[] NOT NULL,
    assets_owned_by text CHECK (assets_owned_by IN ('ME', 'OTHER')),
    jurisdiction text CHECK (jurisdiction ~ '^[A-Z]{2}$'),
    partner_product text,
    iban text,
    bic text,
    iban_status text NOT NULL
        CHECK (iban_status IN ('NOT_REQUESTED', 'PENDING', 'OK', 'DECLINED', 'UNABLE_TO_ADVANCE')),
    iban_request_id uuid,
    sort_code text CHECK (sort_code ~ '^[0-9]{6}$'),
    account_number text CHECK (account_number ~ '^[0-9]{8}$'),
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, id) REFERENCES posting_accounts (customer_id, id),
    FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    CHECK (is_virtual = (partner_product IS NULL)),
    CHECK (NOT is_virtual OR iban_status = 'NOT_REQUESTED'),
    CHECK (is_virtual OR (assets_owned_by IS NOT NULL AND jurisdiction IS NOT NULL)),
    CHECK ((iban_status = 'OK') = (iban IS NOT NULL)),
    CHECK ((iban IS NULL) = (bic IS NULL)),
    CHECK ((sort_code IS NULL) = (account_number IS NULL)),
    CHECK ((status = 'MISSING_DATA') = (cardinality(missing_data) > 0)),
    CHECK (status <> 'MISSING_DATA' OR holder_id IS NOT NULL)
);

CREATE UNIQUE INDEX ledgers_iban ON ledgers (customer_id, iban) WHERE iban IS NOT NULL;
CREATE UNIQUE INDEX ledgers_uk_bank_account ON ledgers (customer_id, sort_code, account_number)
    WHERE sort_code IS NOT NULL;
CREATE INDEX ledgers_created_at ON ledgers (customer_id, created_at, id);
CREATE INDEX ledgers_holder ON ledgers (customer_id, holder_id, created_at, id);
CREATE INDEX ledgers_unassigned ON ledgers (customer_id, created_at, id) WHERE holder_id IS NULL;
CREATE INDEX ledgers_status ON ledgers (customer_id, status, created_at, id);
CREATE INDEX ledgers_iban_status ON ledgers (customer_id, iban_status, created_at, id);
CREATE INDEX ledgers_type ON ledgers (customer_id, type, created_at, id);
CREATE INDEX ledgers_asset ON ledgers (customer_id, asset, created_at, id);
CREATE INDEX ledgers_asset_class ON ledgers (customer_id, asset_class, created_at, id);
CREATE INDEX ledgers_partner_product ON ledgers (customer_id, partner_product, created_at, id);
CREATE INDEX ledgers_virtual ON ledgers (customer_id, is_virtual, created_at, id);
CREATE INDEX ledgers_metadata ON ledgers USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops);

-- When a ledger last changed in any way. Narrow and apart, so that a posting never touches an index of `ledgers`.
CREATE TABLE ledger_changes (
    customer_id uuid NOT NULL REFERENCES customers,
    ledger_id uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, ledger_id),
    FOREIGN KEY (customer_id, ledger_id) REFERENCES ledgers (customer_id, id)
);

CREATE INDEX ledger_changes_changed_at ON ledger_changes (customer_id, changed_at, ledger_id);

-- What banks have given out, over all customers: no two ledgers of anybody may share one. Without tenant by nature.
CREATE TABLE reserved_bank_identifiers (
    kind text NOT NULL CHECK (kind IN ('IBAN', 'UK_BANK_ACCOUNT')),
    value text NOT NULL,
    customer_id uuid NOT NULL,
    ledger_id uuid NOT NULL,
    PRIMARY KEY (kind, value)
);

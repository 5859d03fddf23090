-- Endpoints stay as rows when they are deleted, so that what was delivered to them can still be told.
CREATE TABLE webhook_endpoints (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    url text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2048),
    description text CHECK (description <> ''),
    status text NOT NULL CHECK (status IN ('ENABLED', 'PAUSED', 'DISABLED')),
    status_reason text,
    event_types text[] NOT NULL,
    payload text NOT NULL CHECK (payload IN ('FULL', 'THIN', 'NOTIFICATION')),
    ordered boolean NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    first_position bigint NOT NULL CHECK (first_position >= 0),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (customer_id, id)
);

-- Several for each endpoint: the old one signs along while a new one is being rolled out.
CREATE TABLE webhook_secrets (
    customer_id uuid NOT NULL REFERENCES customers,
    endpoint_id uuid NOT NULL,
    id uuid NOT NULL,
    scheme text NOT NULL CHECK (scheme IN ('v1', 'v1a')),
    sealed bytea NOT NULL CHECK (octet_length(sealed) > 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (customer_id, endpoint_id, id),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id)
);

-- Up to where a customer's feed has been turned into deliveries. A customer that never had an endpoint has no row.
CREATE TABLE webhook_fan_outs (
    customer_id uuid PRIMARY KEY REFERENCES customers,
    position bigint NOT NULL CHECK (position >= 0)
);

-- `next_attempt_at` is null where nothing is to be done: settled, or held because the endpoint is not enabled.
-- No foreign key to `events`: deliveries may outlive them.
CREATE TABLE webhook_deliveries (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    message_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    feed_position bigint NOT NULL CHECK (feed_position >= 0),
    payload text NOT NULL CHECK (payload IN ('FULL', 'THIN', 'NOTIFICATION')),
    status text NOT NULL CHECK (status IN ('PENDING', 'RETRYING', 'DELIVERED', 'EXHAUSTED', 'CANCELLED')),
    attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    next_attempt_at timestamptz,
    lease_token uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, id),
    UNIQUE (customer_id, endpoint_id, message_id),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id),
    CHECK (next_attempt_at IS NULL OR status IN ('PENDING', 'RETRYING')),
    CHECK (lease_token IS NULL OR next_attempt_at IS NOT NULL),
    CHECK (status NOT IN ('RETRYING', 'DELIVERED', 'EXHAUSTED') OR attempt_count > 0)
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (customer_id, endpoint_id, status, next_attempt_at)
    WHERE next_attempt_at IS NOT NULL;
CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (customer_id, created_at, id);
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (customer_id, endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_resource ON webhook_deliveries (customer_id, resource_id, created_at, id);
-- Nearly all are delivered, so the list of those needs no index of its own.
CREATE INDEX webhook_deliveries_status ON webhook_deliveries (customer_id, status, created_at, id)
    WHERE status <> 'DELIVERED';

CREATE TABLE webhook_attempts (
    customer_id uuid NOT NULL REFERENCES customers,
    delivery_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL CHECK (duration_ms >= 0),
    response_status integer,
    error text,
    response_body text,
    PRIMARY KEY (customer_id, delivery_id, number),
    FOREIGN KEY (customer_id, delivery_id) REFERENCES webhook_deliveries (customer_id, id)
);

-- Safe from: 0006
-- What is to be sent again. `position` is how far along the feed it has been made due: the work goes on from there.
CREATE TABLE webhook_replays (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    event_types text[],
    resource_id uuid,
    statuses text[],
    matched bigint NOT NULL CHECK (matched >= 0),
    scheduled bigint NOT NULL DEFAULT 0 CHECK (scheduled >= 0),
    position bigint NOT NULL CHECK (position >= 0),
    last_position bigint NOT NULL CHECK (last_position >= position),
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (customer_id, id),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id),
    CHECK (since <= until)
);

CREATE INDEX webhook_replays_open ON webhook_replays (customer_id, endpoint_id) WHERE finished_at IS NULL;

-- When a delivery was last made due by hand. The schedule begins anew there.
ALTER TABLE webhook_deliveries ADD COLUMN replayed_at timestamptz;

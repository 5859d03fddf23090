-- Safe from: 0006
-- Formerly: fe004df1cd2ebe440f71be4678a00c7bbf41652ec4f18d97f6554458bc98afe2
-- Endpoints whose last attempt failed; the next success deletes the row. So a healthy endpoint has none, and its results
-- are recorded without a write here.
CREATE TABLE webhook_failing_endpoints (
    customer_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    -- Failures in a row, and when the first and the last of them were recorded.
    failure_count integer NOT NULL CHECK (failure_count >= 0),
    failing_since timestamptz NOT NULL,
    failed_at timestamptz NOT NULL,
    -- Of a PAUSED endpoint: since when, how often it was probed, and when it is probed next.
    paused_at timestamptz,
    probe_count integer NOT NULL DEFAULT 0 CHECK (probe_count >= 0),
    next_probe_at timestamptz,
    PRIMARY KEY (customer_id, endpoint_id),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id),
    CHECK ((paused_at IS NULL) = (next_probe_at IS NULL)),
    CHECK (failed_at >= failing_since)
);
CREATE INDEX webhook_failing_endpoints_probe ON webhook_failing_endpoints (next_probe_at)
    WHERE next_probe_at IS NOT NULL;

-- Attempts that the schedule does not count, such as the probes of a paused endpoint. `attempt_count` holds them too.
-- The constraint is validated by 0028_checked; 0027_indexes makes the index by which what is suspended is found.
ALTER TABLE webhook_deliveries
    ADD COLUMN unscheduled_count integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT webhook_deliveries_unscheduled_count_check CHECK (unscheduled_count >= 0) NOT VALID;

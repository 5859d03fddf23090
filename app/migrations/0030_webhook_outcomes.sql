-- Safe from: 0006
-- How many deliveries of an endpoint ended in an hour, so that nobody has to count them. Each worker has a slot, so that
-- none waits for another's commit.
CREATE TABLE webhook_outcomes (
    customer_id uuid NOT NULL REFERENCES customers,
    endpoint_id uuid NOT NULL,
    hour timestamptz NOT NULL,
    slot smallint NOT NULL CHECK (slot >= 0),
    delivered bigint NOT NULL CHECK (delivered >= 0),
    failed bigint NOT NULL CHECK (failed >= 0),
    PRIMARY KEY (customer_id, endpoint_id, hour, slot),
    FOREIGN KEY (customer_id, endpoint_id) REFERENCES webhook_endpoints (customer_id, id)
) WITH (fillfactor = 50);

INSERT INTO webhook_outcomes (customer_id, endpoint_id, hour, slot, delivered, failed)
SELECT customer_id, endpoint_id, date_trunc('hour', updated_at, 'UTC'), 0,
       count(*) FILTER (WHERE status = 'DELIVERED'), count(*) FILTER (WHERE status = 'EXHAUSTED')
FROM webhook_deliveries
WHERE status IN ('DELIVERED', 'EXHAUSTED') AND updated_at > now() - interval '7 days'
GROUP BY customer_id, endpoint_id, date_trunc('hour', updated_at, 'UTC');

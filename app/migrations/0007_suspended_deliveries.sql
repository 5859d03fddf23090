-- Safe from: 0006
-- What is suspended, for when its endpoint is enabled or deleted. It costs nothing while nothing is suspended.
CREATE INDEX webhook_deliveries_suspended ON webhook_deliveries (customer_id, endpoint_id, created_at, id)
    WHERE next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING');

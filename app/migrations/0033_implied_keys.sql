-- Safe from: 0006
-- Each of these is implied by another key of the same row: that of its endpoint, or of its delivery, which begins with the
-- customer. Checking it took as long as writing the row.
ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_customer_id_fkey;
ALTER TABLE webhook_attempts DROP CONSTRAINT webhook_attempts_customer_id_fkey;

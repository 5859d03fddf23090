-- Safe from: 0006
-- Concurrently
-- What is found by its amount; and the scales that a customer has of an asset, in which an amount is meant.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posting_accounts_unit ON posting_accounts (customer_id, asset, scale);
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_amount
    ON transfers (customer_id, asset, amount_minor_units, posted_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_amount
    ON payments (customer_id, asset, amount_minor_units, created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_amount ON holds (
    customer_id, asset,
    (CASE WHEN status = 'PLACED' OR parts_version IS DISTINCT FROM version
        THEN amount_minor_units + coalesce(captured_minor_units, 0) + coalesce(released_minor_units, 0)
        ELSE amount_minor_units END),
    created_at, id
);

-- Safe from: 0006
-- Concurrently
-- What is found by its amount; and the scales that a customer has of an asset, in which an amount is meant.
-- Where a row is looked up by its key, another whole index might be taken, and all of the customer's rows read. So each
-- of these is of part of a table: of accounts that are not the system's, and of amounts above zero, as all of them are.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posting_accounts_unit ON posting_accounts (customer_id, asset, scale)
    WHERE NOT is_system;
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_amount
    ON transfers (customer_id, asset, amount_minor_units, posted_at, id) WHERE amount_minor_units > 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_amount
    ON payments (customer_id, asset, amount_minor_units, created_at, id) WHERE amount_minor_units > 0;
CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_amount ON holds (
    customer_id, asset,
    (CASE WHEN status = 'PLACED' OR parts_version IS DISTINCT FROM version
        THEN amount_minor_units + coalesce(captured_minor_units, 0) + coalesce(released_minor_units, 0)
        ELSE amount_minor_units END),
    created_at, id
) WHERE amount_minor_units > 0;

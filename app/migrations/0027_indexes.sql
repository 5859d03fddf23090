-- Safe from: 0006
-- Concurrently
-- Several transfers may capture one hold.
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_captures ON transfers (customer_id, hold_id, posted_at, id)
    WHERE hold_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS transfers_hold;

CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_group ON transfers (customer_id, group_id, posted_at, id)
    WHERE group_id IS NOT NULL;

-- For databases that got 0017_reversals_in_part in its earlier form.
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_reversals ON transfers (customer_id, reverses_id, posted_at, id)
    WHERE reverses_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS transfers_reverses;

-- What is suspended is probed and resumed in the order of the feed.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_deliveries_held
    ON webhook_deliveries (customer_id, endpoint_id, feed_position, id)
    WHERE next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING');
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_suspended;
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_deliveries_in_order
    ON webhook_deliveries (customer_id, endpoint_id, resource_id, feed_position)
    WHERE is_ordered AND status IN ('PENDING', 'RETRYING');

-- What is frozen, which is little.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ledgers_frozen ON ledgers (customer_id, created_at, id)
    WHERE freeze_scope IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS wallets_frozen ON wallets (customer_id, created_at, id)
    WHERE freeze_scope IS NOT NULL;

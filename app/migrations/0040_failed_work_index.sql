-- Safe from: 0006
-- Concurrently
-- Promised work that failed, which is little: much may be promised for later, such as the ends of holds.
CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_messages_failed ON outbox_messages (customer_id, created_at, id)
    WHERE last_error IS NOT NULL;

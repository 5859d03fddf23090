-- Safe from: 0006
-- Concurrently
-- Formerly: 1f7828c396b8fa13d916e54c46d274e14a4e7d67f5bec6eff016f459bc8f05e8
-- Several transfers may reverse one, each a part of it. Earlier versions refuse to reverse what has one reversal.
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_reversals ON transfers (customer_id, reverses_id, posted_at, id)
    WHERE reverses_id IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS transfers_reverses;

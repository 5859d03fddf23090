-- Safe from: 0043
-- Held
-- Concurrently
-- Instants are found by a search over positions, so nothing reads this index. An earlier version would, for replays.
DROP INDEX CONCURRENTLY IF EXISTS feed_entries_occurred_at;

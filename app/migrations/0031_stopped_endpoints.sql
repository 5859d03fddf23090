-- Safe from: 0006
-- Concurrently
-- Counted at each scrape of the metrics, however many endpoints there are.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_endpoints_stopped ON webhook_endpoints (status)
    WHERE status <> 'ENABLED' AND deleted_at IS NULL;

-- Safe from: 0006
-- Concurrently
-- Public keys are asked for by the endpoint alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_secrets_public ON webhook_secrets (endpoint_id) WHERE scheme = 'v1a';

-- Safe from: 0006
-- Concurrently
-- What holders, payments and holds are found by.
CREATE INDEX CONCURRENTLY IF NOT EXISTS holders_words ON holders USING gin (tenant_words(customer_id, words));
CREATE INDEX CONCURRENTLY IF NOT EXISTS holders_without_words ON holders (customer_id, id)
    WHERE words_of IS DISTINCT FROM name || E'\n' || coalesce(email, '');
CREATE INDEX CONCURRENTLY IF NOT EXISTS holders_email ON holders (customer_id, lower(email), created_at, id)
    WHERE email IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_counterparty_iban
    ON payments (customer_id, counterparty_iban, created_at, id) WHERE counterparty_iban IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_counterparty_account
    ON payments (customer_id, counterparty_sort_code, counterparty_account_number, created_at, id)
    WHERE counterparty_sort_code IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_counterparty_name
    ON payments (customer_id, lower(counterparty_name), created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_partner_reference
    ON payments (customer_id, partner_reference, created_at, id) WHERE partner_reference IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_metadata
    ON payments USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops) WHERE metadata <> '{}';
CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_metadata
    ON holds USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops) WHERE metadata <> '{}';

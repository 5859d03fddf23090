-- Safe from: 0006
-- Concurrently
-- Formerly: 4f8d9d5447ef0e5366ec881e004dfa38a26b8b7fcd697371950f3b649408ad41
-- Only backdated transfers are in these indexes, so others pay nothing for them.
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_backdated_debit
    ON transfers (customer_id, debit_id, effective_at) INCLUDE (amount_minor_units) WHERE effective_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_backdated_credit
    ON transfers (customer_id, credit_id, effective_at) INCLUDE (amount_minor_units) WHERE effective_at IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_backdated
    ON transfers (customer_id, effective_at) WHERE effective_at IS NOT NULL;

-- Safe from: 0006
-- Concurrently
-- References are found in any case too: an index on the text in lower case serves both, so it takes the place of the one
-- on the text as it is. An earlier version that still runs finds the same, but slowly until it is replaced.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_reference_folded
    ON payments (customer_id, lower(reference), created_at, id) WHERE reference IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_partner_reference_folded
    ON payments (customer_id, lower(partner_reference), created_at, id) WHERE partner_reference IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS transfers_reference_folded
    ON transfers (customer_id, lower(reference), posted_at, id) WHERE reference IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS holds_reference_folded
    ON holds (customer_id, lower(reference), created_at, id) WHERE reference IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS accounts_reference_folded ON accounts (customer_id, lower(reference), id);
DROP INDEX CONCURRENTLY IF EXISTS payments_reference;
DROP INDEX CONCURRENTLY IF EXISTS payments_partner_reference;
DROP INDEX CONCURRENTLY IF EXISTS transfers_reference;
DROP INDEX CONCURRENTLY IF EXISTS holds_reference;
-- The account number in an IBAN: what follows the check digits, and in a British one what follows the bank's letters.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payments_counterparty_number
    ON payments (customer_id, substr(counterparty_iban, CASE WHEN counterparty_iban LIKE 'GB%' THEN 9 ELSE 5 END),
                 created_at, id)
    WHERE counterparty_iban IS NOT NULL;

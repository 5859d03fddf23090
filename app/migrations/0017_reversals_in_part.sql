-- Safe from: 0006
-- Several transfers may reverse one, each a part of it. Earlier versions refuse to reverse what has one reversal.
-- Postings wait while this index is made; few transfers are reversals.
DROP INDEX transfers_reverses;
CREATE INDEX transfers_reverses ON transfers (customer_id, reverses_id, posted_at, id) WHERE reverses_id IS NOT NULL;

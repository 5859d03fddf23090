-- Safe from: 0006
-- The hash of the same request in its other form: without an amount it took all that was left, with that amount it
-- means the same. NULL: it took a part, what it made tells the same, or an earlier version did it.
ALTER TABLE idempotency_keys
    ADD COLUMN other_hash bytea,
    ADD CONSTRAINT idempotency_keys_other_hash_check CHECK (octet_length(other_hash) = 32) NOT VALID;

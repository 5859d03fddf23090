-- Safe from: 0006
-- An expiry in the last microsecond of 9999 was stored as infinity, which cannot be read back: such a hold could not be
-- captured or released, and such a key could not be used. It still means never in all that matters.
UPDATE holds SET expires_at = '9998-12-31 23:59:59.999999+00' WHERE expires_at > '9998-12-31 23:59:59.999999+00';
UPDATE api_keys SET expires_at = '9998-12-31 23:59:59.999999+00' WHERE expires_at > '9998-12-31 23:59:59.999999+00';
UPDATE outbox_messages SET next_attempt_at = '9998-12-31 23:59:59.999999+00'
WHERE next_attempt_at > '9998-12-31 23:59:59.999999+00';

ALTER TABLE holds ADD CONSTRAINT holds_expires_at_check
    CHECK (expires_at BETWEEN '1970-01-01 00:00:00+00' AND '9998-12-31 23:59:59.999999+00') NOT VALID;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_expires_at_check
    CHECK (expires_at BETWEEN '1970-01-01 00:00:00+00' AND '9998-12-31 23:59:59.999999+00') NOT VALID;
ALTER TABLE holds VALIDATE CONSTRAINT holds_expires_at_check;
ALTER TABLE api_keys VALIDATE CONSTRAINT api_keys_expires_at_check;

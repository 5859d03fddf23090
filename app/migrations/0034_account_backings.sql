-- Safe from: 0006
-- From when to when a ledger backed an account, so that what was safeguarded at an instant is told alike ever after.
-- A process of an older version writes no rows. An account that has none counts as linked since its creation.
CREATE TABLE account_backings (
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    ledger_id uuid NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz CHECK (until >= since),
    FOREIGN KEY (customer_id, account_id) REFERENCES accounts (customer_id, id),
    FOREIGN KEY (customer_id, ledger_id) REFERENCES ledgers (customer_id, id)
);

CREATE INDEX account_backings_ledger ON account_backings (customer_id, ledger_id, since);
ALTER TABLE account_backings ADD PRIMARY KEY (customer_id, account_id, since);

INSERT INTO account_backings (customer_id, account_id, ledger_id, since)
SELECT customer_id, id, backing_ledger_id, created_at FROM accounts WHERE backing_ledger_id IS NOT NULL;

-- A system account is our own counterpart of transfers: callers can neither name it nor see its balance.
ALTER TABLE posting_accounts ADD COLUMN is_system boolean NOT NULL DEFAULT false;
CREATE INDEX posting_accounts_holder ON posting_accounts (customer_id, holder_id) WHERE holder_id IS NOT NULL;

-- `settlement:<partner product>` and `vault:<asset>`.
CREATE TABLE system_accounts (
    customer_id uuid NOT NULL,
    system_key text NOT NULL CHECK (system_key ~ '^(settlement|vault):.'),
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (customer_id, system_key),
    UNIQUE (customer_id, id),
    FOREIGN KEY (customer_id, id) REFERENCES posting_accounts (customer_id, id)
);

-- Ledgers issued before there were system accounts get theirs now.
WITH needed AS (
    SELECT customer_id,
           CASE WHEN is_virtual THEN 'vault:' || asset ELSE 'settlement:' || partner_product END AS system_key,
           CASE WHEN is_virtual THEN 'Vault of ' || asset ELSE 'Settlement with ' || partner_product END AS name,
           CASE WHEN is_virtual THEN 'VIRTUAL' ELSE 'BANK' END AS book,
           min(asset) AS asset, min(scale) AS scale, gen_random_uuid() AS id
    FROM ledgers GROUP BY 1, 2, 3, 4
), opened AS (
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative, is_system)
    SELECT customer_id, id, book, asset, scale, 'DEBIT', true, true, true FROM needed
)
INSERT INTO system_accounts (customer_id, system_key, id, name) SELECT customer_id, system_key, id, name FROM needed;

-- The primary key of a table comes after its other indexes, and after it those that find one row by what few rows have:
-- as long as a table has no statistics, the planner takes what was made last of several that begin alike, and any other
-- would read all of a customer's rows to find one.
CREATE TABLE holds (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('PLACED', 'CAPTURED', 'RELEASED', 'EXPIRED')),
    amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
    asset text NOT NULL,
    scale smallint NOT NULL,
    debit_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    payment_id uuid,
    expires_at timestamptz,
    reference text,
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    FOREIGN KEY (customer_id, debit_id) REFERENCES posting_accounts (customer_id, id),
    FOREIGN KEY (customer_id, credit_id) REFERENCES posting_accounts (customer_id, id),
    CHECK (debit_id <> credit_id),
    CHECK (payment_id IS NULL OR expires_at IS NULL),
    CHECK (status <> 'EXPIRED' OR expires_at IS NOT NULL)
);

CREATE INDEX holds_created_at ON holds (customer_id, created_at, id);
CREATE INDEX holds_debit ON holds (customer_id, debit_id, created_at, id);
CREATE INDEX holds_credit ON holds (customer_id, credit_id, created_at, id);
CREATE INDEX holds_status ON holds (customer_id, status, created_at, id);
CREATE INDEX holds_reference ON holds (customer_id, reference, created_at, id) WHERE reference IS NOT NULL;
-- A ledger closes only without placed holds; those that would debit it are in its posting account already.
CREATE INDEX holds_awaited ON holds (customer_id, credit_id) WHERE status = 'PLACED';
ALTER TABLE holds ADD PRIMARY KEY (customer_id, id);
CREATE UNIQUE INDEX holds_payment ON holds (customer_id, payment_id) WHERE payment_id IS NOT NULL;

-- One row is both entries: for each side its posting account, the place in that account's sequence, and the balance
-- after, on the account's normal side. Rows are never changed or deleted. A transfer is REVERSED when another one
-- reverses it, and a hold is CAPTURED by the transfer that names it: neither is stored twice.
CREATE TABLE transfers (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('INTER_LEDGER', 'VIRTUAL_CREDIT', 'VIRTUAL_DEBIT', 'PAYMENT_IN', 'PAYMENT_OUT',
                                       'WALLET', 'REVERSAL')),
    amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
    asset text NOT NULL,
    scale smallint NOT NULL,
    debit_id uuid NOT NULL,
    debit_sequence bigint NOT NULL CHECK (debit_sequence > 0),
    debit_balance_after numeric(38, 0) NOT NULL,
    credit_id uuid NOT NULL,
    credit_sequence bigint NOT NULL CHECK (credit_sequence > 0),
    credit_balance_after numeric(38, 0) NOT NULL,
    hold_id uuid,
    payment_id uuid,
    reverses_id uuid,
    reference text,
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    posted_at timestamptz NOT NULL,
    FOREIGN KEY (customer_id, debit_id) REFERENCES posting_accounts (customer_id, id),
    FOREIGN KEY (customer_id, credit_id) REFERENCES posting_accounts (customer_id, id),
    FOREIGN KEY (customer_id, hold_id) REFERENCES holds (customer_id, id),
    CHECK (debit_id <> credit_id),
    CHECK ((kind = 'REVERSAL') = (reverses_id IS NOT NULL)),
    CHECK ((kind IN ('PAYMENT_IN', 'PAYMENT_OUT')) = (payment_id IS NOT NULL))
);

-- Time order is sequence order within an account, so these find an account's entries, a balance at an instant, and a
-- span of time alike.
CREATE UNIQUE INDEX transfers_debit ON transfers (customer_id, debit_id, posted_at, debit_sequence);
CREATE UNIQUE INDEX transfers_credit ON transfers (customer_id, credit_id, posted_at, credit_sequence);
CREATE INDEX transfers_posted_at ON transfers (customer_id, posted_at, id);
CREATE INDEX transfers_kind ON transfers (customer_id, kind, posted_at, id) WHERE kind NOT IN ('INTER_LEDGER', 'WALLET');
CREATE INDEX transfers_reference ON transfers (customer_id, reference, posted_at, id) WHERE reference IS NOT NULL;
CREATE INDEX transfers_metadata ON transfers USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops)
    WHERE metadata <> '{}';
ALTER TABLE transfers
    ADD PRIMARY KEY (customer_id, id),
    ADD FOREIGN KEY (customer_id, reverses_id) REFERENCES transfers (customer_id, id);
CREATE UNIQUE INDEX transfers_reverses ON transfers (customer_id, reverses_id) WHERE reverses_id IS NOT NULL;
CREATE UNIQUE INDEX transfers_hold ON transfers (customer_id, hold_id) WHERE hold_id IS NOT NULL;
CREATE UNIQUE INDEX transfers_payment ON transfers (customer_id, payment_id) WHERE payment_id IS NOT NULL;

-- An event of a transfer belongs to two holders and concerns two posting accounts.
-- Every transfer writes a row of each of these, beside rows whose keys lead to the customer, who is never deleted: keys
-- of their own took a sixth of what posting costs the database.
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_customer_id_fkey;
ALTER TABLE events
    DROP CONSTRAINT events_customer_id_fkey,
    ADD COLUMN other_holder_id uuid;
ALTER TABLE unnumbered_events
    DROP CONSTRAINT unnumbered_events_customer_id_fkey,
    ADD COLUMN other_holder_id uuid, ADD COLUMN debit_id uuid, ADD COLUMN credit_id uuid;
ALTER TABLE feed_entries
    DROP CONSTRAINT feed_entries_customer_id_fkey,
    ADD COLUMN other_holder_id uuid, ADD COLUMN debit_id uuid, ADD COLUMN credit_id uuid;

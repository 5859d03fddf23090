CREATE TABLE payments (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    ledger_id uuid NOT NULL,
    direction text NOT NULL CHECK (direction IN ('IN', 'OUT')),
    status text NOT NULL CHECK (status IN ('PENDING', 'ACCEPTED', 'DECLINED')),
    status_reason text,
    amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
    asset text NOT NULL,
    scale smallint NOT NULL,
    counterparty_name text NOT NULL CHECK (counterparty_name <> ''),
    counterparty_iban text,
    counterparty_sort_code text CHECK (counterparty_sort_code ~ '^[0-9]{6}$'),
    counterparty_account_number text CHECK (counterparty_account_number ~ '^[0-9]{8}$'),
    reference text,
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    -- What the bank calls it.
    partner_reference text,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Looked at when the transaction ends, since it locks the ledger's key: posting accounts come before ledgers in the
    -- lock order, and a payment is written before its hold is placed.
    FOREIGN KEY (customer_id, ledger_id) REFERENCES ledgers (customer_id, id) DEFERRABLE INITIALLY DEFERRED,
    CHECK (direction <> 'IN' OR status <> 'PENDING'),
    CHECK ((status = 'DECLINED') = (status_reason IS NOT NULL)),
    CHECK ((counterparty_sort_code IS NULL) = (counterparty_account_number IS NULL)),
    -- Money that leaves goes to an account, and leaves when the bank says that it has it.
    CHECK (direction <> 'OUT' OR counterparty_iban IS NOT NULL OR counterparty_sort_code IS NOT NULL),
    CHECK (direction <> 'OUT' OR (status = 'ACCEPTED') = (partner_reference IS NOT NULL))
);

CREATE INDEX payments_created_at ON payments (customer_id, created_at, id);
CREATE INDEX payments_ledger ON payments (customer_id, ledger_id, created_at, id);
CREATE INDEX payments_direction ON payments (customer_id, direction, created_at, id);
CREATE INDEX payments_status ON payments (customer_id, status, created_at, id);
CREATE INDEX payments_reference ON payments (customer_id, reference, created_at, id) WHERE reference IS NOT NULL;
ALTER TABLE payments ADD PRIMARY KEY (customer_id, id);

ALTER TABLE holds ADD FOREIGN KEY (customer_id, payment_id) REFERENCES payments (customer_id, id);
ALTER TABLE transfers ADD FOREIGN KEY (customer_id, payment_id) REFERENCES payments (customer_id, id);

-- The simulated bank's memory of what it paid, as in 0003_simulator.
ALTER TABLE simulator_requests
    DROP CONSTRAINT simulator_requests_kind_check,
    ADD CONSTRAINT simulator_requests_kind_check CHECK (kind IN ('ACCOUNT', 'IBAN', 'PAYMENT'));

CREATE TABLE simulator_payments (
    payment_id uuid PRIMARY KEY,
    ledger_id uuid NOT NULL,
    product text NOT NULL,
    asset text NOT NULL,
    scale smallint NOT NULL,
    amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
    counterparty_name text NOT NULL,
    counterparty_account text NOT NULL,
    reference text,
    partner_reference text NOT NULL UNIQUE,
    paid_at timestamptz NOT NULL
);

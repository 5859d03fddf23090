-- Safe from: 0006
-- The simulated bank's memory of what arrives at accounts that it gave out itself, as in 0003_simulator. A payment arrives
-- once, and comes back once at most. `client_id` says which client of the bank sent a payment; null for older ones.
ALTER TABLE simulator_payments ADD COLUMN client_id uuid;

CREATE TABLE simulator_arrivals (
    arrival_id uuid PRIMARY KEY,
    payment_id uuid NOT NULL,
    is_return boolean NOT NULL,
    ledger_id uuid NOT NULL,
    asset text NOT NULL,
    scale smallint NOT NULL,
    amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
    payer_name text NOT NULL,
    payer_iban text,
    payer_sort_code text,
    payer_account_number text,
    reference text,
    partner_reference text NOT NULL UNIQUE,
    arrived_at timestamptz NOT NULL,
    UNIQUE (payment_id, is_return),
    CHECK ((payer_sort_code IS NULL) = (payer_account_number IS NULL))
);

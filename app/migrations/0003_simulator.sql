-- What the simulated bank remembers. It stands for another company's database: without tenant, written in transactions
-- of its own, and never joined with ours.

-- Since when and how often each request was asked: the time it takes counts from the first, and the magic value
-- `unavailable` fails the first three.
CREATE TABLE simulator_requests (
    kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'IBAN')),
    request_id uuid NOT NULL,
    ask_count integer NOT NULL CHECK (ask_count > 0),
    first_asked_at timestamptz NOT NULL,
    PRIMARY KEY (kind, request_id)
);

CREATE TABLE simulator_sort_codes (
    sort_code text PRIMARY KEY CHECK (sort_code ~ '^[0-9]{6}$'),
    last_account_number integer NOT NULL CHECK (last_account_number BETWEEN 1 AND 99999999)
);

CREATE TABLE simulator_accounts (
    ledger_id uuid PRIMARY KEY,
    product text NOT NULL,
    sort_code text,
    account_number text,
    iban text UNIQUE,
    bic text,
    opened_at timestamptz NOT NULL,
    UNIQUE (sort_code, account_number),
    CHECK ((sort_code IS NULL) = (account_number IS NULL)),
    CHECK ((iban IS NULL) = (bic IS NULL))
);

CREATE TABLE simulator_ibans (
    request_id uuid PRIMARY KEY,
    ledger_id uuid NOT NULL,
    iban text NOT NULL UNIQUE,
    bic text NOT NULL,
    assigned_at timestamptz NOT NULL
);

-- The built-in screening's memory, for the same magic values.
CREATE TABLE simulator_screenings (
    holder_id uuid PRIMARY KEY,
    ask_count integer NOT NULL CHECK (ask_count > 0),
    first_asked_at timestamptz NOT NULL
);

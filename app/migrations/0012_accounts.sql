-- Safe from: 0006
-- Accounts and their wallets. A wallet has its posting account under its own id, in the book WALLET; through it its key
-- leads to the customer.
-- As elsewhere the primary key comes after the other indexes: as long as a table has no statistics, the planner takes
-- what was made last of several that begin alike.
CREATE TABLE accounts (
    customer_id uuid NOT NULL REFERENCES customers,
    id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('GROUP', 'CHART')),
    reference text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 255),
    holder_id uuid,
    backing_ledger_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    -- What it was created with, by which the same command is known when it comes again.
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_reason text,
    FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    FOREIGN KEY (customer_id, backing_ledger_id) REFERENCES ledgers (customer_id, id),
    CHECK (closed_reason IS NULL OR closed_at IS NOT NULL)
);

CREATE INDEX accounts_created_at ON accounts (customer_id, created_at, id);
CREATE INDEX accounts_type ON accounts (customer_id, type, created_at, id);
CREATE INDEX accounts_updated_at ON accounts (customer_id, updated_at, id);
CREATE INDEX accounts_holder ON accounts (customer_id, holder_id, created_at, id) WHERE holder_id IS NOT NULL;
CREATE INDEX accounts_backing_ledger ON accounts (customer_id, backing_ledger_id, created_at, id)
    WHERE backing_ledger_id IS NOT NULL;
CREATE INDEX accounts_metadata ON accounts USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops)
    WHERE metadata <> '{}';
CREATE UNIQUE INDEX accounts_reference ON accounts (customer_id, reference);
ALTER TABLE accounts ADD PRIMARY KEY (customer_id, id);

-- The account's holder and reference stand here too: the one to list a holder's wallets, the other to tell of a wallet.
CREATE TABLE wallets (
    customer_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    account_reference text NOT NULL,
    holder_id uuid,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    currency text NOT NULL CHECK (currency ~ '^[A-Z0-9]{2,12}$'),
    accounting_type text NOT NULL CHECK (accounting_type IN ('ASSET', 'LIABILITY', 'EQUITY', 'REVENUE', 'EXPENSE')),
    decimal_places smallint NOT NULL CHECK (decimal_places BETWEEN 0 AND 18),
    allow_negative boolean NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_reason text,
    FOREIGN KEY (customer_id, id) REFERENCES posting_accounts (customer_id, id),
    FOREIGN KEY (customer_id, account_id) REFERENCES accounts (customer_id, id),
    FOREIGN KEY (customer_id, holder_id) REFERENCES holders (customer_id, id),
    CHECK (closed_reason IS NULL OR closed_at IS NOT NULL)
);

CREATE INDEX wallets_created_at ON wallets (customer_id, created_at, id);
CREATE INDEX wallets_account ON wallets (customer_id, account_id, created_at, id);
CREATE INDEX wallets_currency ON wallets (customer_id, currency, created_at, id);
CREATE INDEX wallets_accounting_type ON wallets (customer_id, accounting_type, created_at, id);
CREATE INDEX wallets_holder ON wallets (customer_id, holder_id, created_at, id) WHERE holder_id IS NOT NULL;
CREATE INDEX wallets_metadata ON wallets USING gin (tenant_metadata(customer_id, metadata) jsonb_path_ops)
    WHERE metadata <> '{}';
CREATE UNIQUE INDEX wallets_address ON wallets (customer_id, account_id, name, currency);
ALTER TABLE wallets ADD PRIMARY KEY (customer_id, id);

-- When a wallet last changed in any way, as `ledger_changes` tells it of ledgers.
CREATE TABLE wallet_changes (
    customer_id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (customer_id, wallet_id) REFERENCES wallets (customer_id, id)
);

CREATE INDEX wallet_changes_changed_at ON wallet_changes (customer_id, changed_at, wallet_id);
ALTER TABLE wallet_changes ADD PRIMARY KEY (customer_id, wallet_id);

-- Up to which position the sequencer has noted credits and debits in `wallet_changes`. A process of an older version
-- numbers without noting; the next one of this version sees by this what it has to make good.
ALTER TABLE feeds ADD COLUMN wallets_noted_position bigint NOT NULL DEFAULT 0 CHECK (wallets_noted_position >= 0);
UPDATE feeds SET wallets_noted_position = last_position;

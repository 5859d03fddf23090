-- Safe from: 0006
-- When a transfer takes effect, where that is before it was posted. NULL: when it was posted. Not validated, since all
-- rows there are have NULL: reading them would keep everybody waiting. New rows are checked.
ALTER TABLE transfers ADD COLUMN effective_at timestamptz;
ALTER TABLE transfers ADD CONSTRAINT transfers_effective_at_check CHECK (effective_at < posted_at) NOT VALID;

-- What took effect on a day (UTC) but was posted later, by account. They make the balance by value date cheap: it is
-- the balance by the time of posting, plus what is backdated to that instant or before, less what of that was posted
-- by then. The posting account is locked while they change.
CREATE TABLE backdated_days (
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    day date NOT NULL,
    debits numeric(38, 0) NOT NULL CHECK (debits >= 0),
    credits numeric(38, 0) NOT NULL CHECK (credits >= 0),
    entry_count bigint NOT NULL CHECK (entry_count > 0),
    PRIMARY KEY (customer_id, account_id, day),
    FOREIGN KEY (customer_id, account_id) REFERENCES posting_accounts (customer_id, id)
);

-- The sum of all backdated entries of an account that were posted up to an instant, credits less debits: a row for
-- each instant at which some were posted.
CREATE TABLE backdated_totals (
    customer_id uuid NOT NULL,
    account_id uuid NOT NULL,
    posted_at timestamptz NOT NULL,
    credited numeric(38, 0) NOT NULL,
    PRIMARY KEY (customer_id, account_id, posted_at)
);

-- Through which instant a customer's books are closed: nothing may take effect at or before it any more. NULL: they
-- were reopened, or never closed.
CREATE TABLE closed_books (
    customer_id uuid PRIMARY KEY REFERENCES customers,
    closed_through timestamptz,
    version integer NOT NULL DEFAULT 0 CHECK (version >= 0)
);

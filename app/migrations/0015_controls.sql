-- Safe from: 0006
-- Freezes and overdraft limits of ledgers and wallets. What decides stands with the posting account, which every batch
-- locks and reads. A process of an older version knows neither: the checks below refuse what it may not post.
-- Constraints are added without a look at the rows that are there, and validated by the next migration: until then a
-- table is locked for a moment only.
ALTER TABLE posting_accounts
    -- How far below zero the normal side may go. Null: not at all.
    ADD COLUMN overdraft_limit numeric(38, 0),
    -- By how much what a bank had already done took it below that. Null: it did not.
    ADD COLUMN forced_below numeric(38, 0),
    -- The total that a freeze keeps as it is. Null: not frozen.
    ADD COLUMN frozen_debits numeric(38, 0),
    ADD COLUMN frozen_credits numeric(38, 0),
    DROP CONSTRAINT posting_accounts_check,
    ADD CONSTRAINT posting_accounts_floor CHECK (
        allow_negative
        OR held <= CASE normal_side WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END
                   + coalesce(overdraft_limit, 0) + coalesce(forced_below, 0)
    ) NOT VALID,
    ADD CONSTRAINT posting_accounts_overdraft_limit
        CHECK (overdraft_limit IS NULL OR (overdraft_limit > 0 AND NOT allow_negative)) NOT VALID,
    ADD CONSTRAINT posting_accounts_forced_below
        CHECK (forced_below IS NULL OR (forced_below > 0 AND NOT allow_negative)) NOT VALID,
    ADD CONSTRAINT posting_accounts_frozen_debits CHECK (frozen_debits = debits) NOT VALID,
    ADD CONSTRAINT posting_accounts_frozen_credits CHECK (frozen_credits = credits) NOT VALID;

ALTER TABLE ledgers
    ADD COLUMN overdraft_limit_minor_units numeric(38, 0) NOT NULL DEFAULT 0,
    ADD COLUMN freeze_scope text,
    ADD COLUMN freeze_reason text,
    ADD COLUMN frozen_at timestamptz,
    ADD CONSTRAINT ledgers_overdraft_limit CHECK (overdraft_limit_minor_units >= 0) NOT VALID,
    ADD CONSTRAINT ledgers_freeze_scope CHECK (freeze_scope IN ('DEBITS', 'CREDITS', 'ALL')) NOT VALID,
    ADD CONSTRAINT ledgers_freeze CHECK (
        (freeze_scope IS NULL) = (freeze_reason IS NULL) AND (freeze_scope IS NULL) = (frozen_at IS NULL)
    ) NOT VALID,
    ADD CONSTRAINT ledgers_closed_not_frozen CHECK (status <> 'CLOSED' OR freeze_scope IS NULL) NOT VALID;

ALTER TABLE wallets
    ADD COLUMN overdraft_limit_minor_units numeric(38, 0) NOT NULL DEFAULT 0,
    ADD COLUMN freeze_scope text,
    ADD COLUMN freeze_reason text,
    ADD COLUMN frozen_at timestamptz,
    ADD CONSTRAINT wallets_overdraft_limit
        CHECK (overdraft_limit_minor_units >= 0 AND NOT (allow_negative AND overdraft_limit_minor_units > 0)) NOT VALID,
    ADD CONSTRAINT wallets_freeze_scope CHECK (freeze_scope IN ('DEBITS', 'CREDITS', 'ALL')) NOT VALID,
    ADD CONSTRAINT wallets_freeze CHECK (
        (freeze_scope IS NULL) = (freeze_reason IS NULL) AND (freeze_scope IS NULL) = (frozen_at IS NULL)
    ) NOT VALID,
    ADD CONSTRAINT wallets_closed_not_frozen CHECK (closed_at IS NULL OR freeze_scope IS NULL) NOT VALID;

-- What a bank had already done was posted although a freeze or the floor forbade it.
ALTER TABLE transfers ADD COLUMN is_forced boolean NOT NULL DEFAULT false;

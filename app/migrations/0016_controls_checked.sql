-- Safe from: 0006
-- The constraints of 0015_controls, validated: others read and write meanwhile.
ALTER TABLE posting_accounts
    VALIDATE CONSTRAINT posting_accounts_floor,
    VALIDATE CONSTRAINT posting_accounts_overdraft_limit,
    VALIDATE CONSTRAINT posting_accounts_forced_below,
    VALIDATE CONSTRAINT posting_accounts_frozen_debits,
    VALIDATE CONSTRAINT posting_accounts_frozen_credits;
ALTER TABLE ledgers
    VALIDATE CONSTRAINT ledgers_overdraft_limit,
    VALIDATE CONSTRAINT ledgers_freeze_scope,
    VALIDATE CONSTRAINT ledgers_freeze,
    VALIDATE CONSTRAINT ledgers_closed_not_frozen;
ALTER TABLE wallets
    VALIDATE CONSTRAINT wallets_overdraft_limit,
    VALIDATE CONSTRAINT wallets_freeze_scope,
    VALIDATE CONSTRAINT wallets_freeze,
    VALIDATE CONSTRAINT wallets_closed_not_frozen;

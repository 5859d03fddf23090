-- Safe from: 0006
-- The overdraft limit of a ledger or wallet ends with it: what is closed or declined has nothing available.
UPDATE posting_accounts AS account SET overdraft_limit = NULL
FROM ledgers AS ended
WHERE ended.customer_id = account.customer_id AND ended.id = account.id
    AND ended.status IN ('CLOSED', 'DECLINED') AND ended.overdraft_limit_minor_units > 0;
UPDATE posting_accounts AS account SET overdraft_limit = NULL
FROM wallets AS ended
WHERE ended.customer_id = account.customer_id AND ended.id = account.id
    AND ended.closed_at IS NOT NULL AND ended.overdraft_limit_minor_units > 0;
UPDATE ledgers SET overdraft_limit_minor_units = 0
WHERE status IN ('CLOSED', 'DECLINED') AND overdraft_limit_minor_units > 0;
UPDATE wallets SET overdraft_limit_minor_units = 0
WHERE closed_at IS NOT NULL AND overdraft_limit_minor_units > 0;

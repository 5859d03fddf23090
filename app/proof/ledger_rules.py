"""Rules of ledgers, our own counterparts, and the posting accounts behind them."""

from app.proof.findings import Rule


def closed_empty_sql(table: str, is_closed: str, closed: str) -> str:
    """What is closed, ledgers and wallets alike, holds nothing."""
    return f"""
        SELECT object.id AS object_id,
               format('{closed} with a balance of %s%s', account.credits - account.debits,
                      CASE WHEN held.account_id IS NOT NULL THEN ' and a placed hold' END) AS stored,
               'a balance of 0 and no placed hold' AS expected
        FROM {table} AS object
        JOIN posting_accounts AS account ON account.customer_id = object.customer_id AND account.id = object.id
        LEFT JOIN (
            SELECT debit_id AS account_id FROM holds WHERE customer_id = $1 AND status = 'PLACED'
            UNION
            SELECT credit_id FROM holds WHERE customer_id = $1 AND status = 'PLACED'
        ) AS held ON held.account_id = object.id
        WHERE object.customer_id = $1 AND object.{is_closed}
            AND (account.credits <> account.debits OR held.account_id IS NOT NULL)
    """


LEDGER_RULES = (
    Rule(
        "ledger-account",
        "ledger",
        """
        SELECT ledger.id AS object_id,
               CASE WHEN account.id IS NULL THEN 'no posting account'
                    ELSE format('%s %s/%s, %s, holder %s%s', account.book, account.asset, account.scale,
                                account.normal_side, coalesce(account.holder_id::text, 'none'),
                                CASE WHEN account.is_system THEN ', a system account' END)
               END AS stored,
               format('%s %s/%s, CREDIT, holder %s', CASE WHEN ledger.is_virtual THEN 'VIRTUAL' ELSE 'BANK' END,
                      ledger.asset, ledger.scale, coalesce(ledger.holder_id::text, 'none')) AS expected
        FROM ledgers AS ledger
        LEFT JOIN posting_accounts AS account
            ON account.customer_id = ledger.customer_id AND account.id = ledger.id
        WHERE ledger.customer_id = $1 AND (
            account.book, account.asset, account.scale, account.normal_side, account.is_system, account.holder_id
        ) IS DISTINCT FROM (
            CASE WHEN ledger.is_virtual THEN 'VIRTUAL' ELSE 'BANK' END, ledger.asset, ledger.scale, 'CREDIT', false,
            ledger.holder_id
        )
        """,
    ),
    Rule(
        "ledger-open",
        "ledger",
        """
        SELECT ledger.id AS object_id,
               CASE WHEN account.is_open THEN 'open for posting' ELSE 'not open for posting' END AS stored,
               format('%sopen, since the ledger is %s', CASE WHEN ledger.status <> 'OK' THEN 'not ' END,
                      ledger.status) AS expected
        FROM ledgers AS ledger
        JOIN posting_accounts AS account ON account.customer_id = ledger.customer_id AND account.id = ledger.id
        WHERE ledger.customer_id = $1 AND account.is_open <> (ledger.status = 'OK')
        """,
    ),
    Rule(
        "ledger-closed-empty",
        "ledger",
        closed_empty_sql("ledgers", "status = 'CLOSED'", "CLOSED"),
    ),
    Rule(
        "system-account",
        "posting account",
        """
        SELECT coalesce(account.id, named.id) AS object_id,
               CASE WHEN named.id IS NULL THEN 'a system account without a name'
                    WHEN account.id IS NULL THEN format('%s without a posting account', named.system_key)
                    ELSE format('%s: %s-normal, %s', named.system_key, account.normal_side,
                                CASE WHEN account.allow_negative THEN 'may be negative'
                                     ELSE 'may not be negative' END)
               END AS stored,
               'one posting account for each name: DEBIT-normal, may be negative' AS expected
        FROM (
            SELECT id, normal_side, allow_negative FROM posting_accounts WHERE customer_id = $1 AND is_system
        ) AS account FULL JOIN (
            SELECT id, system_key FROM system_accounts WHERE customer_id = $1
        ) AS named ON named.id = account.id
        WHERE named.id IS NULL OR account.id IS NULL OR account.normal_side <> 'DEBIT' OR NOT account.allow_negative
        """,
    ),
)

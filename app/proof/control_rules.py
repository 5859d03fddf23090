"""Rules of freezes and overdraft limits, and of what was posted although they forbade it."""

from app.proof.findings import Rule

_CONTROLLED_SQL = """
    SELECT 'ledger' AS noun, id, overdraft_limit_minor_units, freeze_scope, frozen_at
    FROM ledgers WHERE customer_id = $1
    UNION ALL
    SELECT 'wallet', id, overdraft_limit_minor_units, freeze_scope, frozen_at FROM wallets WHERE customer_id = $1
"""
_AVAILABLE_SQL = """
    CASE normal_side WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END - held + coalesce(overdraft_limit, 0)
"""

CONTROL_RULES = (
    Rule(
        "overdraft-limit",
        "posting account",
        f"""
        SELECT account.id AS object_id, coalesce(account.overdraft_limit, 0) AS stored,
               format('%s, the overdraft limit of its %s', controlled.overdraft_limit_minor_units, controlled.noun)
                   AS expected
        FROM ({_CONTROLLED_SQL}) AS controlled
        JOIN posting_accounts AS account ON account.customer_id = $1 AND account.id = controlled.id
        WHERE coalesce(account.overdraft_limit, 0) <> controlled.overdraft_limit_minor_units
        """,
    ),
    Rule(
        "freeze",
        "posting account",
        f"""
        SELECT account.id AS object_id,
               format('debits %s, credits %s', CASE WHEN frozen_debits IS NULL THEN 'free' ELSE 'frozen' END,
                      CASE WHEN frozen_credits IS NULL THEN 'free' ELSE 'frozen' END) AS stored,
               coalesce(format('%s frozen, as its %s', controlled.freeze_scope, controlled.noun),
                        format('both free, as its %s', controlled.noun)) AS expected
        FROM ({_CONTROLLED_SQL}) AS controlled
        JOIN posting_accounts AS account ON account.customer_id = $1 AND account.id = controlled.id
        WHERE (account.frozen_debits IS NOT NULL) <> (coalesce(controlled.freeze_scope, '') IN ('DEBITS', 'ALL'))
            OR (account.frozen_credits IS NOT NULL) <> (coalesce(controlled.freeze_scope, '') IN ('CREDITS', 'ALL'))
        """,
    ),
    Rule(
        "frozen-totals",
        "posting account",
        """
        SELECT id AS object_id, format('%s debited, %s credited', debits, credits) AS stored,
               format('%s debited, %s credited, since it is frozen', coalesce(frozen_debits, debits),
                      coalesce(frozen_credits, credits)) AS expected
        FROM posting_accounts
        WHERE customer_id = $1 AND (frozen_debits <> debits OR frozen_credits <> credits)
        """,
    ),
    Rule(
        "frozen-transfers",
        "transfer",
        f"""
        SELECT transfer.id AS object_id, format('posted at %s', transfer.posted_at) AS stored,
               format('none: %s was frozen at %s, and no bank forced it', frozen.id, frozen.frozen_at) AS expected
        FROM ({_CONTROLLED_SQL}) AS frozen
        JOIN (
            SELECT id, 'CREDITS' AS free_scope, debit_id AS account_id, posted_at
            FROM transfers WHERE customer_id = $1 AND NOT is_forced
            UNION ALL
            SELECT id, 'DEBITS', credit_id, posted_at FROM transfers WHERE customer_id = $1 AND NOT is_forced
        ) AS transfer ON transfer.account_id = frozen.id
        WHERE frozen.freeze_scope IS NOT NULL AND frozen.freeze_scope <> transfer.free_scope
            AND transfer.posted_at > frozen.frozen_at
        """,
    ),
    Rule(
        "forced-transfer",
        "transfer",
        """
        SELECT id AS object_id, format('a forced %s', kind) AS stored,
               'forced only where a payment moved it' AS expected
        FROM transfers WHERE customer_id = $1 AND is_forced AND payment_id IS NULL
        """,
    ),
    # What a bank had done may take an account below its floor: by just as much, and by a transfer that says so.
    Rule(
        "forced-below",
        "posting account",
        f"""
        SELECT id AS object_id, coalesce(forced_below, 0) AS stored,
               CASE WHEN needed > 0 AND NOT has_forced THEN '0: no transfer of this account was forced'
                    ELSE format('%s, by how much it is below its floor', needed)
               END AS expected
        FROM (
            SELECT id, forced_below, greatest(0, - available) AS needed,
                   EXISTS (SELECT FROM transfers WHERE customer_id = $1 AND is_forced AND debit_id = floored.id)
                   OR EXISTS (SELECT FROM transfers WHERE customer_id = $1 AND is_forced AND credit_id = floored.id)
                       AS has_forced
            FROM (
                SELECT id, forced_below, {_AVAILABLE_SQL} AS available
                FROM posting_accounts WHERE customer_id = $1 AND NOT allow_negative AND forced_below IS NOT NULL
            ) AS floored
        ) AS forced WHERE forced_below <> needed OR NOT has_forced
        """,
    ),
)

BELOW_BY_FORCE = Rule(
    "below-by-force",
    "posting account",
    """
    SELECT id AS object_id, format('%s below its floor', forced_below) AS stored,
           'to be made good: a bank had done what could not be refused' AS expected
    FROM posting_accounts WHERE customer_id = $1 AND forced_below IS NOT NULL
    """,
)
"""Breaks nothing, but is told: who owes what no limit allows."""

"""The balances of very many accounts at an instant, without looking for the last entry of each.

An account that has not moved since then has the balance that it has now. Of the others, those that moved shortly before
are among the transfers before the instant, which lie together on the disk. Only what is left is looked up by account.
"""

from app.journal.balances_at import BACKDATED_JOINS_SQL, last_balance_sql
from app.journal.balances_at import BalanceDate as By

LOOKED_THROUGH_MAX = 20_000
"""How many transfers before the instant are looked through, at most. They are two for each account that moved since."""

_LATEST_SQL = f"""
    before AS MATERIALIZED (
        SELECT * FROM (
            SELECT posted_at, debit_id, debit_sequence, debit_balance_after,
                   credit_id, credit_sequence, credit_balance_after
            FROM transfers WHERE customer_id = $1 AND posted_at <= {{at}} ORDER BY posted_at DESC, id DESC
            LIMIT {LOOKED_THROUGH_MAX}
        ) AS latest_first LIMIT (SELECT 2 * count(*) FROM a WHERE last_posted_at > at)
    ), whole AS (
        -- Of the earliest instant some may be missing.
        SELECT * FROM before WHERE posted_at > (SELECT min(posted_at) FROM before)
    ), latest AS MATERIALIZED (
        SELECT DISTINCT ON (account_id) account_id, balance
        FROM (
            SELECT debit_id AS account_id, debit_sequence AS sequence, debit_balance_after AS balance FROM whole
            UNION ALL
            SELECT credit_id, credit_sequence, credit_balance_after FROM whole
        ) AS sides
        ORDER BY account_id, sequence DESC
    )
"""
_NO_LATEST_SQL = "latest AS (SELECT NULL::uuid AS account_id, NULL::numeric AS balance WHERE false)"


def accounts_then_sql(accounts: str, at: str | None) -> str:
    """The beginning of a statement on the posting accounts `a` of the customer `$1`, each with the instant `at` that is
    wanted. The argument `at` is the same for all, as SQL says it; None: they differ.
    """
    return f"WITH a AS MATERIALIZED ({accounts}), {_NO_LATEST_SQL if at is None else _LATEST_SQL.format(at=at)}"


def joins_then_sql(by: By) -> str:
    """What is joined to `a` in such a statement, so that `BALANCE_SQL[by]` is the balance of each account."""
    return f"""
    CROSS JOIN LATERAL (SELECT a.id, a.at) AS n
    LEFT JOIN latest ON latest.account_id = a.id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN a.last_posted_at <= n.at AND a.normal_side = 'CREDIT' THEN a.credits - a.debits
            WHEN a.last_posted_at <= n.at THEN a.debits - a.credits
            WHEN latest.account_id IS NOT NULL THEN latest.balance
            WHEN a.last_posted_at IS NOT NULL THEN ({last_balance_sql("n.id", "n.at")})
        END AS balance
    ) AS last
    {BACKDATED_JOINS_SQL[by]}
    """

"""The guard of batches that go by memory: it locks the accounts, and lets the batches through if each is as expected.

Every column that a decision may depend on is compared, in the row as it is locked. So it does not matter who changed a
row, by which verb, of which version, or whether the database was restored meanwhile.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg

from app.db.connection import by_key_pool
from app.db.guarded_statement import GuardedStatement
from app.db.not_written import naming_refused_writes
from app.db.statement import as_text
from app.idempotency.reserve_keys import RESERVED_COUNT_SQL, KeyRequest, add_reserved
from app.journal.locked_pair import PostingAccount
from app.journal.memory import AccountName, Remembered

TOTALS = ("debits", "credits", "held", "sequence")
"""What a plain transfer changes; besides, `last_posted_at`, which only the time of the next one depends on."""
FIXED = (
    *("book", "asset", "scale", "normal_side", "holder_id", "is_open", "is_system", "allow_negative"),
    *("overdraft_limit", "forced_below", "frozen_debits", "frozen_credits"),
)
"""What none changes; compared as one text."""
_FIXED_SQL = f"ROW({', '.join(FIXED)})::text"

READ_SQL = f"""
    SELECT a.* FROM unnest($1::text::uuid[], $2::text::uuid[]) AS wanted (customer_id, id) CROSS JOIN LATERAL (
        SELECT customer_id, id, last_posted_at, {", ".join(TOTALS)}, {", ".join(FIXED)}, {_FIXED_SQL} AS fixed
        FROM posting_accounts WHERE customer_id = wanted.customer_id AND id = wanted.id LIMIT 1
    ) AS a
"""
# As in `reserve_and_lock`: the lock reads from the reservation's result, the time is taken outside the locking part,
# and each account is looked up separately, in the order of customers and ids. What another transaction has locked is
# about to change, so it counts as changed: to wait for it would only make other customers wait.
LOCKED_SQL = f"""
    SELECT l.*, clock_timestamp() AS locked_at
    FROM (
        SELECT expected.customer_id, expected.id, a.last_posted_at,
               (a.{", a.".join(TOTALS)}, a.fixed) = (expected.{", expected.".join(TOTALS)}, expected.fixed) AS is_same
        FROM unnest($?::text::uuid[], $?::text::uuid[], $?::text::numeric[], $?::text::numeric[], $?::text::numeric[],
                    $?::text::bigint[], $?::text[]) AS expected (customer_id, id, {", ".join(TOTALS)}, fixed)
        LEFT JOIN LATERAL (
            SELECT last_posted_at, {", ".join(TOTALS)}, {_FIXED_SQL} AS fixed
            FROM posting_accounts
            WHERE customer_id = expected.customer_id AND id = expected.id AND {RESERVED_COUNT_SQL} >= 0
            FOR NO KEY UPDATE SKIP LOCKED LIMIT 1
        ) AS a ON true
    ) AS l
"""
_CHANGED = "quaestor.accounts_have_changed:"
# A setting that there is not: asking for it raises an error that nothing else raises, and names what has changed.
GUARD_SQL = f"""
    SELECT at, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS instant
    FROM (
        SELECT CASE
            WHEN changed IS NULL AND {RESERVED_COUNT_SQL} = key_count THEN greatest(
                locked_at, last_posted_at + interval '1 microsecond', closed_through + interval '1 microsecond')
            ELSE current_setting('{_CHANGED}' || coalesce(changed, '') || ';' || coalesce((
                SELECT string_agg(asked.customer_id::text, ',') FROM asked
                WHERE asked.key_count > (SELECT count(*) FROM reserved WHERE customer_id = asked.customer_id)
            ), ''))::timestamptz
        END AS at
        FROM (
            SELECT max(locked_at) AS locked_at, max(last_posted_at) AS last_posted_at,
                   string_agg(customer_id || '/' || id, ',') FILTER (WHERE is_same IS NOT TRUE) AS changed
            FROM locked
        ) AS all_locked CROSS JOIN (
            SELECT sum(asked.key_count) AS key_count, max(books.closed_through) AS closed_through
            FROM asked LEFT JOIN LATERAL (
                SELECT closed_through FROM closed_books WHERE customer_id = asked.customer_id LIMIT 1
            ) AS books ON true
        ) AS all_asked
        OFFSET 0
    ) AS passed
"""
ASKED_SQL = "SELECT * FROM unnest($?::text::uuid[], $?::text::bigint[]) AS asked (customer_id, key_count)"
"""The customers, and how many keys each asks for."""


class AccountsHaveChanged(Exception):
    """Nothing was written: these accounts are not as expected, or keys of these customers were used before."""

    def __init__(self, accounts: Collection[AccountName], using_again: Collection[UUID]) -> None:
        super().__init__(f"{len(accounts)} accounts are not as they were expected")
        self.accounts = accounts
        self.using_again = using_again

    @property
    def customer_ids(self) -> set[UUID]:
        """Whose batches cannot be written."""
        return {customer_id for customer_id, _ in self.accounts} | set(self.using_again)


async def read_accounts(names: Sequence[AccountName]) -> dict[AccountName, Remembered]:
    """Those of these accounts that there are, as they are now, not locked."""
    with naming_refused_writes():
        rows = await by_key_pool().fetch(
            READ_SQL, as_text([customer_id for customer_id, _ in names]), as_text([id_ for _, id_ in names])
        )
    return {(row["customer_id"], row["id"]): Remembered(PostingAccount(row), row["fixed"]) for row in rows}


def add_guarded(
    statement: GuardedStatement, keys: Sequence[KeyRequest], expected: Mapping[AccountName, Remembered]
) -> None:
    """Let the guard see whether all of these keys of the statement's customer are new, and these accounts, in the order
    of their ids, are as expected. Else the statement is not carried out.
    """
    accounts = [remembered.account for remembered in expected.values()]
    add_reserved(statement, keys)
    statement.add_first(
        "locked",
        LOCKED_SQL,
        [account.side.account_id for account in accounts],
        [account.debits for account in accounts],
        [account.credits for account in accounts],
        [account.held for account in accounts],
        [account.sequence for account in accounts],
        [remembered.fixed for remembered in expected.values()],
    )
    statement.add_first("asked", ASKED_SQL, [len(keys)])
    statement.add_first("guard", GUARD_SQL)


def changed_accounts(error: asyncpg.UndefinedObjectError) -> AccountsHaveChanged | None:
    """What the guard says by this error, if it is the guard's. Messages are translated, but not what they quote."""
    said = re.search(re.escape(_CHANGED) + "([0-9a-f,/-]*);([0-9a-f,-]*)", str(error))
    if said is None:
        return None
    accounts = [(UUID(one[:36]), UUID(one[37:])) for one in said[1].split(",") if one]
    return AccountsHaveChanged(accounts, [UUID(one) for one in said[2].split(",") if one])

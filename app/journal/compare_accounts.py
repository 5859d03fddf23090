"""The guard of a batch that goes by memory: it locks the accounts, and lets the batch through if each is as expected.

Every column that a decision may depend on is compared, in the row as it is locked. So it does not matter who changed a
row, by which verb, of which version, or whether the database was restored meanwhile.
"""

import re
from collections.abc import Mapping, Sequence
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
    SELECT a.* FROM unnest($2::text::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
        SELECT id, last_posted_at, {", ".join(TOTALS)}, {", ".join(FIXED)}, {_FIXED_SQL} AS fixed
        FROM posting_accounts WHERE customer_id = $1 AND id = wanted.id LIMIT 1
    ) AS a
"""
# As in `reserve_and_lock`: the lock reads from the reservation's result, the time is taken outside the locking part,
# and each account is looked up separately, in the order of ids.
LOCKED_SQL = f"""
    SELECT l.*, clock_timestamp() AS locked_at
    FROM (
        SELECT expected.id, a.last_posted_at,
               (a.{", a.".join(TOTALS)}, a.fixed) = (expected.{", expected.".join(TOTALS)}, expected.fixed) AS is_same
        FROM unnest($?::text::uuid[], $?::text::numeric[], $?::text::numeric[], $?::text::numeric[],
                    $?::text::bigint[], $?::text[]) AS expected (id, {", ".join(TOTALS)}, fixed)
        CROSS JOIN LATERAL (
            SELECT last_posted_at, {", ".join(TOTALS)}, {_FIXED_SQL} AS fixed
            FROM posting_accounts
            WHERE customer_id = $1 AND id = expected.id AND {RESERVED_COUNT_SQL} >= 0
            FOR NO KEY UPDATE LIMIT 1
        ) AS a
    ) AS l
"""
_CHANGED = "quaestor.accounts_have_changed:"
# A setting that there is not: asking for it raises an error that nothing else raises, and names what has changed.
GUARD_SQL = f"""
    SELECT at, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS instant
    FROM (
        SELECT CASE
            WHEN changed IS NULL AND locked_count = $? AND {RESERVED_COUNT_SQL} = $? THEN greatest(
                locked_at, last_posted_at + interval '1 microsecond',
                (SELECT closed_through FROM closed_books WHERE customer_id = $1) + interval '1 microsecond')
            ELSE current_setting('{_CHANGED}' || coalesce(changed, ''))::timestamptz
        END AS at
        FROM (
            SELECT max(locked_at) AS locked_at, max(last_posted_at) AS last_posted_at, count(*) AS locked_count,
                   string_agg(id::text, ',') FILTER (WHERE NOT is_same) AS changed
            FROM locked
        ) AS all_locked
        OFFSET 0
    ) AS passed
"""


class AccountsHaveChanged(Exception):
    """Nothing was written: these accounts are not as expected. If there are none, a key was used before."""

    def __init__(self, account_ids: Sequence[UUID]) -> None:
        super().__init__(f"{len(account_ids)} accounts are not as they were expected")
        self.account_ids = account_ids


async def read_accounts(customer_id: UUID, account_ids: Sequence[UUID]) -> dict[AccountName, Remembered]:
    """Those of these accounts that there are, as they are now, not locked."""
    with naming_refused_writes():
        rows = await by_key_pool().fetch(READ_SQL, customer_id, as_text(account_ids))
    return {(customer_id, row["id"]): Remembered(PostingAccount(row), row["fixed"]) for row in rows}


def add_guard(
    statement: GuardedStatement, keys: Sequence[KeyRequest], expected: Mapping[AccountName, Remembered]
) -> None:
    """Begin a statement that is carried out only if all of these keys are new, and these accounts, in the order of
    their ids, are as expected.
    """
    accounts = [remembered.account for remembered in expected.values()]
    add_reserved(statement, keys)
    statement.add_first(
        "locked",
        LOCKED_SQL,
        as_text([account.side.account_id for account in accounts]),
        as_text([account.debits for account in accounts]),
        as_text([account.credits for account in accounts]),
        as_text([account.held for account in accounts]),
        as_text([account.sequence for account in accounts]),
        [remembered.fixed for remembered in expected.values()],
    )
    statement.add_first("guard", GUARD_SQL, len(accounts), len(keys))


def changed_accounts(error: asyncpg.UndefinedObjectError) -> AccountsHaveChanged | None:
    """What the guard says by this error, if it is the guard's. Messages are translated, but not what they quote."""
    said = re.search(re.escape(_CHANGED) + "([0-9a-f,-]*)", str(error))
    return None if said is None else AccountsHaveChanged([UUID(one) for one in said[1].split(",") if one])

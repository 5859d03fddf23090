"""The sequencer: gives committed events their position in their customer's feed.

A sequence, a clock and a transaction id all skip or reorder rows that commit late, so a position is given only to
what is already committed, by one sequencer at a time for each customer.

A transfer takes two positions: its entry has the second, and the first stays free. So each side has a place of its own
in the feed of changed ledgers: the debited side at the first, the credited side at the second.
"""

import logging
from math import inf
from time import monotonic
from uuid import UUID

from asyncpg import LockNotAvailableError

from app.db.connection import Record, fetchval
from app.db.not_written import NotWritten
from app.db.snapshot import before_snapshot, current_snapshot
from app.db.transaction import run_alone, transaction, whole_use_case

logger = logging.getLogger(__name__)

BATCH_SIZE_MAX = 2_000
TELL_EVERY_SECONDS = 60.0
DEBIT_STEPS_BACK = 1
"""How many positions before its entry a transfer's debited side is."""


async def number_events(customer_id: UUID, *, wait: bool = False) -> int:
    """Number this customer's committed events in insertion order; answers how many.

    With `wait`, every event committed before the call is numbered when it returns. Without, it returns at once if
    another sequencer is at work.
    """
    # Rows that another sequencer is numbering are visible here until it commits, so this cheap check misses nothing.
    return await number_waiting(customer_id, wait=wait) if await _some_wait(customer_id) else 0


async def number_waiting(customer_id: UUID, *, wait: bool = False) -> int:
    """The same, for who knows that some wait: one round trip less."""
    total = 0
    while True:
        numbered = await _number_batch(customer_id, wait=wait)
        if numbered is None:
            await _note_missed(customer_id)
            continue
        total += numbered
        if numbered < BATCH_SIZE_MAX:
            return total


async def number_before_reading(customer_id: UUID) -> None:
    """Number all events that were committed before this call, or are in this answer's snapshot; call it before reading
    the feed or the tables kept with it. On a read-only database nothing is numbered: readers get the unnumbered events
    later, once it can be written again.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        await _number_all(customer_id)
    elif not snapshot.has_begun or await _some_wait(customer_id):
        await before_snapshot([("numbered", customer_id)], lambda: _number_all(customer_id))


async def _number_all(customer_id: UUID) -> None:
    try:
        await number_events(customer_id, wait=True)
    except NotWritten:
        _tell_of_read_only()


class _Told:
    """When the log last said that nothing can be numbered."""

    at = -inf


def _tell_of_read_only() -> None:
    if monotonic() - _Told.at >= TELL_EVERY_SECONDS:
        _Told.at = monotonic()
        logger.warning("the database is read-only: new events wait for their place in the feed, and are not shown yet")


async def _some_wait(customer_id: UUID) -> bool:
    return bool(
        await fetchval(
            """
            SELECT EXISTS (SELECT FROM unnumbered_events WHERE customer_id = $1)
                OR EXISTS (SELECT FROM feeds WHERE customer_id = $1 AND wallets_noted_position < last_position)
            """,
            customer_id,
        )
    )


# Balance changes are noted here and not at posting, so that a posting updates no index of them. Only ledgers and
# wallets have a row for it. Each row is looked up separately, since a plan without statistics would read all of the
# customer's rows. Rows are written in id order.
def _noting_sql(noun: str, moved: str) -> str:
    return f"""
        INSERT INTO {noun}_changes AS known (customer_id, {noun}_id, changed_at)
        SELECT $1, noun.{noun}_id, moved.changed_at
        FROM {moved} AS moved CROSS JOIN LATERAL (
            SELECT {noun}_id FROM {noun}_changes WHERE customer_id = $1 AND {noun}_id = moved.account_id LIMIT 1
        ) AS noun
        ORDER BY noun.{noun}_id
        ON CONFLICT (customer_id, {noun}_id)
        DO UPDATE SET changed_at = excluded.changed_at WHERE known.changed_at < excluded.changed_at
    """


# Lock and numbering are one statement, so its snapshot may be older than the lock. That does no harm: the row of feeds
# is read as it is under the lock, and events that another sequencer has numbered since are gone, so that DELETE passes
# them over. Of each resource, what that one had not seen yet was committed after all that it had: so it comes later.
_NUMBER_SQL = f"""
    WITH feed AS MATERIALIZED (
        SELECT last_position, latest_at, wallets_noted_position < last_position AS has_missed FROM feeds
        WHERE customer_id = $1 AND (
            wallets_noted_position < last_position OR EXISTS (SELECT FROM unnumbered_events WHERE customer_id = $1)
        )
        FOR UPDATE
    ), due AS (
        SELECT waiting.insertion FROM feed CROSS JOIN LATERAL (
            SELECT insertion FROM unnumbered_events WHERE customer_id = $1 ORDER BY insertion LIMIT $2
        ) AS waiting
        WHERE NOT feed.has_missed
    ), taken AS (
        DELETE FROM unnumbered_events AS event
        WHERE event.customer_id = $1 AND event.insertion <= (SELECT max(insertion) FROM due)
        RETURNING event.*
    ), placed AS MATERIALIZED (
        SELECT taken.*,
               feed.last_position
                   + sum(CASE resource_type WHEN 'transfer' THEN {1 + DEBIT_STEPS_BACK} ELSE 1 END) OVER place
                   AS position,
               greatest(feed.latest_at, max(occurred_at) OVER place) AS latest_at
        FROM taken CROSS JOIN feed WINDOW place AS (ORDER BY insertion)
    ), numbered AS (
        INSERT INTO feed_entries (customer_id, position, event_id, type, resource_type, resource_id, holder_id,
                                  other_holder_id, debit_id, credit_id, occurred_at, latest_at)
        SELECT customer_id, position, event_id, type, resource_type, resource_id, coalesce(holder_id, other_holder_id),
               CASE WHEN other_holder_id <> holder_id THEN other_holder_id END, debit_id, credit_id, occurred_at,
               latest_at
        FROM placed
    ), moved AS (
        SELECT side.account_id, max(placed.occurred_at) AS changed_at
        FROM placed CROSS JOIN LATERAL (VALUES (debit_id), (credit_id)) AS side (account_id)
        WHERE resource_type = 'transfer' GROUP BY side.account_id
    ), noted_ledgers AS ({_noting_sql("ledger", "moved")}
    ), noted_wallets AS ({_noting_sql("wallet", "moved")}
    ), batch AS (
        SELECT count(*) AS count, max(position) AS last_position, max(latest_at) AS latest_at FROM placed
    ), moved_on AS (
        UPDATE feeds SET last_position = batch.last_position, latest_at = batch.latest_at,
                         wallets_noted_position = batch.last_position
        FROM batch WHERE feeds.customer_id = $1 AND batch.count > 0
    )
    SELECT feed.has_missed, batch.count FROM feed CROSS JOIN batch
"""
_NUMBER_UNLESS_LOCKED_SQL = _NUMBER_SQL.replace("FOR UPDATE", "FOR UPDATE SKIP LOCKED")
_NOTE_MISSED_SQL = f"""
    WITH moved AS (
        SELECT side.account_id, max(entry.occurred_at) AS changed_at
        FROM (
            SELECT debit_id, credit_id, occurred_at FROM feed_entries
            WHERE customer_id = $1 AND resource_type = 'transfer' AND position > $2 AND position <= $3
            ORDER BY position
        ) AS entry CROSS JOIN LATERAL (VALUES (debit_id), (credit_id)) AS side (account_id)
        GROUP BY side.account_id
    ), noted AS ({_noting_sql("wallet", "moved")})
    UPDATE feeds SET wallets_noted_position = $3 WHERE customer_id = $1
"""


# Verbs lock rows of `ledger_changes` too, and not always in id order: after a deadlock the batch runs again.
@whole_use_case
async def _number_batch(customer_id: UUID, *, wait: bool) -> int | None:
    """How many were numbered; None if an older version has numbered some meanwhile without noting wallets."""
    # By key, or a range of it: other plans assume nearly empty tables, and each batch would read all waiting events.
    done = await _number_within(customer_id, _NUMBER_SQL) if wait else await _number_alone(customer_id)
    if done is None:
        return 0
    return None if done["has_missed"] else int(done["count"])


async def _number_alone(customer_id: UUID) -> Record | None:
    """One round trip, unless somebody holds a row that is to be written."""
    try:
        rows = await run_alone(_NUMBER_UNLESS_LOCKED_SQL, customer_id, BATCH_SIZE_MAX, by_key=True)
    except LockNotAvailableError:
        return await _number_within(customer_id, _NUMBER_UNLESS_LOCKED_SQL)
    return rows[0] if rows else None


async def _number_within(customer_id: UUID, sql: str) -> Record | None:
    async with transaction(by_key=True) as tx:
        return await tx.fetchrow(sql, customer_id, BATCH_SIZE_MAX)


@whole_use_case
async def _note_missed(customer_id: UUID) -> None:
    """Note the balance changes of wallets, for the next positions at which that was not done."""
    async with transaction(by_key=True) as tx:
        feed = await tx.fetchrow(
            "SELECT last_position, wallets_noted_position FROM feeds WHERE customer_id = $1 FOR UPDATE", customer_id
        )
        assert feed is not None, "every customer has its feed"
        noted = feed["wallets_noted_position"]
        until = min(feed["last_position"], noted + BATCH_SIZE_MAX)
        await tx.execute(_NOTE_MISSED_SQL, customer_id, noted, until)

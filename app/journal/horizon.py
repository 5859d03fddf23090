"""The horizon: no row with an earlier time can still appear.

A row gets its time before it is committed, so a row with an earlier time may appear after one with a later time. Each
time comes from the database's clock, in a transaction that has begun to write. So no uncommitted row is older than the
oldest of these transactions.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from app.db.connection import fetchrow, fetchval
from app.db.snapshot import before_snapshot, current_snapshot
from app.journal.balances_at import SETTLED_AFTER, cannot_settle, still_to_come, too_busy
from app.kernel.errors import Path

SETTLE_SECONDS_MAX = 5.0
SETTLE_PAUSE_SECONDS = 0.02

_NAME = "horizon"
_NOTHING = datetime(1, 1, 2, tzinfo=UTC)

# A transaction gives times only once it has begun to write; from then on every role sees its `backend_xid`. Its start
# is hidden from other roles, and from all if `track_activities` is off: then it counts as old. Of hidden ones only our
# own processes matter: vacuum and manual work of operators give no times. A transaction seen just as it begins has no
# start either, but its times are later than the start of this statement.
_SQL = """
    SELECT greatest(
        statement_timestamp() - $1::interval,
        least(
            statement_timestamp(),
            min(CASE WHEN xact_start IS NULL AND coalesce(state, 'disabled') = 'disabled' THEN '-infinity'
                     ELSE xact_start END)
        )
    )
    FROM pg_stat_get_activity(NULL)
    WHERE backend_xid IS NOT NULL
      AND datid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (backend_type = 'client backend' OR backend_type IS NULL AND application_name LIKE 'quaestor%')
"""


async def settled_until() -> datetime:
    """The horizon: every later read sees all rows with a time before it.

    It is now, or the start of the oldest writing transaction, but at most `SETTLED_AFTER` ago.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        return await _look()

    async def note() -> None:
        snapshot.noted[_NAME] = await _look()

    await before_snapshot([_NAME], note)
    # If the snapshot had already begun, the present answer is thrown away and made again.
    horizon: datetime = snapshot.noted.get(_NAME, _NOTHING)
    return horizon


async def wait_until_settled(instant: datetime) -> bool:
    """Wait until nothing that is being written can get a time at or before this instant, which has passed. False if
    that takes longer than `SETTLE_SECONDS_MAX`.
    """
    until = monotonic() + SETTLE_SECONDS_MAX
    while await settled_until() <= instant:
        if monotonic() > until:
            return False
        await asyncio.sleep(SETTLE_PAUSE_SECONDS)
    return True


async def settle_instant(at: datetime, path: Path = ("at",)) -> None:
    """Wait until nothing with a time up to `at` can still appear, in any account: what is read after has all of it. It
    is over before the snapshot of this task's answer begins.

    :raises Invalid: the instant is in the future, by the database's clock.
    :raises LimitExceeded: something is written for longer than a lock is waited for, or this is a standby.
    """
    await before_snapshot([(_NAME, at)], partial(_settle, at, path))


async def _settle(at: datetime, path: Path) -> None:
    row = await fetchrow(
        """
        SELECT $1::timestamptz > clock_timestamp() AS is_future, $1 < clock_timestamp() - $2::interval AS is_old,
               pg_is_in_recovery() AS is_standby
        """,
        at,
        SETTLED_AFTER,
    )
    assert row is not None, "it has one row"
    if row["is_future"]:
        raise still_to_come(path)
    if row["is_old"]:
        return
    if row["is_standby"]:  # What is under way on the server before it is not seen here.
        raise cannot_settle()
    if not await wait_until_settled(at):
        raise too_busy()


async def _look() -> datetime:
    horizon: datetime = await fetchval(_SQL, SETTLED_AFTER)
    return horizon

"""The horizon: no row with an earlier time can still appear.

A row gets its time before it is committed, so a row with an earlier time may appear after one with a later time. Each
time comes from the database's clock, in a transaction that has begun to write. So no uncommitted row is older than the
oldest of these transactions.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic

from app.db.connection import fetchval
from app.db.snapshot import before_snapshot, current_snapshot
from app.journal.balances_at import SETTLED_AFTER

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


async def _look() -> datetime:
    horizon: datetime = await fetchval(_SQL, SETTLED_AFTER)
    return horizon

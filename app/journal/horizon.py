"""The instant behind which nothing can still appear.

Rows are stamped before they are committed, so that one of an earlier instant may appear after one of a later. All that
is stamped is stamped by the database's clock in a transaction that has begun to write: nothing that is still to be
committed is older than the oldest of these.
"""

from datetime import UTC, datetime

from app.db.connection import fetchval
from app.db.snapshot import before_snapshot, current_snapshot
from app.journal.balances_at import SETTLED_AFTER

_NAME = "horizon"
_NOTHING = datetime(1, 1, 2, tzinfo=UTC)

# A transaction that has not begun to write has stamped nothing; from then on it has a `backend_xid`, for everybody to
# see. When it began is hidden from other roles, and from all where `track_activities` is off: then it counts as old. Of
# hidden ones only our own processes matter: vacuum and what operators do by hand stamp nothing. A transaction that was
# looked at while it began has no such instant either, and stamps later than this statement began.
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
    """An instant such that whatever is stamped before it is seen by a read that follows, and by every later one.

    It is now, or when the oldest transaction that is writing began, but at most `SETTLED_AFTER` ago.
    """
    snapshot = current_snapshot()
    if snapshot is None:
        return await _look()

    async def note() -> None:
        snapshot.noted[_NAME] = await _look()

    await before_snapshot([_NAME], note)
    # Where the snapshot had begun already, what is answered now is thrown away.
    horizon: datetime = snapshot.noted.get(_NAME, _NOTHING)
    return horizon


async def _look() -> datetime:
    horizon: datetime = await fetchval(_SQL, SETTLED_AFTER)
    return horizon

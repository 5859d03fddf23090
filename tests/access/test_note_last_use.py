"""A note that collides with another transaction is no outage of the database."""

import asyncpg
import pytest

from app.access import note_last_use
from app.db.identifiers import new_id
from app.db.outage import database_outage
from app.kernel.clock import utc_now


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (asyncpg.DeadlockDetectedError("in the way"), []),
        (asyncpg.LockNotAvailableError("in the way"), []),
        (ConnectionRefusedError("away"), ["WARNING"]),
    ],
)
async def test_tells_of_an_outage_only(monkeypatch, caplog, error, told):
    async def fail(*_arguments):
        raise error

    monkeypatch.setattr(note_last_use, "fetchval", fail)
    monkeypatch.setattr(database_outage, "_told_at", None)
    note_last_use.note_last_use(new_id(), new_id(), utc_now())
    await note_last_use.finish_noting_last_use()
    assert [record.levelname for record in caplog.records] == told

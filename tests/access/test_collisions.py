"""A verb whose transaction was ended by a deadlock runs again from its start."""

import asyncio
import contextlib

import asyncpg
import pytest

from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetchval
from tests.journal.orders import until_waiting

pytestmark = pytest.mark.postgres15

VERBS = {
    "create_api_key": lambda actor: create_api_key(actor, CreateApiKey("another", ["ledgers:read"])),
    "revoke_api_key": lambda actor: revoke_api_key(actor, str(actor.api_key_id)),
    "open_customer": lambda _actor: open_customer("Other Ltd"),
}
LOCKED_FIRST = {"create_api_key": "customers", "revoke_api_key": "api_keys", "open_customer": "customers"}


@pytest.mark.parametrize("name", VERBS)
async def test_runs_again_after_a_deadlock(actor, database, name):
    before = await fetchval("SELECT count(*) FROM events")
    other = await asyncpg.connect(database)
    try:
        # On a busy machine its own timeout may end first: then nobody collides with the verb.
        async with asyncio.timeout(60), other.transaction():
            await other.execute("LOCK TABLE events IN EXCLUSIVE MODE")
            verb = asyncio.create_task(VERBS[name](actor))
            await until_waiting()  # It waits first, so it is the one that is ended.
            with contextlib.suppress(asyncpg.DeadlockDetectedError):
                await other.execute(f"LOCK TABLE {LOCKED_FIRST[name]} IN EXCLUSIVE MODE")
        await verb
    finally:
        await other.close()
    happened = await fetchval("SELECT count(*) FROM events") - before
    assert happened == (3 if name == "open_customer" else 1)

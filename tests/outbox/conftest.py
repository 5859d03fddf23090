"""A customer, and work promised for it."""

import pytest

from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.outbox.promise import promise


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def promised(actor):
    """Promise pieces of work; answers the ids of what they are for."""

    async def promised(count=1, *, kind="work", not_before=None):
        resources = [new_id() for _ in range(count)]
        for resource_id in resources:
            async with transaction() as tx:
                await promise(tx, actor, kind, resource_id, not_before=not_before)
        return resources

    return promised


@pytest.fixture
def messages():
    """All messages as they are stored, by what they are for."""

    async def messages():
        return {row["resource_id"]: dict(row) for row in await fetch("SELECT * FROM outbox_messages")}

    return messages


@pytest.fixture
def let_time_pass():
    """Make everything due that waits for its time or for the end of its lease."""

    async def let_time_pass():
        await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")

    return let_time_pass

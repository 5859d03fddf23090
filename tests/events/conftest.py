"""A customer whose feed is empty, and events to fill it with."""

import pytest

from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.identifiers import new_id


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def happen(actor):
    """Commit one event; answers its id."""

    async def happen(event_type="ledger.created", *, of=None, resource_id=None, holder_id=None, version=1):
        by = of or actor
        resource = Resource(event_type.split(".")[0], resource_id or new_id(), version, holder_id)
        async with transaction() as tx:
            return await record_event(tx, by, event_type, resource, {"version": version})

    return happen

import asyncio
import json
from uuid import UUID

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetch, fetchval
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, Invalid, NotFound


async def test_ends_a_key_and_tells_of_it(actor):
    created, _ = await create_api_key(actor, CreateApiKey("doomed", ["ledgers:read"]))
    revoked = await revoke_api_key(actor, str(created.id))
    assert revoked.revoked_at is not None
    assert revoked.revoked_at == await fetchval("SELECT revoked_at FROM api_keys WHERE id = $1", created.id)
    events = await fetch("SELECT * FROM events WHERE resource_id = $1 ORDER BY resource_version", created.id)
    assert [event["type"] for event in events] == ["api_key.created", "api_key.revoked"]
    assert events[1]["resource_version"] == 2
    body = json.loads(events[1]["body"])
    assert body["previous"] == {"revoked_at": None}
    assert body["data"]["revoked_at"].endswith("Z")


async def test_revokes_once_however_often_it_is_asked(actor):
    created, _ = await create_api_key(actor, CreateApiKey("doomed", ["ledgers:read"]))
    answers = await asyncio.gather(*(revoke_api_key(actor, str(created.id)) for _ in range(5)))
    assert len({answer.revoked_at for answer in answers}) == 1
    assert await fetchval("SELECT count(*) FROM events WHERE type = 'api_key.revoked'") == 1


async def test_does_not_find_another_customers_key(actor):
    other = await open_customer("Other Ltd")
    stranger = await authenticate(f"API-Key {other.api_key}", Via.GRAPHQL)
    with pytest.raises(NotFound) as refusal:
        await revoke_api_key(stranger, str(actor.api_key_id))
    assert refusal.value.path == ("api_key_id",)
    assert await fetchval("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL") == 0


async def test_refuses_who_may_not_and_what_is_no_identifier(actor):
    reader = Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.GRAPHQL, "reader")
    holder = Actor(actor.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=UUID(int=7))
    for refused in (reader, holder):
        with pytest.raises(Forbidden):
            await revoke_api_key(refused, str(actor.api_key_id))
    with pytest.raises(Invalid):
        await revoke_api_key(actor, "not-an-id")
    with pytest.raises(NotFound):
        await revoke_api_key(actor, "00000000-0000-7000-8000-000000000000")
    assert await fetchval("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL") == 0

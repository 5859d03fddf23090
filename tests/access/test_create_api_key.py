import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from app.access import create_api_key as module
from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetchrow, fetchval
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, Invalid, LimitExceeded


async def count_of_keys_and_events():
    row = await fetchrow("SELECT (SELECT count(*) FROM api_keys) AS keys, (SELECT count(*) FROM events) AS events")
    return row["keys"], row["events"]


async def test_makes_a_key_that_opens_the_door_with_its_scopes_only(actor):
    created, key = await create_api_key(actor, CreateApiKey("  reports ", ["ledgers:read", "holders:read"]))
    assert created.name == "reports"
    assert created.scopes == ("holders:read", "ledgers:read")
    assert created.prefix == "_".join(key.split("_")[:2])
    assert (created.last_used_at, created.expires_at, created.revoked_at) == (None, None, None)
    let_in = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    assert let_in.scopes == frozenset({"holders:read", "ledgers:read"})
    assert let_in.api_key_id == created.id


async def test_keeps_the_expiry_in_utc(actor):
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    written = moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    created, _ = await create_api_key(actor, CreateApiKey("monthly", ["*"], written))
    assert created.expires_at == moment


async def test_tells_of_the_key_without_its_secret(actor):
    created, key = await create_api_key(actor, CreateApiKey("audit", ["keys:write"]))
    row = await fetchrow("SELECT * FROM events WHERE resource_id = $1", created.id)
    assert (row["type"], row["resource_version"], row["holder_id"]) == ("api_key.created", 1, None)
    assert row["actor"] == actor.name
    data = json.loads(row["body"])["data"]
    assert set(data) == {"id", "name", "prefix", "scopes", "expires_at", "revoked_at", "created_at"}
    assert data["scopes"] == ["keys:write"]
    assert key.startswith(f"{data['prefix']}_")
    assert key not in row["body"]


async def test_grants_nothing_that_its_maker_does_not_hold(actor):
    _, key = await create_api_key(actor, CreateApiKey("maker", ["keys:write", "ledgers:read"]))
    maker = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    before = await count_of_keys_and_events()
    for scopes, lacking, index in (
        (["ledgers:read", "ledgers:write"], "ledgers:write", "1"),
        (["*"], "*", "0"),
        (["holders:review"], "holders:review", "0"),
    ):
        with pytest.raises(Forbidden) as refusal:
            await create_api_key(maker, CreateApiKey("greedy", scopes))
        assert refusal.value.required_scope == lacking
        assert refusal.value.path == ("scopes", index)
    assert await count_of_keys_and_events() == before
    granted, _ = await create_api_key(maker, CreateApiKey("modest", ["ledgers:read", "keys:write"]))
    assert granted.scopes == ("ledgers:read", "keys:write")


async def test_needs_the_scope_keys_write(actor):
    _, key = await create_api_key(actor, CreateApiKey("reader", ["ledgers:read"]))
    reader = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    with pytest.raises(Forbidden) as refusal:
        await create_api_key(reader, CreateApiKey("more", ["ledgers:read"]))
    assert refusal.value.required_scope == "keys:write"


async def test_refuses_an_actor_that_is_one_holders(customer):
    holder = Actor(customer.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=UUID(int=7))
    with pytest.raises(Forbidden):
        await create_api_key(holder, CreateApiKey("mine", ["ledgers:read"]))


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (CreateApiKey(" ", ["*"]), ("name",)),
        (CreateApiKey("a\x00b", ["*"]), ("name",)),
        (CreateApiKey("x" * 256, ["*"]), ("name",)),
        (CreateApiKey("none", []), ("scopes",)),
        (CreateApiKey("odd", ["everything"]), ("scopes", "0")),
        (CreateApiKey("odd", ["ledgers:read", "ledger:read"]), ("scopes", "1")),
        (CreateApiKey("late", ["*"], "2020-01-01T00:00:00Z"), ("expires_at",)),
        (CreateApiKey("odd", ["*"], "tomorrow"), ("expires_at",)),
    ],
)
async def test_refuses_bad_input_and_writes_nothing(actor, command, path):
    before = await count_of_keys_and_events()
    with pytest.raises(Invalid) as refusal:
        await create_api_key(actor, command)
    assert refusal.value.path == path
    assert await count_of_keys_and_events() == before


async def test_keeps_to_the_quota_when_two_race_for_the_last_place(actor, monkeypatch):
    monkeypatch.setattr(module, "LIVE_KEYS_MAX", 2)
    outcomes = await asyncio.gather(
        *(create_api_key(actor, CreateApiKey(f"key {n}", ["*"])) for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(outcome, LimitExceeded) for outcome in outcomes) == 3
    assert await fetchval("SELECT count(*) FROM api_keys") == 2

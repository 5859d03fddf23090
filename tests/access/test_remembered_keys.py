import asyncio
from time import monotonic
from uuid import UUID

import asyncpg
import pytest

from app.access import remembered_keys as module
from app.access.authenticate import authenticate
from app.access.remembered_keys import RememberedKeys, remembered_keys
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetch
from app.db.notifications import CHANNEL, notifications, resource_topic
from app.kernel.actor import Actor, Via
from app.kernel.errors import Unauthenticated

KEY_ID = UUID(int=7)
ACTOR = Actor(UUID(int=1), frozenset({"*"}), Via.GRAPHQL, "tester", api_key_id=KEY_ID)


@pytest.fixture
async def listening(database):
    await notifications().at(database, application_name="quaestor-tests").start()
    while not notifications().is_listening:
        await asyncio.sleep(0.005)
    yield
    remembered_keys.forget_all()
    await notifications().stop()
    assert notifications()._waiters == {}


@pytest.fixture
def for_long(monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED_SECONDS_MAX", 3600)


@pytest.fixture
async def header(customer):
    """Of a key whose making is no news any more: heard late, it would be taken for the key's end."""
    if notifications().is_listening:
        with notifications().listen(["heard-last"]) as wake_up:
            notifications().announce(["heard-last"])
            while "heard-last" not in wake_up.topics_heard:
                assert await wake_up.wait(60)
    return f"API-Key {customer.api_key}"


async def scopes(header):
    return (await authenticate(header, Via.GRAPHQL)).scopes


async def change_unheard(*scopes_now):
    """Change the key behind everybody's back: only who looks it up sees it."""
    await fetch("UPDATE api_keys SET scopes = $1", list(scopes_now))


async def test_looks_a_key_up_no_more_once_it_listens_for_its_end(listening, for_long, header):
    await scopes(header)
    await change_unheard("ledgers:read")
    assert await scopes(header) == {"ledgers:read"}
    await change_unheard("ledgers:write")
    assert await scopes(header) == {"ledgers:read"}
    assert (await authenticate(header, Via.REST)).via is Via.REST


async def test_looks_a_key_up_again_after_its_time(listening, monkeypatch, header):
    monkeypatch.setattr(module, "REMEMBERED_SECONDS_MAX", 0)
    for _ in range(2):
        await scopes(header)
    await change_unheard("ledgers:read")
    assert await scopes(header) == {"ledgers:read"}


async def test_looks_every_key_up_while_it_hears_nothing(database, for_long, header):
    for _ in range(2):
        await scopes(header)
    await change_unheard("ledgers:read")
    assert await scopes(header) == {"ledgers:read"}


async def test_forgets_every_key_when_it_may_have_missed_something(listening, for_long, header, database):
    for _ in range(2):
        await scopes(header)
    await change_unheard("ledgers:read")
    observer = await asyncpg.connect(database)
    await observer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'quaestor-tests-listen'"
    )
    await observer.close()
    while await scopes(header) != {"ledgers:read"}:
        await asyncio.sleep(0.005)


async def test_ends_a_key_at_once_where_it_is_revoked(listening, for_long, actor, header):
    for _ in range(2):
        await scopes(header)
    await revoke_api_key(actor, str(actor.api_key_id))
    with pytest.raises(Unauthenticated):
        await scopes(header)


async def test_ends_a_key_that_another_process_revokes(listening, for_long, actor, header, database):
    for _ in range(2):
        await scopes(header)
    other = await asyncpg.connect(database)
    await other.execute("UPDATE api_keys SET revoked_at = now()")
    assert await scopes(header) == {"*"}
    await other.execute("SELECT pg_notify($1, $2)", CHANNEL, resource_topic(actor.api_key_id))
    await other.close()
    with pytest.raises(Unauthenticated):
        while True:
            await scopes(header)
            await asyncio.sleep(0.005)


async def test_does_not_remember_what_was_looked_up_before_it_listened(listening, for_long):
    keys = RememberedKeys()
    before = monotonic()
    for _ in range(3):
        keys.remember("header", ACTOR, looked_up_at=before, seconds_left=None)
        assert keys.recall("header", Via.GRAPHQL) is None
    keys.remember("header", ACTOR, looked_up_at=monotonic(), seconds_left=None)
    assert keys.recall("header", Via.GRAPHQL) is ACTOR
    keys.forget_all()


async def test_does_not_remember_a_key_beyond_its_expiry(listening, for_long):
    keys = RememberedKeys()
    for _ in range(2):
        keys.remember("header", ACTOR, looked_up_at=monotonic(), seconds_left=0.0)
    assert keys.recall("header", Via.GRAPHQL) is None
    keys.forget_all()


async def test_remembers_a_bounded_number_and_listens_for_no_other(listening, for_long, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED_KEYS_MAX", 2)
    keys, topic = RememberedKeys(), resource_topic(KEY_ID)
    for header in ("first", "second", "third"):
        for _ in range(2):
            keys.remember(header, ACTOR, looked_up_at=monotonic(), seconds_left=None)
    assert [keys.recall(header, Via.GRAPHQL) for header in ("first", "second", "third")] == [None, ACTOR, ACTOR]
    assert len(notifications()._waiters[topic]) == 2
    keys.forget(KEY_ID)
    assert topic not in notifications()._waiters
    assert keys.recall("third", Via.GRAPHQL) is None


async def test_keeps_no_key(listening, customer, header):
    for _ in range(2):
        await scopes(header)
    assert customer.api_key.split("_", 2)[2] not in repr(vars(remembered_keys))

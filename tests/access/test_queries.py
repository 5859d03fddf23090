from uuid import UUID

import pytest

from app.access.authenticate import authenticate
from app.access.create_access_token import CreateAccessToken, create_access_token
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.access.queries import find_api_key, find_customer_name, is_still_valid, keys_of_actors, list_api_keys
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetch
from app.db.notifications import notifications, resource_topic
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.kernel.actor import Actor, Via, worker_actor
from app.kernel.errors import Forbidden


async def test_lists_the_customers_keys_newest_first_and_no_others(actor):
    await open_customer("Other Ltd")
    second, _ = await create_api_key(actor, CreateApiKey("second", ["ledgers:read"]))
    assert [key.id for key in await list_api_keys(actor)] == [second.id, actor.api_key_id]


async def test_lists_nothing_for_who_may_not(actor):
    reader = Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.GRAPHQL, "reader")
    holder = Actor(actor.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=UUID(int=7))
    for refused in (reader, holder):
        with pytest.raises(Forbidden):
            await list_api_keys(refused)


async def test_finds_a_key_for_who_may_see_it_only(actor):
    created, key = await create_api_key(actor, CreateApiKey("reader", ["ledgers:read"]))
    reader = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    holder = Actor(actor.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=UUID(int=7))
    stranger = worker_actor((await open_customer("Other Ltd")).customer_id)
    assert (await find_api_key(actor, created.id)).name == "reader"
    assert (await find_api_key(reader, created.id)).name == "reader"
    assert await find_api_key(reader, actor.api_key_id) is None
    assert await find_api_key(holder, created.id) is None
    assert await find_api_key(stranger, created.id) is None


async def test_knows_the_keys_behind_the_names_of_the_audit_trail(actor):
    created, key = await create_api_key(actor, CreateApiKey("reader", ["ledgers:read"]))
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada")))
    token, _ = await create_access_token(actor, CreateAccessToken(str(holder.id), ["ledgers:read"]))
    names = [f"api_key:{created.id}", f"access_token:{token.id}", "worker", "operator", f"api_key:{UUID(int=7)}"]
    found = await keys_of_actors(actor, names)
    assert {name: one.id for name, one in found.items()} == {names[0]: created.id, names[1]: actor.api_key_id}
    reader = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    assert list(await keys_of_actors(reader, names)) == [names[0]]
    token_of_holder = Actor(actor.customer_id, frozenset({"*"}), Via.GRAPHQL, "token", holder_id=holder.id)
    stranger = worker_actor((await open_customer("Other Ltd")).customer_id)
    assert await keys_of_actors(token_of_holder, names) == {}
    assert await keys_of_actors(stranger, names) == {}


async def test_knows_the_customers_name(actor):
    assert await find_customer_name(actor) == "Example Ltd"


async def test_holds_a_key_valid_until_it_is_revoked_or_expires(actor):
    assert await is_still_valid(actor)
    assert await is_still_valid(worker_actor(actor.customer_id))
    await fetch("UPDATE api_keys SET expires_at = now() - interval '1 second'")
    assert not await is_still_valid(actor)
    await fetch("UPDATE api_keys SET expires_at = NULL")
    await revoke_api_key(actor, str(actor.api_key_id))
    assert not await is_still_valid(actor)


async def test_wakes_who_waits_for_a_keys_end(actor, database):
    await notifications().at(database, application_name="quaestor-tests").start()
    try:
        with notifications().listen([resource_topic(actor.api_key_id)]) as wake_up:
            await wake_up.wait(5)  # Whatever connecting has to say.
            await revoke_api_key(actor, str(actor.api_key_id))
            woken = await wake_up.wait(30)
            assert (woken, wake_up.topics_heard) == (True, {resource_topic(actor.api_key_id)})
    finally:
        await notifications().stop()

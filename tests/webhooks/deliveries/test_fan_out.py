"""New events become deliveries, once, for those who may and want to read them."""

import asyncio
import contextvars
from datetime import timedelta

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import by_key_pool, fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.number_events import number_events
from app.events.record import Resource, record_event
from app.kernel.actor import Via
from app.webhooks.deliveries import fan_out as fan_out_module
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import FEW_MAX, FanOut, fan_out
from app.webhooks.deliveries.new_events import NewEvents, new_events
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.status import Payload
from tests.webhooks.deliveries.steps import at_commit

pytestmark = pytest.mark.postgres15

LEASE = Lease(timedelta(seconds=30), timedelta(seconds=15))
URL = "http://127.0.0.1:9/hooks"


async def fan_out_all(actor, *, room=0):
    await number_events(actor.customer_id)
    return await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: room)


async def rows(actor):
    return await fetch(
        "SELECT * FROM webhook_deliveries WHERE customer_id = $1 ORDER BY feed_position, endpoint_id", actor.customer_id
    )


async def types_for(endpoint):
    found = await fetch(
        "SELECT event_type FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY feed_position", endpoint.id
    )
    return [row["event_type"] for row in found]


async def test_makes_one_delivery_for_each_event_and_endpoint(actor, subscribe, happen):
    first, _ = await subscribe(URL, event_types=["ledger.*"])
    second, _ = await subscribe(URL, event_types=["ledger.*"])
    events = [await happen() for _ in range(3)]
    done = await fan_out_all(actor)
    assert done.deliveries == 6
    made = await rows(actor)
    assert [row["event_id"] for row in made if row["endpoint_id"] == first.id] == events
    assert [row["event_id"] for row in made if row["endpoint_id"] == second.id] == events
    assert {(row["status"], row["attempt_count"], row["lease_token"]) for row in made} == {("PENDING", 0, None)}
    assert all(row["message_id"] == row["event_id"] for row in made)


async def test_leaves_nothing_due_for_a_paused_endpoint(actor, subscribe, happen):
    await subscribe(URL, event_types=["ledger.*"])
    await pool().execute("UPDATE webhook_endpoints SET status = 'PAUSED'")
    await happen()
    done = await fan_out_all(actor)
    assert (done.deliveries, done.left_due) == (1, set())


async def test_leaves_nothing_due_where_all_is_claimed(actor, subscribe, happen):
    await subscribe(URL, event_types=["ledger.*"])
    await happen()
    done = await fan_out_all(actor, room=1)
    assert (len(done.claimed), done.left_due) == (1, set())


async def test_makes_nothing_twice(actor, subscribe, happen):
    await subscribe(URL)
    await happen()
    assert (await fan_out_all(actor)).deliveries == 1
    assert (await fan_out_all(actor)).deliveries == 0
    # Even if the position were lost.
    await pool().execute("UPDATE webhook_fan_outs SET position = 0")
    assert (await fan_out_all(actor)).deliveries == 0
    assert len(await rows(actor)) == 1


async def test_makes_each_once_with_several_at_once(actor, subscribe, happen):
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(5):
        await asyncio.gather(*(happen() for _ in range(10)))
        await asyncio.gather(*(fan_out_all(actor) for _ in range(6)))
    await fan_out_all(actor)
    made = await rows(actor)
    assert len({row["event_id"] for row in made}) == len(made) == 50
    assert len({row["feed_position"] for row in made}) == 50


async def test_makes_nothing_where_another_worker_was_faster(actor, subscribe, happen, monkeypatch):
    await subscribe(URL, event_types=["ledger.*"])
    await happen()
    faster, read = [], fan_out_module.entries_between

    async def read_and_be_overtaken(*arguments, **named):
        entries = await read(*arguments, **named)
        if not faster:
            faster.append(None)
            faster[0] = await fan_out_all(actor)
        return entries

    monkeypatch.setattr(fan_out_module, "entries_between", read_and_be_overtaken)
    slower = await fan_out_all(actor)
    assert (faster[0].deliveries, slower.deliveries, slower.has_more) == (1, 0, True)
    assert len(await rows(actor)) == 1
    assert await fan_out_all(actor) == FanOut(0, 0, [])


def between_look_and_lock(monkeypatch, step):
    """Run this once, after a fan-out has looked and before it locks."""
    lock = fan_out_module.lock_position

    async def late(*arguments):
        monkeypatch.setattr(fan_out_module, "lock_position", lock)
        await asyncio.create_task(step(), context=contextvars.Context())  # So that it may open transactions.
        return await lock(*arguments)

    monkeypatch.setattr(fan_out_module, "lock_position", late)


async def test_leaves_to_the_next_pass_what_it_has_not_seen_at_first(actor, subscribe, happen, monkeypatch):
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(FEW_MAX + 1):
        await happen()
    made = []

    async def make_another_endpoint():
        made.append((await subscribe(URL, event_types=["ledger.*"]))[0])
        await happen()
        await number_events(actor.customer_id)

    between_look_and_lock(monkeypatch, make_another_endpoint)
    assert (await fan_out_all(actor)).deliveries == FEW_MAX + 1
    assert await types_for(made[0]) == []
    assert (await fan_out_all(actor)).deliveries == 2
    assert await types_for(made[0]) == ["ledger.updated"]


async def test_makes_none_of_many_again_where_another_worker_was_faster(actor, subscribe, happen, monkeypatch):
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(FEW_MAX + 1):
        await happen()
    faster = []

    async def overtake():
        faster.append(await fan_out_all(actor))

    between_look_and_lock(monkeypatch, overtake)
    slower = await fan_out_all(actor)
    assert (faster[0].deliveries, slower.deliveries, slower.has_more) == (FEW_MAX + 1, 0, True)
    assert len(await rows(actor)) == FEW_MAX + 1
    assert await fan_out_all(actor) == FanOut(0, 0, [])


@pytest.mark.parametrize("count", [1, FEW_MAX + 1])
async def test_does_not_wait_for_the_disk(actor, subscribe, happen, count):
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(count):
        await happen()
    async with at_commit(
        "INSERT INTO seen VALUES (current_setting('synchronous_commit'))", "webhook_fan_outs", "UPDATE"
    ):
        assert (await fan_out_all(actor)).deliveries == count
        assert [row["setting"] for row in await fetch("SELECT DISTINCT setting FROM seen")] == ["off"]
    for connections in (pool(), by_key_pool()):
        assert await connections.fetchval("SELECT current_setting('synchronous_commit')") == "on"


async def test_waits_for_a_change_of_its_endpoint(actor, subscribe, happen):
    endpoint, _ = await subscribe(URL, event_types=["ledger.*"])
    await happen()
    async with pool().acquire() as other:
        changing = other.transaction()
        await changing.start()
        await other.execute("UPDATE webhook_endpoints SET status = 'DISABLED' WHERE id = $1", endpoint.id)
        made = asyncio.create_task(fan_out_all(actor))
        await asyncio.sleep(0.4)  # Longer than a statement of its own waits for a lock.
        assert not made.done()
        await changing.commit()
    async with asyncio.timeout(60):
        assert (await made).deliveries == 0
    assert await rows(actor) == []


async def test_sends_only_what_is_committed_after_the_endpoint_was_made(actor, subscribe, happen):
    await happen()
    await subscribe(URL)
    await happen("ledger.created")
    await subscribe(URL)
    await fan_out_all(actor)
    assert [row["event_type"] for row in await rows(actor)] == ["ledger.created", "webhook_endpoint.created"]


async def test_leaves_no_event_out_that_commits_late(actor, subscribe, happen):
    async with transaction() as tx:
        await record_event(tx, actor, "ledger.created", Resource("ledger", new_id(), 1), {})
        # Begun before the endpoint was made, committed after it.
        await asyncio.create_task(subscribe(URL), context=contextvars.Context())
    await fan_out_all(actor)
    assert "ledger.created" in [row["event_type"] for row in await rows(actor)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], ["ledger.status.ok", "ledger.updated", "holder.created"]),
        (["ledger.*"], ["ledger.status.ok", "ledger.updated"]),
        (["ledger.status.*"], ["ledger.status.ok"]),
        (["holder.created", "ledger.updated"], ["ledger.updated", "holder.created"]),
        (["holder.updated"], []),
    ],
)
async def test_sends_the_types_that_are_wanted(actor, subscribe, happen, wanted, expected):
    endpoint, _ = await subscribe(URL, event_types=wanted)
    for event_type in ("ledger.status.ok", "ledger.updated", "holder.created"):
        await happen(event_type)
    await fan_out_all(actor)
    assert await types_for(endpoint) == expected


async def test_shows_an_endpoint_only_what_its_creator_may_read(actor, subscribe, happen):
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:write", "webhooks:read", "holders:read"]))
    narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    endpoint, _ = await subscribe(URL, by=narrow)
    assert endpoint.scopes == ("holders:read", "webhooks:read", "webhooks:write")
    for event_type in ("ledger.created", "holder.created", "api_key.created"):
        await happen(event_type)
    await fan_out_all(actor)
    assert await types_for(endpoint) == ["holder.created"]


async def test_tells_no_endpoint_of_itself(actor, subscribe):
    first, _ = await subscribe(URL)
    second, _ = await subscribe(URL)
    await update_webhook_endpoint(actor, UpdateWebhookEndpoint(str(first.id), description="x"), vault=None, egress=None)
    await fan_out_all(actor)
    assert await types_for(first) == ["webhook_endpoint.created"]
    assert await types_for(second) == ["webhook_endpoint.updated"]


async def test_sends_notifications_only_of_what_they_can_tell(actor, subscribe, happen):
    endpoint, _ = await subscribe(URL, payload=Payload.NOTIFICATION)
    told = ["ledger.status.ok", "holder.status.ok", "holder.status.missing_data", "holder.status.quarantine"]
    for event_type in ("ledger.created", *told, "holder.status.declined"):
        await happen(event_type)
    await fan_out_all(actor)
    assert await types_for(endpoint) == told


async def test_claims_at_once_as_much_as_there_is_room_for(actor, subscribe, happen):
    await subscribe(URL)
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(5):
        await happen()
    done = await fan_out_all(actor, room=2)
    assert len(done.claimed) == 4
    claimed = {delivery.id for delivery in done.claimed}
    for row in await rows(actor):
        assert (row["lease_token"] is not None) == (row["id"] in claimed)
        assert (row["next_attempt_at"] > row["created_at"]) == (row["id"] in claimed)


async def test_suspends_what_is_for_a_paused_endpoint_and_makes_nothing_for_a_disabled_one(actor, subscribe, happen):
    paused, _ = await subscribe(URL)
    disabled, _ = await subscribe(URL)
    await pool().execute("UPDATE webhook_endpoints SET status = 'PAUSED' WHERE id = $1", paused.id)
    await pool().execute("UPDATE webhook_endpoints SET status = 'DISABLED' WHERE id = $1", disabled.id)
    await happen()
    done = await fan_out_all(actor, room=8)
    assert done.claimed == []
    assert await types_for(disabled) == []
    suspended = await fetch("SELECT next_attempt_at FROM webhook_deliveries WHERE event_type = 'ledger.updated'")
    assert [row["next_attempt_at"] for row in suspended] == [None]


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("ENABLED", "status = 'DISABLED'", None),
        ("ENABLED", "deleted_at = now()", None),
        ("ENABLED", "status = 'PAUSED'", False),
        ("PAUSED", "status = 'ENABLED'", True),
    ],
)
async def test_goes_by_the_status_that_an_endpoint_gets_meanwhile(actor, subscribe, happen, before, change, after):
    """Neither is anything due of an endpoint that is not to be sent to, nor suspended of one that is."""
    await subscribe(URL, event_types=["ledger.*"])
    await pool().execute("UPDATE webhook_endpoints SET status = $1", before)
    await happen()
    async with pool().acquire() as connection:
        changing = connection.transaction()
        await changing.start()
        await connection.execute(f"UPDATE webhook_endpoints SET {change}")
        fanning_out = asyncio.create_task(fan_out_all(actor, room=8))
        async with asyncio.timeout(45):
            while not await fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                assert not fanning_out.done()
                await asyncio.sleep(0.01)
        await changing.commit()
    done = await fanning_out
    assert done.claimed == []
    assert [row["next_attempt_at"] is not None for row in await rows(actor)] == ([] if after is None else [after])


async def test_makes_nothing_for_a_deleted_endpoint(actor, subscribe, happen):
    endpoint, _ = await subscribe(URL)
    await happen()
    await delete_webhook_endpoint(actor, str(endpoint.id))
    await fan_out_all(actor)
    assert await rows(actor) == []


async def test_names_the_customers_that_have_something_new_and_what_is_to_be_done_with_it(
    actor, other_actor, subscribe, happen
):
    def new(of, *, to_number=False, to_fan_out=False, has_endpoints=False):
        return NewEvents(of.customer_id, to_number, to_fan_out, has_endpoints)

    async def found():
        return {one.customer_id: one for one in await new_events()}

    await subscribe(URL)
    await number_events(other_actor.customer_id)
    assert await found() == {actor.customer_id: new(actor, to_number=True, has_endpoints=True)}
    await fan_out_all(actor)
    assert await found() == {}
    await happen(by=other_actor)
    assert await found() == {other_actor.customer_id: new(other_actor, to_number=True)}
    await number_events(other_actor.customer_id)
    assert await found() == {}  # It has no endpoint.
    await happen()
    await number_events(actor.customer_id)
    assert await found() == {actor.customer_id: new(actor, to_fan_out=True, has_endpoints=True)}
    await happen()
    assert await found() == {actor.customer_id: new(actor, to_number=True, to_fan_out=True, has_endpoints=True)}


async def test_goes_through_a_long_feed_in_batches(actor, subscribe, happen, monkeypatch):
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.FEW_MAX", 0)
    monkeypatch.setattr("app.webhooks.deliveries.fan_out.BATCH_SIZE_MAX", 2)
    await subscribe(URL, event_types=["ledger.*"])
    for _ in range(3):
        await happen()
    assert [(await fan_out_all(actor)).entries for _ in range(3)] == [2, 1, 0]
    assert await fetchval("SELECT count(*) FROM webhook_deliveries") == 3

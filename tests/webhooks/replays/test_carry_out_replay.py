"""A replay is carried out in batches: each message once, whoever is killed, and never in the way of others."""

import asyncio
import random
from contextvars import Context
from datetime import timedelta

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.transaction import transaction
from app.kernel.clock import utc_now
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import find_webhook_replays
from app.webhooks.replays import carry_out_replay as module
from app.webhooks.replays import pace
from app.webhooks.replays.carry_out_replay import carry_out_replay
from app.webhooks.replays.matching import Matching
from app.webhooks.status import DeliveryStatus
from tests.journal.orders import until_waiting
from tests.webhooks.conftest import EGRESS, VAULT
from tests.webhooks.deliveries.test_settle_deliveries import LEASE, claim, record
from tests.webhooks.replays.conftest import deliveries

URL = "http://127.0.0.1:9/hooks"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", 3)


@pytest.fixture
async def endpoint(subscribe):
    made, _ = await subscribe(URL, event_types=["ledger.*"])
    return made


@pytest.fixture
async def events(endpoint, happen):
    return [await happen() for _ in range(10)]


def switch(actor, endpoint, *, enabled):
    return update_webhook_endpoint(
        actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=enabled), vault=VAULT, egress=EGRESS
    )


async def test_makes_them_due_in_order_also_over_several_parts(endpoint, events, replay, carry_out, monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", 10)
    monkeypatch.setattr(module, "PART_MAX", 3)
    for _ in range(2):  # New ones, and those that there are.
        await replay(endpoint)
        await carry_out()
        rows = await fetch("SELECT event_id FROM webhook_deliveries ORDER BY next_attempt_at")
        assert [row["event_id"] for row in rows] == events
        assert await fetchval("SELECT count(DISTINCT next_attempt_at) FROM webhook_deliveries") == 10


class Killed(Exception):
    """What a process does not survive."""


async def test_goes_on_after_being_killed_anywhere(actor, endpoint, events, replay, carry_out, monkeypatch):
    begun = await replay(endpoint)
    random.seed(7)
    read, move_on = Matching.read, module._move_on
    deaths = 0

    def deadly(step):
        async def run(*arguments, **named):
            nonlocal deaths
            done = await step(*arguments, **named)
            if random.random() < 0.4:
                deaths += 1
                raise Killed
            return done

        return run

    monkeypatch.setattr(Matching, "read", deadly(read))
    monkeypatch.setattr(module, "_move_on", deadly(move_on))
    while (await find_webhook_replays(actor, [begun.id]))[begun.id].finished_at is None:
        try:
            await carry_out_replay(actor, begun.id)
        except Killed:
            continue
    assert deaths > 0
    done = (await find_webhook_replays(actor, [begun.id]))[begun.id]
    assert (done.matched, done.scheduled) == (10, 10)
    assert [row["event_id"] for row in await deliveries(endpoint)] == events


async def test_makes_each_due_once_though_two_workers_carry_it_out(actor, endpoint, events, replay, monkeypatch):
    monkeypatch.setattr(module, "RUNS_MAX", 10)
    monkeypatch.setattr(module, "_running", _Forgetful())
    begun = await replay(endpoint)
    await asyncio.gather(*(carry_out_replay(actor, begun.id) for _ in range(4)))
    done = (await find_webhook_replays(actor, [begun.id]))[begun.id]
    assert (done.scheduled, done.finished_at is None) == (10, False)
    assert len(await deliveries(endpoint)) == 10


class _Forgetful(dict):
    """As if each run were another process."""

    def __contains__(self, _key):
        return False


async def test_does_nothing_the_second_time(actor, endpoint, events, replay, carry_out):
    begun = await replay(endpoint)
    done = await carry_out(begun)
    before = await deliveries(endpoint)
    await carry_out_replay(actor, begun.id)
    assert await carry_out(begun) == done
    assert await deliveries(endpoint) == before


async def test_waits_while_much_is_due(actor, endpoint, events, replay, carry_out, monkeypatch):
    monkeypatch.setattr(pace, "DUE_MIN", 4)
    monkeypatch.setattr(pace, "DUE_MAX", 4)
    monkeypatch.setattr(module, "RUN_SECONDS_MAX", 0.3)
    begun = await replay(endpoint)
    await carry_out_replay(actor, begun.id)
    assert len(await deliveries(endpoint)) == 6  # Two batches: after the second more than four are due.
    claimed = await claim(endpoint, 4)
    assert await record(claimed, status=200) == 4
    await carry_out_replay(actor, begun.id)
    assert len(await deliveries(endpoint)) == 9
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = NULL")
    await carry_out_replay(actor, begun.id)
    assert (await find_webhook_replays(actor, [begun.id]))[begun.id].scheduled == 10


async def test_leaves_its_place_to_other_work(actor, endpoint, events, replay, monkeypatch):
    monkeypatch.setattr(module, "RUNS_MAX", 0)
    begun = await replay(endpoint)
    before = utc_now()
    await carry_out_replay(actor, begun.id)
    assert await deliveries(endpoint) == []
    times = await fetch("SELECT next_attempt_at FROM outbox_messages WHERE kind = 'replay_webhooks' ORDER BY 1")
    assert times[-1]["next_attempt_at"] >= before + module.WAIT_FOR_TURN


async def test_waits_for_an_endpoint_that_is_not_sent_to(actor, endpoint, events, replay, carry_out):
    begun = await replay(endpoint)
    await switch(actor, endpoint, enabled=False)
    assert (await carry_out(begun)).finished_at is None
    assert await deliveries(endpoint) == []
    await switch(actor, endpoint, enabled=True)
    assert (await carry_out(begun)).scheduled == 10  # At once.


async def test_misses_no_enabling_that_comes_as_it_begins_to_wait(
    actor, endpoint, events, replay, carry_out, monkeypatch
):
    """Whichever of the two is first, the replay goes on at once."""
    begun = await replay(endpoint)
    await switch(actor, endpoint, enabled=False)
    place = module._place
    switching = []

    async def place_and_switch(*arguments):
        found = await place(*arguments)
        if not switching:
            switching.append(asyncio.create_task(switch(actor, endpoint, enabled=True), context=Context()))
            await until_waiting()
        return found

    monkeypatch.setattr(module, "_place", place_and_switch)
    await carry_out()
    await switching[0]
    assert (await carry_out(begun)).scheduled == 10


async def test_is_not_hurried_while_it_is_under_way(actor, endpoint, events, replay):
    await replay(endpoint)
    await pool().execute(
        "UPDATE outbox_messages SET lease_token = gen_random_uuid(), next_attempt_at = now() + interval '1 minute'"
    )
    await switch(actor, endpoint, enabled=False)
    await switch(actor, endpoint, enabled=True)
    waits = await fetchval("SELECT next_attempt_at - now() FROM outbox_messages WHERE kind = 'replay_webhooks'")
    assert waits > timedelta(seconds=30)


async def test_that_waits_ends_with_its_endpoint(actor, endpoint, events, replay, carry_out):
    begun = await replay(endpoint)
    await switch(actor, endpoint, enabled=False)
    await carry_out()
    await delete_webhook_endpoint(actor, str(endpoint.id))
    assert (await carry_out(begun)).finished_at is not None


async def test_ends_with_its_endpoint(actor, endpoint, events, replay, carry_out):
    begun = await replay(endpoint)
    await delete_webhook_endpoint(actor, str(endpoint.id))
    done = await carry_out(begun)
    assert (done.scheduled, done.finished_at is None) == (0, False)
    assert await deliveries(endpoint) == []


async def test_makes_nothing_twice_beside_the_fan_out(actor, endpoint, events, replay, carry_out):
    begun = await replay(endpoint)
    await asyncio.gather(
        carry_out(begun),
        *(fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 0) for _ in range(3)),
    )
    while (await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 0)).has_more:
        pass
    assert [row["event_id"] for row in await deliveries(endpoint)] == events


async def test_leaves_to_its_worker_what_is_being_sent(endpoint, events, replay, carry_out):
    await carry_out(await replay(endpoint))
    claimed = await claim(endpoint, 4)
    begun = await replay(endpoint)
    assert (await carry_out(begun)).scheduled == 10
    assert await record(claimed, status=200) == 4
    assert await fetchval("SELECT count(*) FROM webhook_deliveries WHERE status = 'DELIVERED'") == 4


async def test_leaves_what_has_come_to_have_the_status_since(endpoint, events, replay, carry_out):
    await carry_out(await replay(endpoint))
    await record(await claim(endpoint, 4), status=200)
    begun = await replay(endpoint, statuses=[DeliveryStatus.DELIVERED])
    await record(await claim(endpoint, 3), status=200)
    done = await carry_out(begun)
    assert (done.matched, done.scheduled) == (4, 4)
    assert await fetchval("SELECT count(*) FROM webhook_deliveries WHERE status = 'DELIVERED'") == 3


async def test_takes_over_what_a_dead_worker_left(endpoint, events, replay, carry_out):
    await carry_out(await replay(endpoint))
    claimed = await claim(endpoint, 4)
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 s'")
    assert (await carry_out(await replay(endpoint))).scheduled == 10
    assert await record(claimed, status=200) == 0
    assert await fetchval("SELECT count(*) FROM webhook_deliveries WHERE lease_token IS NOT NULL") == 0


async def test_goes_through_a_long_feed_in_parts(actor, endpoint, events, replay, carry_out, happen, monkeypatch):
    """However rare what is wanted is, one batch reads only so many positions."""
    monkeypatch.setattr(module, "POSITIONS_MAX", 4)
    for _ in range(20):
        await happen("holder.created")
    last = await happen()
    begun = await replay(endpoint)
    done = await carry_out(begun)
    assert (done.scheduled, done.position) == (11, done.last_position)
    assert [row["event_id"] for row in await deliveries(endpoint)] == [*events, last]


async def test_races_with_the_recording_of_attempts(actor, endpoint, events, replay, carry_out):
    """Neither loses what the other does; deadlocks are tried again."""
    await carry_out(await replay(endpoint))
    for _ in range(5):
        claimed = await claim(endpoint, 100)
        begun = await replay(endpoint)
        await asyncio.gather(carry_out(begun), *(record([one], status=200) for one in claimed))
        async with transaction() as tx:
            await tx.execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status <> 'DELIVERED'")
    rows = await deliveries(endpoint)
    assert len(rows) == 10
    attempts = await fetch("SELECT delivery_id, count(*) AS n FROM webhook_attempts GROUP BY 1")
    assert {row["delivery_id"]: row["n"] for row in attempts} == {
        row["id"]: row["attempt_count"] for row in rows if row["attempt_count"]
    }

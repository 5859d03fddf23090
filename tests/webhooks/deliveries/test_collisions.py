"""A deadlock in one customer's deliveries runs again at once, and is no outage for anybody."""

import asyncio

import asyncpg
import pytest

from app.db.connection import fetch, fetchval
from app.events import numbering_steps
from app.webhooks.deliveries import attempt_deliveries
from app.webhooks.deliveries import fan_out as fan_out_module
from tests.conftest import superuser_url

pytestmark = pytest.mark.postgres15


@pytest.fixture
async def patient(postgres, database):
    """A connection that never looks for a deadlock, so that it is the other side that one ends."""
    connection = await asyncpg.connect(superuser_url(postgres), server_settings={"deadlock_timeout": "1h"})
    yield connection
    await connection.close()


async def test_runs_a_fan_out_again_that_was_ended_by_a_deadlock(
    subscribe, happen, receiver, pipeline, monkeypatch, caplog, patient
):
    """It has locked its position and wants the endpoint, while another has locked the endpoint and waits for that."""
    insert, backend = fan_out_module.insert_in_parts, patient.get_server_pid()
    verb, escaped, ended_by, both_locked = attempt_deliveries.fan_out, [], [], asyncio.Event()

    async def insert_behind_the_other(*arguments, **named):
        if not both_locked.is_set():
            both_locked.set()
            while not await fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)", backend):
                await asyncio.sleep(0.005)
        try:
            return await insert(*arguments, **named)
        except asyncpg.PostgresError as error:
            ended_by.append(type(error))
            raise

    async def fan_out(*arguments, **named):
        try:
            return await verb(*arguments, **named)
        except asyncpg.PostgresError as error:
            escaped.append(type(error))
            raise

    monkeypatch.setattr(fan_out_module, "insert_in_parts", insert_behind_the_other)
    monkeypatch.setattr(attempt_deliveries, "fan_out", fan_out)
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    event_id = await happen()
    async with asyncio.timeout(60):
        async with patient.transaction():
            await patient.execute("SELECT FROM webhook_endpoints WHERE id = $1 FOR UPDATE", endpoint.id)
            draining = asyncio.create_task(pipeline.drain(budget_seconds=60))
            await both_locked.wait()
            await patient.execute("SELECT FROM webhook_fan_outs FOR UPDATE")
        await draining
    assert (ended_by, escaped) == ([asyncpg.DeadlockDetectedError], [])
    assert [one.headers["webhook-id"] for one in receiver.received] == [str(event_id)]
    made = await fetch("SELECT event_id, status, attempt_count FROM webhook_deliveries")
    assert [tuple(row) for row in made] == [(event_id, "DELIVERED", 1)]
    assert caplog.records == []


@pytest.mark.parametrize("step", ["fan_out", "claim_deliveries", "number_waiting"])
async def test_goes_on_with_all_customers_where_one_collides_again_and_again(
    subscribe, happen, other_actor, receiver, receivers, pipeline, monkeypatch, caplog, step
):
    module = numbering_steps if step == "number_waiting" else attempt_deliveries
    verb, collisions = getattr(module, step), [asyncpg.DeadlockDetectedError("in the way")] * 3

    async def collide(customer_id, *arguments, **named):
        if customer_id != other_actor.customer_id and collisions:
            raise collisions.pop()
        return await verb(customer_id, *arguments, **named)

    monkeypatch.setattr(module, step, collide)
    other = await receivers()
    for where, by in ((receiver, None), (other, other_actor)):
        # With a rate limit, each delivery is claimed by itself.
        await subscribe(where.url, event_types=["ledger.*"], max_per_second=100, by=by)
        await happen(by=by)
    async with asyncio.timeout(60):
        await pipeline.drain(budget_seconds=60)
    assert collisions == []
    assert (len(receiver.received), len(other.received)) == (1, 1)
    assert [record for record in caplog.records if record.levelname != "INFO"] == []

"""A deadlock in one customer's deliveries runs again at once, and is no outage for anybody."""

import asyncio
import contextlib

import asyncpg
import pytest

from app.db.connection import pool
from app.events import numbering_steps
from app.webhooks.deliveries import attempt_deliveries
from tests.journal.orders import until_waiting

pytestmark = pytest.mark.postgres15


async def test_runs_a_fan_out_again_that_was_ended_by_a_deadlock(subscribe, happen, receiver, pipeline, caplog):
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    await happen()
    async with pool().acquire() as other, other.transaction():
        await other.execute("SELECT FROM webhook_endpoints WHERE id = $1 FOR UPDATE", endpoint.id)
        draining = asyncio.create_task(pipeline.drain(budget_seconds=60))
        await until_waiting()  # It waits first, so it is the one that is ended.
        with contextlib.suppress(asyncpg.DeadlockDetectedError):  # On a busy machine its own timeout may end first.
            await other.execute("SELECT FROM webhook_fan_outs FOR UPDATE")
    async with asyncio.timeout(60):
        await draining
    assert len(receiver.received) == 1
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

"""How often the database is asked between an event's commit and its receipt."""

import asyncio
import functools
import sys

import asyncpg
import pytest

from app.webhooks.deliveries import attempt_deliveries
from app.webhooks.deliveries.attempt_deliveries import DeliveryPipeline
from app.webhooks.deliveries.fan_out import fan_out
from tests.webhooks.deliveries.steps import until

pytestmark = pytest.mark.postgres15

STEPS = {
    "WITH RECURSIVE waiting": "look",
    "DELETE FROM unnumbered_events": "number",
    "FROM webhook_fan_outs AS done": "state",
    "FROM feed_entries": "read",
    "INSERT INTO webhook_deliveries": "insert",
    "INSERT INTO webhook_attempts": "record",
}
"""The steps by what stands in their statements alone."""


@pytest.fixture
def asked(monkeypatch):
    """What was sent to the database, in order, without what asyncpg asks once for each connection."""
    sent = []
    execute, plain = asyncpg.Connection._execute, asyncpg.Connection.execute

    @functools.wraps(execute)
    async def with_arguments(connection, query, *arguments, **named):
        sent.append(" ".join(query.split()))
        return await execute(connection, query, *arguments, **named)

    @functools.wraps(plain)
    async def without(connection, query, *arguments, **named):
        if not arguments:
            sent.append(" ".join(query.split()))
        return await plain(connection, query, *arguments, **named)

    monkeypatch.setattr(asyncpg.Connection, "_execute", with_arguments)
    monkeypatch.setattr(asyncpg.Connection, "execute", without)
    return sent


@pytest.fixture
def _no_looks_for_due(monkeypatch):
    """They stand beside this path, once a second."""

    async def nothing(**_named):
        return []

    monkeypatch.setattr(attempt_deliveries, "due_lanes", nothing)
    monkeypatch.setattr(attempt_deliveries, "claim_probes", nothing)


@pytest.mark.usefixtures("_no_looks_for_due")
async def test_asks_five_times_from_the_commit_to_the_receipt(subscribe, happen, receiver, pipeline, asked):
    await subscribe(receiver.url)
    await happen()
    async with asyncio.timeout(60):
        await DeliveryPipeline.drain(pipeline, budget_seconds=60)  # The driver knows all statements by now.
        await happen()
        asked.clear()
        draining = asyncio.create_task(DeliveryPipeline.drain(pipeline, budget_seconds=60))
        await until(lambda: len(receiver.received) == 2)
        await draining
    named = [next((name for text, name in STEPS.items() if text in statement), statement) for statement in asked]
    until_sent = named.index("record")
    assert named[:until_sent] == ["look", "number", "state", "read", "insert"]


@pytest.mark.usefixtures("_no_looks_for_due")
async def test_reads_an_event_once_also_where_it_is_for_many(subscribe, happen, receiver, pipeline, asked, monkeypatch):
    monkeypatch.setattr(sys.modules[fan_out.__module__], "FEW_MAX", 1)
    for _ in range(2):
        await subscribe(receiver.url, event_types=["ledger.*"])
    async with asyncio.timeout(60):
        await DeliveryPipeline.drain(pipeline, budget_seconds=60)
        await happen()
        asked.clear()
        await DeliveryPipeline.drain(pipeline, budget_seconds=60)
    assert len(receiver.received) == 2
    assert [sum(text in one for one in asked) for text, name in STEPS.items() if name in ("read", "insert")] == [1, 1]

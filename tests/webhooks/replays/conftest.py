"""Replays, carried out by the worker's own drain."""

from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetch, pool
from app.outbox.drain import drain_messages
from app.webhooks.queries import find_webhook_replays
from app.webhooks.replays.carry_out_replay import carry_out_replay
from app.webhooks.replays.replay_webhooks import ReplayWebhooks, replay_webhooks

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def replay(actor):
    """A function that asks for a replay of all there is, unless something narrower is wanted."""

    async def ask(endpoint, *, by=None, since=LONG_AGO, **wanted):
        return await replay_webhooks(by or actor, ReplayWebhooks(str(endpoint.id), since=since, **wanted))

    return ask


@pytest.fixture
def carry_out(actor):
    """A function that carries out what is promised of replays, `later` also what waits; answers a replay as it is."""

    async def handle(actor, message):
        await carry_out_replay(actor, message.resource_id)

    async def run(begun=None, *, later=False):
        if later:
            await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() WHERE kind = 'replay_webhooks'")
        await drain_messages({"replay_webhooks": handle}, budget_seconds=60, lease=timedelta(minutes=10))
        return None if begun is None else (await find_webhook_replays(actor, [begun.id]))[begun.id]

    return run


async def deliveries(endpoint):
    """An endpoint's deliveries, in feed order."""
    return await fetch("SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY feed_position", endpoint.id)

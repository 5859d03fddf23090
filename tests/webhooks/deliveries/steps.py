"""What tests of the pipeline do again and again."""

import asyncio

from app.db.connection import pool
from app.db.pages import Page
from app.webhooks.queries import (
    DeliveryFilter,
    read_webhook_deliveries,
)


async def drain(pipeline, *, seconds=90):
    async with asyncio.timeout(seconds):
        await pipeline.drain(budget_seconds=seconds)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


async def deliveries(actor, **wanted):
    return await read_webhook_deliveries(actor, DeliveryFilter(**wanted), Page(1000))


async def make_due():
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")

"""What tests of the pipeline do again and again."""

import asyncio
from contextlib import asynccontextmanager

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


@asynccontextmanager
async def at_commit(statement, table, operation):
    """Run a statement, which may write to `seen`, when a transaction that writes to the table commits."""
    await pool().execute("CREATE TABLE seen (setting text)")
    await pool().execute(
        f"CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$"
    )
    await pool().execute(
        f"CREATE CONSTRAINT TRIGGER see AFTER {operation} ON {table} DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION see()"
    )
    try:
        yield
    finally:
        await pool().execute(f"DROP TRIGGER see ON {table}")
        await pool().execute("DROP FUNCTION see()")
        await pool().execute("DROP TABLE seen")

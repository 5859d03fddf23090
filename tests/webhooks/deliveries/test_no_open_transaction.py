"""While a receiver is asked, no transaction is open: it may take its time, and holds up no lock and no vacuum."""

import asyncio

import asyncpg
from aiohttp import web

OPEN = """
    SELECT application_name, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


async def test_has_no_transaction_open_while_a_receiver_is_asked(subscribe, receiver, happen, pipelines, database):
    seen = []

    async def look(_request):
        connection = await asyncpg.connect(database)
        try:
            for _ in range(5):  # What was begun beside it, such as noting its start, ends.
                seen.append([tuple(row) for row in await connection.fetch(OPEN)])
                await asyncio.sleep(0.05)
        finally:
            await connection.close()
        return web.Response(status=204)

    receiver.answer = look
    await subscribe(receiver.url, event_types=["ledger.*"])
    await happen()
    async with asyncio.timeout(60):
        await pipelines(waits=(1000.0,)).drain(budget_seconds=60)
    assert len(seen) >= 5
    assert seen[-1] == []

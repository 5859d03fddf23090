"""The process that writes others' events."""

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from app.db.notifications import EVENTS_TOPIC, Notifications

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def writing(database_url, customer_id):
    """Writes a thousand events a second until the end of the block."""
    arguments = ["-m", "benchmarks.writing", database_url, f"{customer_id}=1000"]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def test_announces_its_events_as_an_api_does(database, make_actor):
    listener = Notifications().at(database, application_name="quaestor-tests")
    with listener.listen([EVENTS_TOPIC]) as wake_up:
        await listener.start()
        assert await wake_up.wait(60)  # It listens.
        assert wake_up.topics_heard == set()
        async with writing(database, (await make_actor()).customer_id):
            assert await wake_up.wait(30)
        assert wake_up.topics_heard == {EVENTS_TOPIC}
        await listener.stop()

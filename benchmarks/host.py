"""When the host of a virtual machine lets others have its cores: what is measured then says little."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from app.kernel.tasks import end_tasks
from benchmarks.product import TICKS_PER_SECOND

LOOK_SECONDS = 0.5
STOLEN_SECONDS_MAX = 0.01
"""If the host took more time of the cores away between two looks, it disturbed what happened meanwhile."""


@asynccontextmanager
async def watching_host() -> AsyncIterator[list[tuple[float, float]]]:
    """Yields the spans of this process's clock (`time.monotonic`) that the host disturbed, as they are found."""
    disturbed: list[tuple[float, float]] = []

    async def watch() -> None:
        while True:
            began, before = monotonic(), stolen_seconds()
            await asyncio.sleep(LOOK_SECONDS)
            if stolen_seconds() - before > STOLEN_SECONDS_MAX:
                disturbed.append((began, monotonic()))

    watching = asyncio.create_task(watch())
    try:
        yield disturbed
    finally:
        await end_tasks([watching])


def stolen_seconds() -> float:
    """How long all cores together have waited since the start while the host let others have them."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[8]) / TICKS_PER_SECOND

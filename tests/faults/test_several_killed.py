"""Money that one of several processes said it moved is moved once, whichever of them are killed."""

import asyncio
import os
import signal
import sys

import pytest

from tests.cli.running_several import Several
from tests.faults.money import money
from tests.faults.processes import SETTINGS, product

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc"),
]


def serve(folder, database_url, *, port="0"):
    return Several(
        folder / f"several-{port}.log",
        *("serve", "--processes", "2", "--port", port),
        **{**SETTINGS, "QUAESTOR_LOG_FORMAT": "json"},
        DATABASE_URL=database_url,
    )


async def test_moves_money_once_when_processes_are_killed_again_and_again(tmp_path, seed):
    async with product(tmp_path) as running:
        running.start_worker()
        several = serve(tmp_path, running.database_url)
        try:
            await asyncio.to_thread(several.until_ready)
            address = several.address
            async with money(running.database_url, [address], seed=seed) as told:
                async with told.moving():
                    for _ in range(6):
                        await asyncio.sleep(told.random.uniform(0.3, 1.5))
                        children = several.children()
                        os.kill(children[told.random.choice(sorted(children))], signal.SIGKILL)
                        await asyncio.to_thread(several.until, several.children)
                    several.process.kill()
                    several.process.wait()
                    # Its port is free as soon as its processes have ended with it.
                    again = serve(tmp_path, running.database_url, port=address.rpartition(":")[2])
                    await asyncio.to_thread(again.until_ready)
                assert told.client.failures, "no request was under way when a process was killed"
                await told.prove_all_true()
            again.process.terminate()
            assert await asyncio.to_thread(again.process.wait, 60) == 0
        finally:
            several.end()

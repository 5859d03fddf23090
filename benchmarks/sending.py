"""What carries requests, alone, as a process: `python -m benchmarks.sending NAME ADDRESS COUNT` sends so many requests
by that transport, unsigned and unrecorded, and prints how many it sent a second, and its CPU seconds.
"""

import asyncio
import sys
from time import monotonic, process_time

import uvloop

from benchmarks.transports import TRANSPORTS, send_all


async def _run(name: str, address: str, count: int) -> tuple[float, float]:
    async with TRANSPORTS[name](address) as send:
        began, cpu = monotonic(), process_time()
        await send_all(send, count)
        return count / (monotonic() - began), process_time() - cpu


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(*runner.run(_run(sys.argv[1], sys.argv[2], int(sys.argv[3]))))

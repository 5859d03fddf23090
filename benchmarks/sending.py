"""The bare transport of deliveries as a process: `python -m benchmarks.sending ADDRESS COUNT PATHS` sends so many
requests, unsigned and unrecorded, and prints how many it sent a second, and its CPU seconds.
"""

import asyncio
import sys
from time import monotonic, process_time

import uvloop

from app.settings import LOOPBACK_NETWORKS
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.egress import EgressRules

BODY = b"{" + b" " * 1_000 + b"}"
HEADERS = {
    "content-type": "application/json",
    "user-agent": "Quaestor-Webhooks",
    "webhook-id": "01a1fc94-7cb6-75f1-8a2c-dca5a8c1d320",
    "webhook-timestamp": "1794000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "x-quaestor-attempt": "1",
    "x-quaestor-event-type": "ledger.updated",
}
AT_ONCE = 8


async def send_all(address: str, count: int, paths: int) -> tuple[float, float]:
    """How many were sent a second, and the CPU seconds of all."""
    sender = Sender(EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=()))
    pending = iter(range(count))

    async def send() -> None:
        for number in pending:
            path = number % paths
            answer = await sender.send(path, f"{address}/{path}", HEADERS, BODY)
            assert answer.is_success, answer.error

    began, cpu = monotonic(), process_time()
    await asyncio.gather(*(send() for _ in range(AT_ONCE * paths)))
    rate, used = count / (monotonic() - began), process_time() - cpu
    await sender.close()
    return rate, used


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(*runner.run(send_all(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))

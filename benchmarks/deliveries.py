"""Deliveries of worker processes, signed and with attempts recorded; and from commit to receipt at a steady rate.

Beside them in the same run, in turn: the same number of requests of the same size, unsigned and unrecorded, by public
clients and by the transport of deliveries. `QUAESTOR_BENCHMARK_OTHER` names a folder with another version, whose worker
is measured as well.
"""

import asyncio
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import orjson
import uvloop

from app.access.authenticate import authenticate
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.journal.amounts import AmountText
from app.journal.coalescer import close_coalescer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.vault import Vault
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.product import Servers, cpu_seconds_of_machine, done, opened_customer, worker
from benchmarks.receiving import receiving
from benchmarks.transports import AIOHTTP, HTTPX, HTTPX_OVER_AIOHTTP, OURS

BURST = int(os.environ.get("QUAESTOR_BENCHMARK_DELIVERIES", "10000"))
OTHER = os.environ.get("QUAESTOR_BENCHMARK_OTHER", "")
ROUNDS = int(os.environ.get("QUAESTOR_BENCHMARK_ROUNDS", "3"))
SLOW_BURST, SLOW_SECONDS = 4_000, 0.2
ENDPOINTS = 20
RATE_PER_SECOND = 200
RATE_SECONDS = 20
POSTED_PER_SECOND = 50
TIMEOUT_SECONDS = 120
LEDGERS = 10
PENNY = AmountText("0.01", "GBP")
DATA = {"id": str(new_id()), "status": "OK", "metadata": {"filler": "x" * 600}}

ONE, TWO, OTHER_ONE = "one worker", "two workers", "one worker of the other version"
BARE = {f"{name}, nothing else": name for name in (HTTPX, HTTPX_OVER_AIOHTTP, AIOHTTP, OURS)}
FIRST_BARE = f"{HTTPX_OVER_AIOHTTP}, nothing else"
"""What carried deliveries when the goal was set as a share of it."""


def run(using: Servers) -> list[str]:
    """The figures as tables in Markdown."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(using))


class _Receiver:
    """Counts what it gets. With `times` it notes when each message came first, and the time that the message tells."""

    def __init__(self) -> None:
        self.count = 0
        self.delay_seconds = 0.0
        self.times = False
        self.received: dict[str, tuple[datetime, datetime]] = {}

    def take(self, message_id: str, body: bytes) -> None:
        self.count += 1
        if self.times and message_id not in self.received:
            self.received[message_id] = (utc_now(), datetime.fromisoformat(orjson.loads(body)["timestamp"]))


async def _run(using: Servers) -> list[str]:
    customer = await opened_customer(using.database_url)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    receiver = _Receiver()
    async with receiving(receiver.take, lambda: receiver.delay_seconds) as address:
        await _endpoints(using, actor, address)
        bursts = await _bursts(using, actor, receiver, address)
        slow = await _slow_bursts(using, actor, receiver)
        delays = await _steady(using, actor, receiver)
    await close_coalescer()
    await notifications().stop()
    await done()
    return [*_burst_table(bursts), "", *_slow_table(slow), "", *_steady_table(delays)]


class _Burst(NamedTuple):
    rate: float
    """A second."""
    cpu: float
    """Microseconds of the processor of each, in what sends."""
    cores: float
    """How many were busy in the meantime, with all that went on."""


def _medians(bursts: dict[str, list[_Burst]]) -> dict[str, _Burst]:
    return {name: _Burst(*map(statistics.median, zip(*found, strict=True))) for name, found in bursts.items()}


def _burst_table(bursts: dict[str, list[_Burst]]) -> list[str]:
    median = _medians(bursts)
    bare_rate, one_rate = median[FIRST_BARE].rate, median[ONE].rate
    what = f"{BURST:,} deliveries to {ENDPOINTS} endpoints"
    return [
        f"| {what} | a second | of {HTTPX_OVER_AIOHTTP} | of one worker | CPU µs of each | cores busy |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {rate:,.0f} | {rate / bare_rate:.0%} | {rate / one_rate:.2f} | {cpu:.0f} | {cores:.2f} |"
            for name, (rate, cpu, cores) in median.items()
        ),
    ]


def _slow_table(bursts: dict[str, list[_Burst]]) -> list[str]:
    median = _medians(bursts)
    return [
        f"| {SLOW_BURST:,} deliveries, each answered after {SLOW_SECONDS} s | a second | of one worker | cores busy |",
        "|---|---|---|---|",
        *(
            f"| {name} | {rate:,.0f} | {rate / median[ONE].rate:.2f} | {cores:.2f} |"
            for name, (rate, _, cores) in median.items()
        ),
    ]


def _steady_table(delays: dict[str, list[float]]) -> list[str]:
    lines = [
        f"| until receipt, at {RATE_PER_SECOND} events/s, {POSTED_PER_SECOND} postings/s | p50 ms | p95 ms | p99 ms |",
        "|---|---|---|---|",
    ]
    for name, found in delays.items():
        cuts = statistics.quantiles(found, n=100)
        lines.append(f"| {name} | {statistics.median(found):.1f} | {cuts[94]:.1f} | {cuts[98]:.1f} |")
    return lines


async def _endpoints(using: Servers, actor: Actor, address: str) -> None:
    rules = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    for number in range(ENDPOINTS):
        command = CreateWebhookEndpoint(f"{address}/{number}", event_types=("ledger.updated",))
        await create_webhook_endpoint(actor, command, vault=vault, egress=rules)
    command = CreateWebhookEndpoint(f"{address}/steady", event_types=("ledger.created",))
    await create_webhook_endpoint(actor, command, vault=vault, egress=rules)


async def _bursts(using: Servers, actor: Actor, receiver: _Receiver, address: str) -> dict[str, list[_Burst]]:
    """By who sends, in turn. The first round only warms up."""
    found: dict[str, list[_Burst]] = defaultdict(list)
    for number in range(ROUNDS + 1):
        measured = {name: await _bare(transport, address) for name, transport in BARE.items()}
        measured[ONE] = await _burst(using, actor, receiver)
        if OTHER:
            measured[OTHER_ONE] = await _burst(using, actor, receiver, folder=OTHER)
        measured[TWO] = await _burst(using, actor, receiver, workers=2)
        if number:
            for name, figures in measured.items():
                found[name].append(figures)
    return found


async def _slow_bursts(using: Servers, actor: Actor, receiver: _Receiver) -> dict[str, list[_Burst]]:
    """Where receivers take their time, so that one worker leaves most of the cores free."""
    found: dict[str, list[_Burst]] = defaultdict(list)
    receiver.delay_seconds = SLOW_SECONDS
    for _ in range(ROUNDS):
        for name, workers in ((ONE, 1), (TWO, 2)):
            found[name].append(await _burst(using, actor, receiver, workers=workers, count=SLOW_BURST))
    receiver.delay_seconds = 0.0
    return found


async def _bare(transport: str, address: str) -> _Burst:
    busy, start = cpu_seconds_of_machine(), monotonic()
    sending = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.sending", transport, address, str(BURST), stdout=subprocess.PIPE
    )
    said, _ = await sending.communicate()
    rate, cpu = map(float, said.split())
    return _Burst(rate, cpu / BURST * 1e6, (cpu_seconds_of_machine() - busy) / (monotonic() - start))


async def _burst(
    using: Servers,
    actor: Actor,
    receiver: _Receiver,
    *,
    workers: int = 1,
    folder: str | None = None,
    count: int = BURST,
) -> _Burst:
    """From the first receipt to the last record: starting the workers is left out."""
    with ExitStack() as stack:
        started = [stack.enter_context(worker(using, folder=folder)) for _ in range(workers)]
        before = receiver.count
        await _write(actor, [new_id()])
        await _until(lambda: receiver.count >= before + ENDPOINTS)  # They are at work, and know that all answer.
        await asyncio.sleep(2)
        cpu = sum(one.cpu_seconds() for one in started)
        before = receiver.count
        await _write(actor, [new_id() for _ in range(count // ENDPOINTS)])
        await _until(lambda: receiver.count > before)
        busy, start = cpu_seconds_of_machine(), monotonic()
        await _until(lambda: receiver.count >= before + count)
        while await _open_deliveries(actor):  # noqa: ASYNC110 - another process records them
            await asyncio.sleep(0.005)
        seconds = monotonic() - start
        cores = (cpu_seconds_of_machine() - busy) / seconds
        await asyncio.sleep(0.2)
        return _Burst(count / seconds, (sum(one.cpu_seconds() for one in started) - cpu) / count * 1e6, cores)


async def _until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + TIMEOUT_SECONDS
    while not is_so():
        assert monotonic() < deadline, "not all arrived"
        await asyncio.sleep(0.002)


async def _open_deliveries(actor: Actor) -> bool:
    return bool(
        await fetchval(
            "SELECT EXISTS (SELECT FROM webhook_deliveries WHERE customer_id = $1 AND status <> 'DELIVERED')",
            actor.customer_id,
        )
    )


async def _steady(using: Servers, actor: Actor, receiver: _Receiver) -> dict[str, list[float]]:
    """Commit to receipt at a steady rate, while transfers are posted: from the answer of the commit, and from the time
    that the event tells, which is read before it is written and committed.
    """
    await pool().execute("VACUUM (ANALYZE) webhook_deliveries")
    await fill_ledgers(actor.customer_id, LEDGERS, holders=1, analyzed=False)
    ledgers = await fund_ledgers(actor.customer_id)
    delays = {}
    for name, folder in ((ONE, None), *([(OTHER_ONE, OTHER)] if OTHER else [])):
        with worker(using, folder=folder):
            receiver.times = True
            before = receiver.count
            await _write(actor, [new_id()], "ledger.created")
            await _until(lambda: receiver.count > before)  # noqa: B023 - called at once
            posting = asyncio.create_task(_post(actor, ledgers))
            await asyncio.sleep(2)
            committed, start = dict[str, datetime](), monotonic()
            for number in range(RATE_PER_SECOND * RATE_SECONDS):
                await asyncio.sleep(max(0.0, start + number / RATE_PER_SECOND - monotonic()))
                [event_id] = await _write(actor, [new_id()], "ledger.created")
                committed[str(event_id)] = utc_now()
            await _until(lambda: committed.keys() <= receiver.received.keys())  # noqa: B023 - called at once
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
        came = {event_id: receiver.received[event_id] for event_id in committed}
        delays[f"{name}, from the commit's answer"] = [
            (at - committed[event_id]).total_seconds() * 1000 for event_id, (at, _) in came.items()
        ]
        delays[f"{name}, from before the commit"] = [(at - told).total_seconds() * 1000 for at, told in came.values()]
    return delays


async def _post(actor: Actor, ledgers: list[str]) -> None:
    number, start = 0, monotonic()
    while True:
        await asyncio.sleep(max(0.0, start + number / POSTED_PER_SECOND - monotonic()))
        debit_id, credit_id = ledgers[number % LEDGERS], ledgers[(number + 1) % LEDGERS]
        number += 1
        key = f"key-{new_id()}"
        await post_transfer(
            actor, PostTransfer(debit_id=debit_id, credit_id=credit_id, amount=PENNY, idempotency_key=key)
        )


async def _write(actor: Actor, resources: list[UUID], event_type: str = "ledger.updated") -> list[UUID]:
    async with transaction() as tx:
        return [
            await record_event(tx, actor, event_type, Resource("ledger", resource_id, 1), DATA)
            for resource_id in resources
        ]

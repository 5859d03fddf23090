"""A soak test: transfers, reads, subscriptions and deliveries side by side, and what they leave behind.

Memory, descriptors and connections of API and worker are to be flat; and at the end nothing may be lost or doubled:
every listener heard each event once and in order, the receiver got each message once, and the books are proved.
`QUAESTOR_BENCHMARK_SOAK_SECONDS` says for how long: a minute, or 1200 by hand.
"""

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

import httpx

from app.access.authenticate import authenticate
from app.db.connection import fetch, fetchval
from app.events.feed import last_position
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor, Via
from app.ledgers.ledger_changes import follow_ledger_changes
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.vault import Vault
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.listeners import CHANGES, EVENTS, EventStreamListener, Listener, Receiver, SocketListener
from benchmarks.product import Process, Servers, api, client, done, opened_customer, worker

SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SOAK_SECONDS", "60"))
TRANSFERS_PER_SECOND = float(os.environ.get("QUAESTOR_BENCHMARK_SOAK_RATE", "50"))
LISTENERS = int(os.environ.get("QUAESTOR_BENCHMARK_SOAK_LISTENERS", "20"))
LEDGERS = 100
READERS = 2
SAMPLES = 60
WARM_UP = 0.2
"""The part of the time in which caches fill and pools grow: nothing is compared yet."""
QUIET_SECONDS_MAX = 300
"""How long it may take until everybody has heard everything."""

TRANSFER = (
    "mutation ($input: PostTransferInput!) { postTransfer(input: $input) {"
    " __typename ... on TransferSuccess { transfer { id } } ... on Error { code message } } }"
)
READS = (
    "{ ledgers(first: 20) { nodes { id status metadata balance { posted { value } } holder { id } } } }",
    "{ events(first: 50) { nodes { id type data } } transfers(first: 20) { nodes { id status } } }",
)


@dataclass(slots=True)
class Sample:
    """What API and worker have at one time."""

    seconds: float
    values: dict[str, float]


@dataclass(slots=True)
class Soaked:
    """What was seen: `faults` are what was lost, doubled or not proved."""

    samples: list[Sample] = field(default_factory=list)
    transfers: int = 0
    reads: int = 0
    heard: int = 0
    received: int = 0
    faults: list[str] = field(default_factory=list)


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    return table(asyncio.run(soak(using)))


def table(soaked: Soaked) -> list[str]:
    """How things were after the warm-up, in the middle and at the end, each the median of a sixth of the time."""
    samples = soaked.samples[int(len(soaked.samples) * WARM_UP) :]
    sixth = max(1, len(samples) // 6)
    middle = len(samples) // 2
    parts = samples[:sixth], samples[middle : middle + sixth], samples[-sixth:]
    lines = ["| what | after the warm-up | in the middle | at the end | change |", "|---|---|---|---|---|"]
    for name in samples[0].values:
        begin, half, end = (statistics.median(sample.values[name] for sample in part) for part in parts)
        lines.append(f"| {name} | {begin:,.0f} | {half:,.0f} | {end:,.0f} | {(end - begin) / max(begin, 1):+.1%} |")
    told = (
        f"{soaked.samples[-1].seconds:,.0f} s: {soaked.transfers:,} transfers, {soaked.reads:,} reads, {soaked.heard:,}"
        f" events and changes heard by {LISTENERS} subscriptions, {soaked.received:,} webhooks received."
    )
    return [*lines, "", told, *(soaked.faults or ["Nothing was lost or doubled, and the books are proved."])]


async def soak(using: Servers) -> Soaked:
    """Run everything for its time; answers what was seen."""
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS)
    accounts = await fund_ledgers(customer.customer_id)
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    soaked, receiver = Soaked(), Receiver()
    async with receiver.listening() as hooks:
        await _make_endpoint(using, actor, hooks)
        begin = await last_position(actor)
        with api(using) as (api_process, address), worker(using) as worker_process:
            await _until_at_work()
            async with _listening(address, customer.api_key, FeedPlace(begin).cursor) as listeners:
                async with client(address, customer.api_key) as http:
                    await _load(http, accounts, {"API": api_process, "worker": worker_process}, soaked)
                await _until_quiet(actor, listeners, receiver, begin)
            await _judge(actor, listeners, receiver, begin, soaked)
    soaked.faults += _prove(using)
    await done()
    return soaked


async def _make_endpoint(using: Servers, actor: Actor, address: str) -> None:
    rules = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    await create_webhook_endpoint(actor, CreateWebhookEndpoint(f"{address}/soak"), vault=vault, egress=rules)


async def _until_at_work() -> None:
    """Wait until API and worker are connected to the database."""
    for _ in range(600):
        if await _connections("api") and await _connections("worker"):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("API and worker did not connect to the database within a minute")


async def _connections(name: str) -> int:
    counted = await fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $1", f"quaestor-{name}%"
    )
    return int(counted)


@asynccontextmanager
async def _listening(address: str, key: str, cursor: str) -> AsyncIterator[list[Listener]]:
    """Half of them over each transport; a quarter hears changes of ledgers, and one in five reconnects now and then."""
    kinds = (EventStreamListener, SocketListener)
    listeners: list[Listener] = [
        kinds[number % 2](address, key, CHANGES if number % 4 == 3 else EVENTS, cursor, resumes=number % 5 == 4)
        for number in range(LISTENERS)
    ]
    tasks = [asyncio.create_task(listener.listen()) for listener in listeners]
    for listener in listeners:
        await asyncio.wait_for(listener.is_open.wait(), QUIET_SECONDS_MAX)
    try:
        yield listeners
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            assert isinstance(end, asyncio.CancelledError), f"a listener ended before its time: {end!r}"


async def _load(http: httpx.AsyncClient, accounts: list[str], processes: dict[str, Process], soaked: Soaked) -> None:
    end = monotonic() + SECONDS
    sampling = asyncio.create_task(_sample(processes, soaked, end))
    reading = [asyncio.create_task(_read(http, READS[number % len(READS)], soaked, end)) for number in range(READERS)]
    await _transfer(http, accounts, soaked, end)
    await asyncio.gather(sampling, *reading)


async def _transfer(http: httpx.AsyncClient, accounts: list[str], soaked: Soaked, end: float) -> None:
    """Transfers at a steady rate. Some are asked for twice: the second request changes nothing."""
    posting: set[asyncio.Task[None]] = set()
    start = monotonic()
    for number in count():
        due = start + number / TRANSFERS_PER_SECOND
        if max(due, monotonic()) >= end:
            break
        await asyncio.sleep(max(0.0, due - monotonic()))
        posting.add(asyncio.create_task(_post(http, accounts, number, soaked)))
        if len(posting) >= 50:  # A busy machine is not asked for more than it can do.
            _, posting = await asyncio.wait(posting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*posting)


async def _post(http: httpx.AsyncClient, accounts: list[str], number: int, soaked: Soaked) -> None:
    debit, credit = accounts[number % len(accounts)], accounts[(number * 7 + 1) % len(accounts)]
    if debit == credit:
        credit = accounts[(number + 1) % len(accounts)]
    asked = {
        "idempotencyKey": f"soak-{number}",
        "debitId": debit,
        "creditId": credit,
        "amount": {"value": "0.01", "asset": "GBP"},
        "metadata": {"note": "x" * 200},
    }
    for _ in range(2 if number % 10 == 0 else 1):
        answer = await http.post("/graphql", json={"query": TRANSFER, "variables": {"input": asked}})
        assert answer.json()["data"]["postTransfer"]["__typename"] == "TransferSuccess", answer.text
    soaked.transfers += 1


async def _read(http: httpx.AsyncClient, query: str, soaked: Soaked, end: float) -> None:
    while monotonic() < end:
        answer = await http.post("/graphql", json={"query": query})
        assert "errors" not in answer.json(), answer.text
        soaked.reads += 1
        await asyncio.sleep(0.1)


async def _sample(processes: dict[str, Process], soaked: Soaked, end: float) -> None:
    start, every = monotonic(), SECONDS / SAMPLES
    while monotonic() < end:
        await asyncio.sleep(every)
        values: dict[str, float] = {}
        for name, process in processes.items():
            values[f"{name}: memory, MB"] = process.memory_bytes() / 1e6
            values[f"{name}: descriptors"] = process.descriptors()
            values[f"{name}: connections to the database"] = await _connections(name.lower())
        soaked.samples.append(Sample(monotonic() - start, values))


async def _until_quiet(actor: Actor, listeners: list[Listener], receiver: Receiver, begin: int) -> None:
    """Wait until everybody has heard everything, or the time is up."""
    deadline = monotonic() + QUIET_SECONDS_MAX
    while monotonic() < deadline:
        events, changes = await _happened(actor, begin)
        wanted = [len(changes) if _hears_changes(listener) else len(events) for listener in listeners]
        if all(len(one.heard) >= count for one, count in zip(listeners, wanted, strict=True)) and len(
            receiver.heard
        ) >= len(events):
            break
        await asyncio.sleep(1)
    await asyncio.sleep(1)  # Time for repeats to arrive.


async def _judge(actor: Actor, listeners: list[Listener], receiver: Receiver, begin: int, soaked: Soaked) -> None:
    events, changes = await _happened(actor, begin)
    for number, listener in enumerate(listeners):
        expected = changes if _hears_changes(listener) else events
        soaked.faults += differences(f"subscription {number}", listener.heard, expected)
        soaked.heard += len(listener.heard)
    soaked.faults += differences("the receiver", receiver.heard, events, in_order=False)
    soaked.received = len(receiver.heard)
    posted = sum(1 for event in await _types(actor, begin) if event == "transfer.posted")
    if posted != soaked.transfers:
        soaked.faults.append(f"{soaked.transfers:,} transfers were answered as posted, {posted:,} happened")


def differences(who: str, heard: Sequence[str], expected: Sequence[str], *, in_order: bool = True) -> list[str]:
    """What somebody did not hear, or heard twice, or in another order, or should not have heard at all."""
    found = []
    lost, extra, doubled = set(expected) - set(heard), set(heard) - set(expected), len(heard) - len(set(heard))
    if lost:
        found.append(f"{who} did not hear {len(lost):,} of {len(expected):,}")
    if extra:
        found.append(f"{who} heard {len(extra):,} that did not happen")
    if doubled:
        found.append(f"{who} heard {doubled:,} twice")
    if in_order and not found and list(heard) != list(expected):
        found.append(f"{who} heard them in another order")
    return found


def _hears_changes(listener: Listener) -> bool:
    return listener.query == CHANGES


async def _happened(actor: Actor, begin: int) -> tuple[list[str], list[str]]:
    """The ids of all events, and the cursors of all changes of ledgers, in feed order."""
    await last_position(actor)
    rows = await fetch(
        "SELECT event_id FROM feed_entries WHERE customer_id = $1 AND position > $2 ORDER BY position",
        actor.customer_id,
        begin,
    )
    changes, position, more = list[str](), begin, True
    while more:
        page = await follow_ledger_changes(actor, after=position, limit=1_000)
        changes += [change.cursor for change in page.changes]
        position, more = page.position, page.has_more
    return [str(row["event_id"]) for row in rows], changes


async def _types(actor: Actor, begin: int) -> list[str]:
    rows = await fetch(
        "SELECT type FROM feed_entries WHERE customer_id = $1 AND position > $2", actor.customer_id, begin
    )
    return [row["type"] for row in rows]


def _prove(using: Servers) -> list[str]:
    """What `quaestor verify` finds."""
    verified = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "verify"],
        env=using.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if verified.returncode == 0 else [f"quaestor verify: {verified.stdout} {verified.stderr}"]

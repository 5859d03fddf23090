"""The memory of one API process under 256 clients: half of them post, half read pages of a hundred ledgers.

All ask at the same moment, every few seconds, so that 256 requests are under way at once although the machine has time
for other work. `QUAESTOR_BENCHMARK_SECONDS` says for how long: half a minute, or 3600 by hand; a pace of 0
(`QUAESTOR_BENCHMARK_PACE_SECONDS`) lets each client ask again at once.
"""

import asyncio
import os
import statistics
import sys
from dataclasses import dataclass
from time import monotonic

import orjson

from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.product import Process, Servers, api, done, opened_customer, proved
from benchmarks.reading import PAGE

SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "30"))
PACE_SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_PACE_SECONDS", "5"))
CLIENTS = 256
LEDGERS = 10_000
REST_SECONDS = 10.0
"""How long nothing is asked, before what it has at rest is read."""
ROWS = 12
SAMPLES_MIN = 24
SAMPLE_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process had, in bytes; `peak` is the most since the sample before."""

    seconds: float
    resident: int
    proportional: int
    peak: int


@dataclass(frozen=True, slots=True)
class Measured:
    """At rest before anybody asked, under the clients, and at rest again once they are gone."""

    rest: Sample
    samples: list[Sample]
    after: Sample
    posted: int
    read: int
    refused: int


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    return [*table(asyncio.run(measure(using))), proved(using)]


def table(measured: Measured) -> list[str]:
    """A row for each twelfth of the time: the medians of its samples, and the highest peak."""
    rest, samples = measured.rest, measured.samples
    size = max(1, -(-len(samples) // ROWS))
    lines = [
        "| minutes | resident MB | proportional MB | highest peak MB | resident, of that at rest |",
        "|---|---|---|---|---|",
        _row("at rest", [rest], rest),
    ]
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        lines.append(_row(f"until {part[-1].seconds / 60:.1f}", part, rest))
    lines.append(_row("at rest again", [measured.after], rest))
    told = f"{measured.posted:,} transfers, {measured.read:,} pages of a hundred ledgers; {measured.refused} refused."
    return [*lines, "", f"{CLIENTS} clients, {samples[-1].seconds:,.0f} s: {told}"]


def _row(name: str, part: list[Sample], rest: Sample) -> str:
    resident = statistics.median(sample.resident for sample in part)
    proportional = statistics.median(sample.proportional for sample in part)
    peak = max(sample.peak for sample in part)
    return (
        f"| {name} | {resident / 1e6:.1f} | {proportional / 1e6:.1f} | {peak / 1e6:.1f} |"
        f" {resident / rest.resident:.2f} |"
    )


async def measure(using: Servers) -> Measured:
    """Run the clients for their time, and look at the process meanwhile."""
    tenant = await _open(using)
    with api(using) as (process, address):
        await asyncio.sleep(REST_SECONDS)
        rest = _sample(process, 0)
        posting, reading = (_load(address, tenant, query) for query in (None, orjson.dumps({"query": PAGE}).decode()))
        samples: list[Sample] = []
        watching = asyncio.create_task(_watch(process, samples))
        posted, read = await asyncio.gather(_made(posting), _made(reading))
        watching.cancel()
        await asyncio.sleep(REST_SECONDS)
        after = _sample(process, samples[-1].seconds)
    return Measured(rest, samples, after, posted.accepted, read.accepted, posted.refused + read.refused)


async def _open(using: Servers) -> Tenant:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return Tenant(customer.api_key, accounts)


def _load(address: str, tenant: Tenant, query: str | None) -> Load:
    return Load(
        "quaestor",
        address,
        [tenant],
        CLIENTS // 2,
        seconds=SECONDS,
        warm_up_seconds=0,
        query=query,
        every_seconds=PACE_SECONDS,
    )


async def _made(load: Load) -> Seen:
    return await asyncio.to_thread(make_load, load)


async def _watch(process: Process, samples: list[Sample]) -> None:
    start = monotonic()
    while True:
        await asyncio.sleep(min(SAMPLE_SECONDS_MAX, SECONDS / SAMPLES_MIN))
        samples.append(sample := _sample(process, monotonic() - start))
        print(f"{sample.seconds:,.0f} s: {sample.resident / 1e6:.1f} MB", file=sys.stderr, flush=True)


def _sample(process: Process, seconds: float) -> Sample:
    peak = process.peak_memory_bytes()
    process.forget_peak()
    return Sample(seconds, process.memory_bytes(), process.proportional_memory_bytes(), peak)

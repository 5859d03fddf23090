"""What traces cost: the API without them, as they are by default, and with every request recorded, in turn.

Each side is an API process with a database of its own and a thousand funded ledgers. All send their spans to a
collector in another process, which only counts them. The figures are medians of the rounds; a ratio is the median of
the rounds' ratios to the side without traces.
"""

import asyncio
import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import NamedTuple

import httpx
import orjson

from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Load, Tenant, make_load
from benchmarks.product import Process, Servers, another_database, api, done, free_port, opened_customer
from benchmarks.reading import PAGE

LEDGERS = 1_000
START_SECONDS_MAX = 30
SHORT, FULL = (3, 1.0), (7, 4.0)
"""Rounds, and for how many seconds each load is made in one."""
SHAPES = {
    "64 clients post": {"clients": 64},
    "1 client posts": {"clients": 1},
    "8 clients read `ledgers(first: 100)`": {"clients": 8, "query": orjson.dumps({"query": PAGE}).decode()},
}
ONLY = os.environ.get("QUAESTOR_BENCHMARK_SHAPES", "")
"""Parts of the names of the shapes to measure, with a semicolon between them; else all."""
OFF = "off"
SIDES = {
    OFF: {},
    "on": {"QUAESTOR_TELEMETRY": "true"},
    "on, every request": {"QUAESTOR_TELEMETRY": "true", "QUAESTOR_TELEMETRY_TRACES_PER_SECOND_MAX": "1000000"},
}


class Figure(NamedTuple):
    """What one load saw, and the API's CPU for each that was accepted."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


@dataclass
class Side:
    """An API process, and what was seen of it."""

    name: str
    process: Process
    address: str
    tenant: Tenant
    figures: dict[str, list[Figure]] = field(default_factory=dict)

    def measure(self, shape: str, load: Load) -> None:
        """Make the load, and note what it saw."""
        before = self.process.cpu_seconds()
        seen = make_load(replace(load, address=self.address, tenants=[self.tenant]))
        assert not seen.refused, f"{self.name} refused {seen.refused}"
        cpu_ms = (self.process.cpu_seconds() - before) * 1000 / max(seen.accepted, 1)
        figure = Figure(seen.per_second, seen.p50_ms, seen.p99_ms, cpu_ms)
        self.figures.setdefault(shape, []).append(figure)


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    rounds, seconds = FULL if using.is_full else SHORT
    with ExitStack() as stack:
        collector = stack.enter_context(_collector(using))
        sides = [stack.enter_context(_side(using, name, collector, settings)) for name, settings in SIDES.items()]
        wanted = [part.strip() for part in ONLY.split(";")]
        shapes = [shape for shape in SHAPES if any(part in shape for part in wanted)]
        for shape in shapes:
            for turn in range(rounds):
                for side in sides[turn % len(sides) :] + sides[: turn % len(sides)]:
                    run_name = f"{shape[:9]}-{turn}"
                    side.measure(shape, Load("quaestor", "", [], seconds=seconds, run=run_name, **SHAPES[shape]))  # type: ignore[arg-type]
        received = httpx.get(f"{collector}/received").json()
        return [
            *_table(shapes, sides),
            "",
            f"The collector got {received['bytes']:,} bytes in {received['requests']:,}.",
        ]


@contextmanager
def _collector(using: Servers) -> Iterator[str]:
    port = free_port()
    process = Process(["benchmarks.collector", str(port)], using.environment)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = monotonic() + START_SECONDS_MAX
        while not _answers(address):
            assert monotonic() < deadline, "the collector did not start"
        yield address
    finally:
        process.end()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/received", timeout=1).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _side(using: Servers, name: str, collector: str, settings: dict[str, str]) -> Iterator[Side]:
    with another_database(using) as own:
        tenant = asyncio.run(_filled(own))
        with api(own, OTEL_EXPORTER_OTLP_ENDPOINT=collector, **settings) as (process, address):
            yield Side(name, process, address, tenant)


async def _filled(using: Servers) -> Tenant:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return Tenant(customer.api_key, accounts)


def _table(shapes: list[str], sides: list[Side]) -> Iterator[str]:
    yield "| load | traces | /s | p50 ms | p99 ms | API's CPU ms | rate, of off | CPU, of off |"
    yield "|---|---|---|---|---|---|---|---|"
    for shape in shapes:
        without = sides[0].figures[shape]
        for side in sides:
            figures = side.figures[shape]
            middle = Figure(*(statistics.median(values) for values in zip(*figures, strict=True)))
            rate = statistics.median(one.per_second / off.per_second for one, off in zip(figures, without, strict=True))
            cpu = statistics.median(one.cpu_ms / off.cpu_ms for one, off in zip(figures, without, strict=True))
            yield (
                f"| {shape} | {side.name} | {middle.per_second:,.0f} | {middle.p50_ms:.2f} | {middle.p99_ms:.1f} "
                f"| {middle.cpu_ms:.3f} | {rate:.1%} | {cpu:.1%} |"
            )

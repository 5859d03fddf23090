"""What posting loses to a worker that numbers its events: none, this checkout's, and another's, in turn.

`python -m benchmarks.numbering [/path/to/the/other]`. The API is this checkout's on all sides; the other checkout needs
its own `.venv`. 64 clients post between random ledgers of one customer. Figures are medians of the rounds.
"""

import asyncio
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep

import asyncpg

from app.db.identifiers import new_id
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Load, Tenant, make_load
from benchmarks.product import Process, Servers, api, done, interpreter, opened_customer, servers, worker

LEDGERS = 1_000
CLIENTS = 64
ROUNDS = int(os.environ.get("QUAESTOR_BENCHMARK_ROUNDS", "5"))
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "4"))
DRAINED_WITHIN_SECONDS = 120.0

LOOKS = """
SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal, xact_commit FROM pg_stat_database
WHERE datname = current_database()
"""
WAITING = "SELECT count(*) FROM unnumbered_events"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one load saw; WAL bytes and commits are for each transfer, its numbering included."""

    per_second: float
    p50_ms: float
    worker_cpu_ms: float
    wal_bytes: float
    commits: float
    left: int
    drained_seconds: float


def main() -> int:
    """Measure; answers the exit code."""
    folders = {"without": None, "this": ".", **({"other": sys.argv[1]} if len(sys.argv) > 1 else {})}
    print(interpreter())
    with servers() as using:
        tenant = asyncio.run(_open(using))
        with api(using) as (_process, address):
            seen: dict[str, list[Figure]] = {name: [] for name in folders}
            for turn in range(ROUNDS):
                names = list(folders) if turn % 2 == 0 else list(reversed(folders))
                for name in names:
                    seen[name].append(_measure(using, address, tenant, folders[name]))
    for line in _table(seen):
        print(line)
    return 0


async def _open(using: Servers) -> Tenant:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return Tenant(customer.api_key, accounts)


def _measure(using: Servers, address: str, tenant: Tenant, folder: str | None) -> Figure:
    load = Load("quaestor", address, [tenant], CLIENTS, seconds=SECONDS, run=str(new_id()))
    with _beside(using, folder) as beside:
        make_load(Load("quaestor", address, [tenant], 1, seconds=0.2, run=str(new_id())))  # Something for it to do,
        _until_drained(using, is_wanted=beside is not None)  # so that it is known to run.
        wal, commits = _look(using, LOOKS)
        cpu = beside.cpu_seconds() if beside else 0.0
        seen = make_load(load)
        assert not seen.refused, f"{seen.refused} were refused"
        left = _look(using, WAITING)[0]
        began = monotonic()
        _until_drained(using, is_wanted=beside is not None)
        drained = monotonic() - began
        spent = (beside.cpu_seconds() - cpu) if beside else 0.0
        wal_after, commits_after = _look(using, LOOKS)
    count = max(seen.accepted, 1)
    return Figure(
        seen.per_second,
        seen.p50_ms,
        spent * 1000 / count,
        (wal_after - wal) / count,
        (commits_after - commits) / count,
        left,
        drained,
    )


@contextmanager
def _beside(using: Servers, folder: str | None) -> Iterator[Process | None]:
    if folder is None:
        yield None
        return
    with worker(using, folder=None if folder == "." else folder) as process:
        yield process


def _until_drained(using: Servers, *, is_wanted: bool) -> None:
    deadline = monotonic() + DRAINED_WITHIN_SECONDS
    while is_wanted and _look(using, WAITING)[0]:
        assert monotonic() < deadline, "the worker does not keep up"
        sleep(0.02)


def _look(using: Servers, sql: str) -> tuple[int, ...]:
    async def look() -> tuple[int, ...]:
        connection = await asyncpg.connect(using.database_url)
        try:
            row = await connection.fetchrow(sql)
            assert row is not None
            return tuple(int(value) for value in row.values())
        finally:
            await connection.close()

    return asyncio.run(look())


def _table(seen: dict[str, list[Figure]]) -> Iterator[str]:
    yield (
        "| worker | transfers/s | of those without | p50 ms | worker's CPU ms | WAL bytes | commits |"
        " waiting at the end | until numbered s |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    without = statistics.median(figure.per_second for figure in seen["without"])
    for name, figures in seen.items():

        def middle(field: str, figures: list[Figure] = figures) -> float:
            return float(statistics.median(getattr(figure, field) for figure in figures))

        yield (
            f"| {name} | {middle('per_second'):,.0f} | {middle('per_second') / without:.0%} | {middle('p50_ms'):.1f} |"
            f" {middle('worker_cpu_ms'):.3f} | {middle('wal_bytes'):,.0f} | {middle('commits'):.3f} |"
            f" {middle('left'):,.0f} | {middle('drained_seconds'):.2f} |"
        )


if __name__ == "__main__":
    sys.exit(main())

"""One process of the API against two on one port: what they post and read, and how the load spreads over them.

The machine is shared by the processes, PostgreSQL and the load: on two cores a second process can only use what the
others leave. Both sides run on the same database, in turn; figures are medians.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import orjson

from app.db.identifiers import new_id
from app.embedded.leftovers import all_processes
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.product import TICKS_PER_SECOND, Servers, done, free_port, opened_customer
from benchmarks.reading import PAGE

LEDGERS = 1_000
ROUNDS = 5
COUNTS = (1, 2)
START_TIMEOUT_SECONDS = 60
SHAPES = {
    "`postTransfer`, 8 clients": {"clients": 8},
    "`postTransfer`, 64 clients": {"clients": 64},
    "`ledgers(first: 100)`, 8 clients": {"clients": 8, "query": orjson.dumps({"query": PAGE}).decode()},
    "`ledgers(first: 100)`, 64 clients": {"clients": 64, "query": orjson.dumps({"query": PAGE}).decode()},
}


@dataclass(slots=True)
class Figure:
    """What a load saw, and what it cost each process in CPU ms a request."""

    seen: Seen
    cpu_ms: list[float]


@dataclass
class Side:
    """So many processes on one port; `log` is what they write."""

    count: int
    address: str
    supervisor: int
    log: Path
    figures: dict[str, list[Figure]] = field(default_factory=dict)

    def children(self) -> list[int]:
        """The processes that serve."""
        found = [one.pid for one in all_processes() if _fields(one.pid)[1] == str(self.supervisor)]
        return sorted(found) if self.count > 1 else [self.supervisor]

    def measure(self, shape: str, load: Load) -> Seen:
        """Make the load and note it."""
        load.address, load.run = self.address, str(new_id())
        children = self.children()
        before = [_cpu_seconds(pid) for pid in children]
        seen = make_load(load)
        assert not seen.refused, f"{seen.refused} were refused"
        spent = [(_cpu_seconds(pid) - then) * 1000 / seen.accepted for pid, then in zip(children, before, strict=True)]
        self.figures.setdefault(shape, []).append(Figure(seen, spent))
        return seen


def run(using: Servers) -> list[str]:
    """The figures as tables in Markdown."""
    tenant = asyncio.run(_open(using))
    seconds = 4.0 if using.is_full else 2.0
    with ExitStack() as stack:
        sides = [stack.enter_context(_serving(using, count)) for count in COUNTS]
        for shape, settings in SHAPES.items():
            for turn in range(ROUNDS):
                for side in sides if turn % 2 == 0 else reversed(sides):
                    side.measure(shape, Load("quaestor", "", [tenant], seconds=seconds, **settings))  # type: ignore[arg-type]
        lines = [*_table(sides), ""]
    with _serving(using, COUNTS[-1], QUAESTOR_LOG_LEVEL="info") as logged:
        for shape, settings in SHAPES.items():
            lines.append(_spread(logged, shape, Load("quaestor", "", [tenant], seconds=seconds, **settings)))  # type: ignore[arg-type]
    return lines


async def _open(using: Servers) -> Tenant:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return Tenant(customer.api_key, accounts)


@contextmanager
def _serving(using: Servers, count: int, **settings: str) -> Iterator[Side]:
    environment = {**using.environment, "QUAESTOR_LOG_FORMAT": "json", **settings}
    port = free_port()
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        command = [sys.executable, "-m", "app.cli.main", "serve", "--processes", str(count), "--port", str(port)]
        with subprocess.Popen(command, env=environment, stderr=log) as process:
            side = Side(count, f"http://127.0.0.1:{port}", process.pid, Path(log.name))
            try:
                _until(lambda: len(side.children()) == count and all(_listens(pid) for pid in side.children()))
                yield side
            finally:
                process.terminate()


def _until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + START_TIMEOUT_SECONDS
    while not condition():
        assert monotonic() < deadline, "the API did not start"
        sleep(0.05)


def _listens(pid: int) -> bool:
    """Whether a process has a socket in the table of those that listen."""
    listening = {
        f"socket:[{fields[9]}]"
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        if (fields := line.split())[3] == "0A"
    }
    try:
        return any(str(one.readlink()) in listening for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _table(sides: list[Side]) -> Iterator[str]:
    one, two = sides
    yield "| load | one process /s | p50 ms | CPU ms | two processes /s | p50 ms | CPU ms, each | rate, times |"
    yield "|---|---|---|---|---|---|---|---|"
    for shape in SHAPES:
        (rate, p50, cpu), (rate_of_two, p50_of_two, cpu_of_two) = _medians(one, shape), _medians(two, shape)
        yield (
            f"| {shape} | {rate:,.0f} | {p50:.1f} | {cpu} | {rate_of_two:,.0f} | {p50_of_two:.1f} | {cpu_of_two} |"
            f" {rate_of_two / rate:.2f} |"
        )


def _medians(side: Side, shape: str) -> tuple[float, float, str]:
    figures = side.figures[shape]
    each = [statistics.median(costs) for costs in zip(*(figure.cpu_ms for figure in figures), strict=True)]
    return (
        statistics.median(figure.seen.per_second for figure in figures),
        statistics.median(figure.seen.p50_ms for figure in figures),
        " + ".join(f"{cost:.2f}" for cost in each),
    )


def _spread(side: Side, shape: str, load: Load) -> str:
    """How many requests each process answered, by the lines in their log."""
    before = side.log.stat().st_size
    side.measure(shape, load)
    with side.log.open(encoding="utf-8") as log:
        log.seek(before)
        lines = [json.loads(line) for line in log if line.endswith("\n")]
    answered = Counter(line["process"] for line in lines if line["message"] == "request")
    total = sum(answered.values())
    shares = ", ".join(f"process {number} {answered[number] / total:.0%}" for number in sorted(answered))
    return f"- {shape}: of {total:,} requests {shares}"


def _fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ["", ""]


def _cpu_seconds(pid: int) -> float:
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

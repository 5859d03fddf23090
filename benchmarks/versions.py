"""This checkout beside another one of Quaestor, in turn: `python -m benchmarks.versions /path/to/the/other`.

The other checkout has its own `.venv` (`make setup` there). Each side runs its own API process on a database of its
own, with a thousand funded ledgers. The figures are medians of the rounds; a ratio is that of the medians.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.product import interpreter
from benchmarks.reading import PAGE

ROUNDS = int(os.environ.get("QUAESTOR_BENCHMARK_ROUNDS", "5"))
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "3"))
SHAPES = {
    "64 clients, random": {"clients": 64},
    "64 clients, one hot": {"clients": 64, "hot": True},
    "1 client": {"clients": 1},
    "4 clients, 1,000 a request": {"clients": 4, "per_request": 1_000},
    "8 clients read `ledgers(first: 100)`": {"clients": 8, "query": orjson.dumps({"query": PAGE}).decode()},
}
ONLY = os.environ.get("QUAESTOR_BENCHMARK_SHAPES", "")
"""Parts of the names of the shapes to measure, with a semicolon between them; else all."""

SERVE = """
import json, sys
sys.path[0] = "."
from benchmarks import ourselves
made, start_api = [], ourselves.api
class Noting:
    def __init__(self, *arguments): self.inner = start_api(*arguments)
    def __enter__(self): made.append(self.inner.__enter__()); return made[0]
    def __exit__(self, *error): return self.inner.__exit__(*error)
ourselves.api = Noting
with ourselves.ourselves() as (address, opened):
    print(json.dumps([address, opened.tenant.token, opened.tenant.accounts]), flush=True)
    for _ in sys.stdin: print(made[0][0].cpu_seconds(), flush=True)
"""
"""Run in either checkout: it starts that side, says where it is, and answers each line with the API's CPU so far."""


@dataclass
class Side:
    """A checkout whose API runs, and what was seen of it."""

    name: str
    address: str
    tenant: Tenant
    process: subprocess.Popen[bytes]
    seen: dict[str, list[tuple[Seen, float]]] = field(default_factory=dict)

    def measure(self, shape: str, load: Load) -> None:
        """Make the load, and note what it saw and the API's CPU ms for each that was accepted."""
        before = self._cpu_seconds()
        seen = make_load(replace(load, address=self.address, tenants=[self.tenant]))
        assert not seen.refused, f"{self.name} refused {seen.refused}"
        cpu_ms = (self._cpu_seconds() - before) * 1000 / seen.accepted
        self.seen.setdefault(shape, []).append((seen, cpu_ms))

    def medians(self, shape: str) -> tuple[float, float, float]:
        """A second, p50 ms, and CPU ms each."""
        figures = [(seen.per_second, seen.p50_ms, cpu_ms) for seen, cpu_ms in self.seen[shape]]
        per_second, p50_ms, cpu_ms = map(statistics.median, zip(*figures, strict=True))
        return per_second, p50_ms, cpu_ms

    def _cpu_seconds(self) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def main() -> int:
    """Measure; answers the exit code."""
    if len(sys.argv) != 2 or not Path(sys.argv[1], ".venv/bin/python").exists():
        print("Say where the other checkout is; it needs its own .venv: python -m benchmarks.versions FOLDER")
        return 2
    print(interpreter())
    with ExitStack() as stack:
        other = stack.enter_context(_serving("other", Path(sys.argv[1])))
        this = stack.enter_context(_serving("this", Path.cwd()))
        for line in _table(other, this):
            print(line, flush=True)
    return 0


@contextmanager
def _serving(name: str, folder: Path) -> Iterator[Side]:
    with subprocess.Popen(
        [folder / ".venv/bin/python", "-c", SERVE], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address, token, accounts = orjson.loads(process.stdout.readline())
            yield Side(name, address, Tenant(token, accounts), process)
        finally:
            process.stdin.close()


def _table(other: Side, this: Side) -> Iterator[str]:
    yield "| load | other /s | p50 ms | CPU ms | this /s | p50 ms | CPU ms | rate, times | p50, times | CPU, times |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    wanted = [part.strip() for part in ONLY.split(";")]
    for number, (shape, settings) in enumerate(SHAPES.items()):
        if not any(part in shape for part in wanted):
            continue
        for turn in range(ROUNDS):
            for side in (other, this) if turn % 2 == 0 else (this, other):
                run = f"{number}-{turn}"
                side.measure(shape, Load("quaestor", "", [], seconds=SECONDS, run=run, **settings))  # type: ignore[arg-type]
        (rate, p50, cpu), (this_rate, this_p50, this_cpu) = other.medians(shape), this.medians(shape)
        yield (
            f"| {shape} | {rate:,.0f} | {p50:.2f} | {cpu:.3f} | {this_rate:,.0f} | {this_p50:.2f} | {this_cpu:.3f} "
            f"| {this_rate / rate:.2f} | {this_p50 / p50:.2f} | {this_cpu / cpu:.2f} |"
        )


if __name__ == "__main__":
    sys.exit(main())

"""Quaestor beside other ledgers that already run, in turn: `python -m benchmarks.peers blnk http://127.0.0.1:5001`.

A thousand funded accounts on each side; single transfers of a penny by 1, 8 and 64 clients, between random accounts and
all to one, then many a request. At the end each ledger is asked what its accounts have received.
`docs/performance.md` says how the others are started. `python -m benchmarks.peers postgraphile` reads pages instead,
beside PostGraphile, which it starts itself.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from time import monotonic, sleep

import httpx

from benchmarks.load import Load, Seen, make_load
from benchmarks.others import PEERS, Opened
from benchmarks.ourselves import ourselves
from benchmarks.pages import INSTALL, beside_postgraphile, is_installed
from benchmarks.product import interpreter

CLIENTS = (1, 8, 64)
PER_REQUEST = 100
ROUNDS = int(os.environ.get("QUAESTOR_BENCHMARK_ROUNDS", "3"))
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "3"))
KEY = os.environ.get("BLNK_KEY", "")
"""Blnk's server key, where it asks for one."""
QUEUED = "-queued"
QUEUE_SECONDS_MAX = 120
QUEUE_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Side:
    """A ledger that runs, and whose accounts are funded. `name` is also that of its door."""

    name: str
    address: str
    opened: Opened


def main() -> int:
    """Measure; answers the exit code."""
    if sys.argv[1:] == ["postgraphile"]:
        return _read()
    asked = list(zip(sys.argv[1::2], sys.argv[2::2], strict=False))
    if not asked or len(sys.argv) % 2 == 0 or any(name not in PEERS for name, _ in asked):
        print(f"Say which ledgers, and where they are: python -m benchmarks.peers {'|'.join(PEERS)} URL …")
        print("Or have pages read beside PostGraphile: python -m benchmarks.peers postgraphile")
        return 2
    print(interpreter())
    with ExitStack() as stack:
        sides = [stack.enter_context(open_peer(name, address)) for name, address in asked]
        sides.append(Side("quaestor", *stack.enter_context(ourselves())))
        for line in measure(sides):
            print(line, flush=True)
    return 0


def _read() -> int:
    if not is_installed():
        print(f"PostGraphile is not installed yet: {INSTALL}")
        return 2
    print(interpreter())
    for line in beside_postgraphile(seconds=SECONDS, rounds=ROUNDS):
        print(line, flush=True)
    return 0


@contextmanager
def open_peer(name: str, address: str) -> Iterator[Side]:
    """A peer with its accounts opened and funded."""
    with httpx.Client(base_url=address, timeout=60) as http:
        yield Side(name, address, PEERS[name](http, KEY if name.startswith("blnk") else ""))


def measure(sides: list[Side], *, seconds: float = SECONDS, rounds: int = ROUNDS) -> Iterator[str]:
    """The lines of a table, each as it is measured: the median of some rounds, the sides in turn. Below it, how many
    transfers each ledger said were posted, and how many its accounts have received.
    """
    yield "| clients | accounts | transfers a request | ledger | transfers/s | p50 ms | p99 ms | refused |"
    yield "|---|---|---|---|---|---|---|---|"
    asked = [(clients, hot, 1) for clients in CLIENTS for hot in (False, True)]
    posted = dict.fromkeys((side.name for side in sides), 0)
    for clients, hot, size in [*asked, (1, False, PER_REQUEST)]:
        seen: dict[str, list[Seen]] = {side.name: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                load = Load(side.name, side.address, [side.opened.tenant], clients, hot, size, seconds)
                load.run = secrets.token_hex(8)
                one = _made(load, side)
                posted[side.name] += one.accepted
                seen[side.name].append(one)
        for name, runs in seen.items():
            middle = sorted(runs, key=lambda one: one.per_second)[len(runs) // 2]
            yield (
                f"| {clients} | {'one hot' if hot else 'random'} | {size} | {name} | {middle.per_second:,.0f} |"
                f" {middle.p50_ms:.2f} | {middle.p99_ms:.1f} | {sum(one.refused for one in runs)} |"
            )
    yield ""
    for side in sides:
        yield f"{side.name}: {posted[side.name]:,} answered as posted, {side.opened.received():,} received"


def _made(load: Load, side: Side) -> Seen:
    """One load. Where the answer comes before the posting, the time counts until the accounts have got everything."""
    if not side.name.endswith(QUEUED):
        return make_load(load)
    before, began = side.opened.received(), monotonic()
    seen = make_load(load)
    while (received := side.opened.received() - before) < seen.accepted and monotonic() < began + QUEUE_SECONDS_MAX:
        sleep(QUEUE_LOOK_SECONDS)
    return replace(seen, per_second=received / (monotonic() - began))


if __name__ == "__main__":
    sys.exit(main())

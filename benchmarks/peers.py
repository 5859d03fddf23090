"""Quaestor beside another ledger that already runs, in turn: `python -m benchmarks.peers blnk http://127.0.0.1:5001`.

A thousand funded accounts on each side; single transfers of a penny by 1, 8 and 64 clients, between random accounts and
all to one, then many a request. `docs/performance.md` says how to start the others.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Load, Seen, Tenant, make_load
from benchmarks.product import Servers, api, done, interpreter, opened_customer, servers

ACCOUNTS = 1_000
FUNDS = 10**12
CLIENTS = (1, 8, 64)
PER_REQUEST = 100
ROUNDS = 3
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "3"))
KEY = os.environ.get("BLNK_KEY", "")
"""Blnk's server key, where it asks for one."""


@dataclass(frozen=True, slots=True)
class Side:
    """A ledger that runs, and whose accounts are funded."""

    name: str
    address: str
    tenant: Tenant


def formance(http: httpx.Client) -> Tenant:
    """A new ledger of Formance Ledger v2; its world funds the accounts."""
    ledger = f"benchmark-{secrets.token_hex(4)}"
    http.post(f"/v2/{ledger}", json={}).raise_for_status()
    accounts = [f"users:{number:04}" for number in range(ACCOUNTS)]
    for some in _hundreds(accounts):
        postings = [{"source": "world", "destination": one, "amount": FUNDS, "asset": "GBP/2"} for one in some]
        http.post(f"/v2/{ledger}/transactions", json={"postings": postings, "metadata": {}}).raise_for_status()
    return Tenant(ledger, accounts)


def blnk(http: httpx.Client) -> Tenant:
    """A new ledger of Blnk; its world is overdrawn to fund the balances."""
    headers = {"X-Blnk-Key": KEY} if KEY else {}
    name = f"benchmark-{secrets.token_hex(4)}"
    made = http.post("/ledgers", json={"name": name}, headers=headers).raise_for_status().json()
    accounts = []
    for number in range(ACCOUNTS):
        opening = {"ledger_id": made["ledger_id"], "currency": "GBP"}
        opened = http.post("/balances", json=opening, headers=headers).raise_for_status().json()
        funding = {
            "precise_amount": FUNDS,
            "precision": 100,
            "currency": "GBP",
            "reference": f"{name}-{number}",
            "description": "funds",
            "source": f"@world-{name}",
            "destination": opened["balance_id"],
            "allow_overdraft": True,
            "skip_queue": True,
        }
        http.post("/transactions", json=funding, headers=headers).raise_for_status()
        accounts.append(opened["balance_id"])
    return Tenant(KEY, accounts)


PEERS: dict[str, Callable[[httpx.Client], Tenant]] = {"formance": formance, "blnk": blnk}


def main() -> int:
    """Measure; answers the exit code."""
    if len(sys.argv) != 3 or sys.argv[1] not in PEERS:
        print(f"Say which ledger, and where it is: python -m benchmarks.peers {'|'.join(PEERS)} URL")
        return 2
    peer = open_peer(*sys.argv[1:])
    print(interpreter())
    with servers() as using:
        tenant = asyncio.run(_our_tenant(using))
        with api(using) as (_process, address):
            print(*measure([peer, Side("quaestor", address, tenant)]), sep="\n")
    return 0


def open_peer(name: str, address: str) -> Side:
    """A peer with its accounts opened and funded."""
    with httpx.Client(base_url=address, timeout=60) as http:
        return Side(name, address, PEERS[name](http))


async def _our_tenant(using: Servers) -> Tenant:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, ACCOUNTS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return Tenant(customer.api_key, accounts)


def measure(sides: list[Side], *, seconds: float = SECONDS, rounds: int = ROUNDS) -> Iterator[str]:
    """The lines of a table, each as it is measured: the median of some rounds, the sides in turn."""
    yield "| clients | accounts | transfers a request | ledger | transfers/s | p50 ms | p99 ms | refused |"
    yield "|---|---|---|---|---|---|---|---|"
    asked = [(clients, hot, 1) for clients in CLIENTS for hot in (False, True)]
    for clients, hot, size in [*asked, (1, False, PER_REQUEST)]:
        seen: dict[str, list[Seen]] = {side.name: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                load = Load(side.name, side.address, [side.tenant], clients, hot, size, seconds)
                load.run = secrets.token_hex(8)
                seen[side.name].append(make_load(load))
        for name, runs in seen.items():
            middle = sorted(runs, key=lambda one: one.per_second)[len(runs) // 2]
            yield (
                f"| {clients} | {'one hot' if hot else 'random'} | {size} | {name} | {middle.per_second:,.0f} |"
                f" {middle.p50_ms:.1f} | {middle.p99_ms:.1f} | {sum(one.refused for one in runs)} |"
            )


def _hundreds(accounts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(accounts), 100):
        yield accounts[start : start + 100]


if __name__ == "__main__":
    sys.exit(main())

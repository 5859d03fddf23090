"""The same load against another ledger that already runs: `python -m benchmarks.peers formance http://127.0.0.1:3068`.

It opens a thousand accounts there, funds them, and asks for single transfers of a penny by 1, 8 and 64 clients, between
random accounts and all to one; then for many at once. `docs/performance.md` says how to start them.
"""

import os
import secrets
import sys
from collections.abc import Callable, Iterator

import httpx

from benchmarks.load import Load, Tenant, make_load

ACCOUNTS = 1_000
FUNDS = 10**12
CLIENTS = (1, 8, 64)
PER_REQUEST = 100
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "5"))
KEY = os.environ.get("BLNK_KEY", "")
"""Blnk's server key, where it asks for one."""


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
    name, address = sys.argv[1:]
    print(*measure(name, address), sep="\n")
    return 0


def measure(name: str, address: str, *, seconds: float = SECONDS) -> Iterator[str]:
    """The lines of a table, each as it is measured."""
    with httpx.Client(base_url=address, timeout=60) as http:
        tenant = PEERS[name](http)
    yield "| clients | accounts | transfers a request | transfers/s | p50 ms | p99 ms | refused |"
    yield "|---|---|---|---|---|---|---|"
    asked = [(clients, hot, 1) for clients in CLIENTS for hot in (False, True)]
    for clients, hot, size in [*asked, (1, False, PER_REQUEST)]:
        load = Load(name, address, [tenant], clients, hot=hot, per_request=size, seconds=seconds)
        load.run = secrets.token_hex(8)
        seen = make_load(load)
        yield (
            f"| {clients} | {'one hot' if hot else 'random'} | {size} | {seen.per_second:,.0f} | {seen.p50_ms:.1f} |"
            f" {seen.p99_ms:.1f} | {seen.refused} |"
        )


def _hundreds(accounts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(accounts), 100):
        yield accounts[start : start + 100]


if __name__ == "__main__":
    sys.exit(main())

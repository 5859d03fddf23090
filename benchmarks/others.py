"""Accounts opened and funded in other ledgers, and what those ledgers say of them afterwards."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx

from benchmarks.load import Tenant

ACCOUNTS = 1_000
FUNDS = 10**12
PAGE = 100
"""What both other ledgers take or give in one request at most."""

FEATURES_OFF = {
    "MOVES_HISTORY": "OFF",
    "MOVES_HISTORY_POST_COMMIT_EFFECTIVE_VOLUMES": "DISABLED",
    "HASH_LOGS": "DISABLED",
    "ACCOUNT_METADATA_HISTORY": "DISABLED",
    "TRANSACTION_METADATA_HISTORY": "DISABLED",
}
"""Formance's smallest set; the server takes it only when it was started with `--experimental-features`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Accounts with money in them. `received` asks the ledger how many pennies they have got since, one a transfer."""

    tenant: Tenant
    received: Callable[[], int]


def formance(http: httpx.Client, _key: str = "", *, features: dict[str, str] | None = None) -> Opened:
    """A new ledger of Formance Ledger v2; its world funds the accounts."""
    ledger = f"benchmark-{secrets.token_hex(4)}"
    http.post(f"/v2/{ledger}", json={"features": features} if features else {}).raise_for_status()
    accounts = [f"users:{number:04}" for number in range(ACCOUNTS)]
    for start in range(0, ACCOUNTS, PAGE):
        postings = [
            {"source": "world", "destination": one, "amount": FUNDS, "asset": "GBP/2"}
            for one in accounts[start : start + PAGE]
        ]
        funding = {"postings": postings, "metadata": {}}
        http.post(f"/v2/{ledger}/transactions", json=funding).raise_for_status()

    def received() -> int:
        users = {"$match": {"account": "users:"}}
        asked = http.request("GET", f"/v2/{ledger}/volumes", params={"groupBy": 1}, json=users)
        (volumes,) = asked.raise_for_status().json()["cursor"]["data"]
        return int(volumes["input"]) - ACCOUNTS * FUNDS

    return Opened(Tenant(ledger, accounts), received)


def blnk(http: httpx.Client, key: str) -> Opened:
    """A new ledger of Blnk; a world of its own is overdrawn to fund the balances."""
    if key:
        http.headers["X-Blnk-Key"] = key
    name = f"benchmark-{secrets.token_hex(4)}"
    ledger = http.post("/ledgers", json={"name": name}).raise_for_status().json()["ledger_id"]
    accounts: list[str] = []
    for number in range(ACCOUNTS):
        opened = http.post("/balances", json={"ledger_id": ledger, "currency": "GBP"}).raise_for_status().json()
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
        http.post("/transactions", json=funding).raise_for_status()
        accounts.append(opened["balance_id"])

    def received() -> int:
        ours = [{"field": "ledger_id", "operator": "eq", "value": ledger}]
        credited = 0
        for start in range(0, ACCOUNTS, PAGE):
            asked = {"filters": ours, "sort_by": "created_at", "limit": PAGE, "offset": start}
            page = http.post("/balances/filter", json=asked).raise_for_status().json()
            credited += sum(int(one["credit_balance"]) for one in page)
        return credited - ACCOUNTS * FUNDS

    return Opened(Tenant(key, accounts), received)


PEERS: dict[str, Callable[[httpx.Client, str], Opened]] = {
    "formance": formance,
    "formance-plain": partial(formance, features=FEATURES_OFF),
    "blnk": blnk,
    "blnk-queued": blnk,
}
"""By the name of their door. The plain one is without optional features; the queued one answers before it posts."""

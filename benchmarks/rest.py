"""REST beside GraphQL: what the same command costs the API process in CPU through each door, in turn; and accounts with
one wallet each, one by one and in arrays of 100. Each figure is the median of its rounds.
"""

import asyncio
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import httpx
import orjson

from app.db.identifiers import new_id
from benchmarks.doors import SINGLE
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.product import Process, Servers, another_database, api, client, done, opened_customer

CLIENTS = 8
REQUESTS = 1_500
ROUNDS = 5
ARRAY = 100
WARM_UP = 300

WALLET = {"currency": "USD", "decimal_places": 2}
CREATE_ACCOUNT = (
    "mutation ($input: CreateAccountInput!) { createAccount(input: $input) { __typename"
    " ... on AccountSuccess { account { id reference } replayed } ... on Error { code message } } }"
)
ISSUE_VIRTUAL = (
    "mutation ($input: IssueVirtualLedgerInput!) { issueVirtualLedger(input: $input) { __typename"
    " ... on LedgerSuccess { ledger { id } replayed } ... on Error { code message } } }"
)

Asking = Callable[[int], tuple[str, bytes, dict[str, str]]]
"""From a number to path, body and headers of one request."""


class Door:
    """One way to ask the same thing."""

    def __init__(self, process: Process, http: httpx.AsyncClient, ask: Asking) -> None:
        self._process = process
        self._http = http
        self._ask = ask
        self._next = 0

    async def measure(self, requests: int) -> tuple[float, float]:
        """CPU ms of the API a request, and requests a second."""
        cpu, began = self._process.cpu_seconds(), perf_counter()
        await asyncio.gather(*(self._some(requests // CLIENTS) for _ in range(CLIENTS)))
        count = requests // CLIENTS * CLIENTS
        return (self._process.cpu_seconds() - cpu) / count * 1000, count / (perf_counter() - began)

    async def _some(self, count: int) -> None:
        for _ in range(count):
            self._next += 1
            path, body, headers = self._ask(self._next)
            answer = await self._http.post(path, content=body, headers=headers)
            assert answer.status_code in {200, 201}, answer.text
            assert b'"code"' not in answer.content, answer.text


def run(using: Servers) -> list[str]:
    """The figures as tables in Markdown."""
    with another_database(using) as one:
        return asyncio.run(_measured(one))


async def _measured(using: Servers) -> list[str]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, 100, analyzed=False)
    ledgers = await fund_ledgers(customer.customer_id)
    with api(using) as (process, address):
        async with client(address, customer.api_key) as http:
            lines = await _side_by_side(process, http, ledgers)
            lines += await _accounts(process, http)
    await done()
    return lines


async def _side_by_side(process: Process, http: httpx.AsyncClient, ledgers: list[str]) -> list[str]:
    lines = [
        f"{CLIENTS} clients, {REQUESTS:,} requests a round, {ROUNDS} rounds of each door in turn:",
        "",
        "| command | GraphQL, CPU ms | REST, CPU ms | REST / GraphQL |",
        "|---|---|---|---|",
    ]
    for name, graphql, rest in (
        ("createAccount with one wallet", _account_by_graphql, _account_by_rest),
        ("issueVirtualLedger", _ledger_by_graphql, _ledger_by_rest),
        ("postTransfer", _transfer_by_graphql(ledgers), _transfer_by_rest(ledgers)),
    ):
        doors = [Door(process, http, ask) for ask in (graphql, rest)]
        costs: list[list[float]] = [[], []]
        for door in doors:
            await door.measure(WARM_UP)
        for _ in range(ROUNDS):
            for door, cost in zip(doors, costs, strict=True):
                cost.append((await door.measure(REQUESTS))[0])
        ours, theirs = (median(cost) for cost in costs)
        ratio = median(rest_ms / graphql_ms for graphql_ms, rest_ms in zip(*costs, strict=True))
        lines.append(f"| `{name}` | {ours:.2f} | {theirs:.2f} | {ratio:.2f} |")
    return lines


async def _accounts(process: Process, http: httpx.AsyncClient) -> list[str]:
    lines = ["", "| accounts with one wallet | accounts/s | CPU ms an account |", "|---|---|---|"]
    for name, ask, each in (
        ("GraphQL, one by one", _account_by_graphql, 1),
        ("REST, one by one", _account_by_rest, 1),
        (f"REST, arrays of {ARRAY}", _accounts_by_rest, ARRAY),
    ):
        door, requests = Door(process, http, ask), max(REQUESTS // each, CLIENTS * 4)
        figures = [await door.measure(requests) for _ in range(ROUNDS)]
        cpu, rate = median(one[0] for one in figures) / each, median(one[1] for one in figures) * each
        lines.append(f"| {name} | {rate:,.0f} | {cpu:.2f} |")
    return lines


def _graphql(document: str, given: dict[str, Any]) -> tuple[str, bytes, dict[str, str]]:
    return "/graphql", orjson.dumps({"query": document, "variables": {"input": given}}), {}


def _account_by_graphql(_number: int) -> tuple[str, bytes, dict[str, str]]:
    wallet = {"name": "default", "currency": "USD", "accountingType": "LIABILITY", "decimalPlaces": 2}
    return _graphql(CREATE_ACCOUNT, {"type": "GROUP", "reference": str(new_id()), "wallets": [wallet]})


def _account() -> dict[str, Any]:
    wallet = {**WALLET, "wallet_name": "default", "accounting_type": "LIABILITY"}
    return {"account_type": "group", "account_reference": str(new_id()), "wallets": [wallet]}


def _account_by_rest(_number: int) -> tuple[str, bytes, dict[str, str]]:
    return "/api/v1/account/", orjson.dumps(_account()), {}


def _accounts_by_rest(_number: int) -> tuple[str, bytes, dict[str, str]]:
    return "/api/v1/account/", orjson.dumps([_account() for _ in range(ARRAY)]), {}


def _ledger_by_graphql(_number: int) -> tuple[str, bytes, dict[str, str]]:
    return _graphql(ISSUE_VIRTUAL, {"asset": "GOLD"})


def _ledger_by_rest(_number: int) -> tuple[str, bytes, dict[str, str]]:
    return "/v1/customer/ledgers/virtual", orjson.dumps({"asset_class": "commodity", "asset_type": "gold"}), {}


def _transfer_by_graphql(ledgers: list[str]) -> Asking:
    def ask(number: int) -> tuple[str, bytes, dict[str, str]]:
        debit, credit = ledgers[number % len(ledgers)], ledgers[(number + 1) % len(ledgers)]
        amount = {"value": "0.01", "asset": "GBP"}
        return _graphql(
            SINGLE, {"idempotencyKey": str(new_id()), "debitId": debit, "creditId": credit, "amount": amount}
        )

    return ask


def _transfer_by_rest(ledgers: list[str]) -> Asking:
    def ask(number: int) -> tuple[str, bytes, dict[str, str]]:
        debit, credit = ledgers[number % len(ledgers)], ledgers[(number + 1) % len(ledgers)]
        body = orjson.dumps({"ledger_from_id": debit, "ledger_to_id": credit, "amount": 0.01})
        return "/v1/customer/transactions/inter-ledger", body, {"Idempotency-Key": str(new_id())}

    return ask

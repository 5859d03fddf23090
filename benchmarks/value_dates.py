"""What a balance by value date costs where a whole history was imported, all of it backdated; and how fast it comes in.

The history is written by SQL, `benchmarks/fill_transfers.py`, as an import leaves it. The import is the command itself,
in a process of its own, beside the same statements through asyncpg alone.
"""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID

import orjson

from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from benchmarks.fill import count_transfers, fill_ledgers, fund_ledgers
from benchmarks.fill_transfers import fill_transfers
from benchmarks.load import Tenant
from benchmarks.posting import ROUNDS, Side, median, seconds_for_each
from benchmarks.posting_raw import SINCE, SPAN_SECONDS, post_by_sql
from benchmarks.product import Process, Servers, another_database, api, done, opened_customer

LEDGERS = 10
"""Few, so that each has many entries."""
DAYS = 3_650
MANY = 100_000
MANY_IN_FULL = 3_000_000
IMPORTED_LEDGERS = 1_000
IMPORTED = 20_000
IMPORTED_IN_FULL = 100_000
BALANCE_AT = (
    "query ($id: ID!, $at: DateTime!, $by: BalanceDate) { ledger(by: {id: $id}) { id balanceAt(at: $at, by: $by) "
    "{ value } } }"
)
ENTRIES = (
    "query ($id: ID!, $span: DateTimeFilter!) { entries(first: 20, filter: { ledgerId: $id, effectiveAt: $span }) {"
    " nodes { id direction amount { value } effectiveAt postedAt } } }"
)
SUM_SQL = """
    SELECT sum(CASE WHEN credit_id = $2 THEN amount_minor_units ELSE - amount_minor_units END) FROM transfers
    WHERE customer_id = $1 AND $2 IN (debit_id, credit_id) AND coalesce(effective_at, posted_at) <= $3
"""


def run(using: Servers) -> list[str]:
    """The figures as tables in Markdown."""
    with another_database(using) as history:
        lines = asyncio.run(_read(history))
    with another_database(using) as empty:
        return [*lines, "", *asyncio.run(_import(empty))]


async def _read(using: Servers) -> list[str]:
    count = MANY_IN_FULL if using.is_full else MANY
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS, holders=LEDGERS)
    accounts = await fund_ledgers(customer.customer_id)
    began = perf_counter()
    await fill_transfers(customer.customer_id, count, days_back=DAYS)
    took_seconds = perf_counter() - began
    lines = [
        f"{count:,} transfers, backdated over {DAYS:,} days, of {LEDGERS} ledgers, written in {took_seconds:.0f} s:",
        "",
        "| what | p50 ms | p99 ms |",
        "|---|---|---|",
    ]
    with api(using) as (process, address):
        side = Side(process, address, [Tenant(customer.api_key, accounts)], seconds=seconds_for_each(using))
        for name, body in (await _queries(customer.customer_id, accounts[7])).items():
            seen = median([await side.ask(1, body) for _ in range(ROUNDS)], key=lambda one: one.seen.p50_ms).seen
            lines.append(f"| {name} | {seen.p50_ms:.2f} | {seen.p99_ms:.2f} |")
    took = [await _summed(customer.customer_id, accounts[7]) for _ in range(ROUNDS)]
    lines.append(f"| the same by a sum over the entries, SQL alone | {median(took, key=lambda ms: ms):,.0f} | |")
    await done()
    return lines


async def _queries(customer_id: UUID, ledger_id: str) -> dict[str, str]:
    middle = await _middle(customer_id)
    midnight = middle.replace(hour=0, minute=0, second=0, microsecond=0)
    noon = midnight + timedelta(hours=12)
    now: datetime = await fetchval("SELECT clock_timestamp() - interval '6 minutes'")
    posted = {"id": ledger_id, "at": rfc3339(await _middle(customer_id, "posted_at")), "by": "POSTED"}
    by = {"id": ledger_id, "by": "EFFECTIVE"}
    day = {"gte": rfc3339(midnight), "lt": rfc3339(midnight + timedelta(days=1))}
    years = {"gte": rfc3339(midnight - timedelta(days=1_000)), "lt": rfc3339(midnight + timedelta(days=1_000))}
    return {
        "`balanceAt` by posting, in the middle": _body(BALANCE_AT, posted),
        "`balanceAt` by value date, at a midnight in the middle": _body(BALANCE_AT, {**by, "at": rfc3339(midnight)}),
        "`balanceAt` by value date, at a noon in the middle": _body(BALANCE_AT, {**by, "at": rfc3339(noon)}),
        "`balanceAt` by value date, of late": _body(BALANCE_AT, {**by, "at": rfc3339(now)}),
        "entries of a day by value date": _body(ENTRIES, {"id": ledger_id, "span": day}),
        "entries of years by value date, page 1": _body(ENTRIES, {"id": ledger_id, "span": years}),
    }


async def _middle(customer_id: UUID, column: str = "effective_at") -> datetime:
    found: datetime = await fetchval(
        f"SELECT min({column}) + (max({column}) - min({column})) / 2 FROM transfers WHERE customer_id = $1", customer_id
    )
    return found


async def _summed(customer_id: UUID, ledger_id: str) -> float:
    began = perf_counter()
    await fetchval(SUM_SQL, customer_id, UUID(ledger_id), await _middle(customer_id))
    return (perf_counter() - began) * 1_000


def _body(query: str, variables: Mapping[str, object]) -> str:
    return orjson.dumps({"query": query, "variables": variables}).decode()


async def _import(using: Servers) -> list[str]:
    count = IMPORTED_IN_FULL if using.is_full else IMPORTED
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, IMPORTED_LEDGERS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    imports, sqls = [], []
    with api(using) as (process, address), tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            path = _history(Path(folder) / f"{number}.jsonl", accounts, count)
            imports.append(await asyncio.to_thread(_imported, using, process, address, customer.api_key, path, count))
            sqls.append(await post_by_sql(customer.customer_id, accounts, size=1_000, dated=True, seconds=3.0))
        posted = await count_transfers()
    assert posted > count * ROUNDS
    await done()
    best, cpu = median(imports, key=lambda one: one[0])
    sql = median(sqls, key=lambda one: one.per_second).per_second
    return [
        f"`quaestor import transfers`, {count:,} lines, random ledgers, value dates over ten years:",
        "",
        "| transfers/s | API's CPU ms a transfer | SQL alone | of that |",
        "|---|---|---|---|",
        f"| {best:,.0f} | {cpu:.3f} | {sql:,.0f} | {best / sql:.0%} |",
    ]


def _history(path: Path, accounts: list[str], count: int) -> Path:
    """Lines in the order of their value dates."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            debit, credit = random.sample(accounts, 2)
            at = SINCE + timedelta(seconds=SPAN_SECONDS * number // count)
            line = {
                "debitId": debit,
                "creditId": credit,
                "amount": {"value": "0.01", "asset": "GBP"},
                "effectiveAt": rfc3339(at),
                "idempotencyKey": f"{path.name}-{number}",
            }
            file.write(json.dumps(line) + "\n")
    return path


def _imported(using: Servers, process: Process, address: str, key: str, path: Path, count: int) -> tuple[float, float]:
    """Transfers a second of the command, its start and end included; and the API's CPU milliseconds for each."""
    environment = {**using.environment, "QUAESTOR_URL": address, "QUAESTOR_API_KEY": key}
    command = [sys.executable, "-m", "app.cli.main", "import", "transfers", str(path), "--json"]
    cpu, began = process.cpu_seconds(), perf_counter()
    answer = subprocess.run(command, env=environment, capture_output=True, check=True)
    seconds = perf_counter() - began
    assert json.loads(answer.stdout)["imported"] == count, answer.stdout
    return count / seconds, (process.cpu_seconds() - cpu) / count * 1_000

"""Whether it stays as fast while the books grow: posting and reading at ten thousand transfers, and at very many.

The earlier transfers are written by SQL, `benchmarks/fill_transfers.py`, with their entries, keys, events and feed.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import httpx
import orjson

from app.db.connection import fetchrow, fetchval
from app.kernel.clock import rfc3339
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.fill_transfers import fill_transfers
from benchmarks.load import Tenant
from benchmarks.posting import ROUNDS, Side, median, seconds_for_each
from benchmarks.product import Servers, another_database, api, client, done, opened_customer

LEDGERS = 1_000
FEW = 10_000
MANY = 300_000
MANY_IN_FULL = 3_000_000
PAGE = 20
DEEP_PAGE = 1_000
BALANCE = (
    "query ($id: ID!) { ledger(by: {id: $id}) { id balance { posted { value } available { value } held { value } } } }"
)
BALANCE_AT = "query ($id: ID!, $at: DateTime!) { ledger(by: {id: $id}) { id balanceAt(at: $at) { value } } }"
ACTIVITY = (
    "query ($id: ID!, $from: DateTime!, $to: DateTime!) { ledger(by: {id: $id}) { id activity(from: $from, to: $to) {"
    " from opening { value } debits { value } credits { value } closing { value } entryCount } } }"
)
HELD_BY = (
    "query ($id: ID!, $at: DateTime) { holder(id: $id) { id balances(at: $at) { asset posted { value } count } } }"
)
BALANCES = "query ($at: DateTime) { balances(at: $at) { asset posted { value } count } }"
SEARCH = 'query { holders(first: 20, filter: { search: "hol 77" }) { nodes { id name } } }'
ACTIVE_ENTRIES = 20
"""Of so many entries of the ledger the activity is told, at either size."""
ENTRIES = (
    "query ($first: Int!, $after: String, $filter: EntryFilter) {"
    " entries(first: $first, after: $after, filter: $filter) {"
    " nodes { id direction amount { value } balanceAfter { value } sequence postedAt } pageInfo { endCursor } } }"
)


@dataclass(slots=True)
class Size:
    """The figures at one size: transfers a second, and milliseconds of queries by their names."""

    transfers: int
    per_second: float
    milliseconds: dict[str, float]


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as empty:
        few, many = asyncio.run(_measure(empty, (FEW, MANY_IN_FULL if using.is_full else MANY)))
    speeds = f"{few.per_second:,.0f} | {many.per_second:,.0f} | {few.per_second / many.per_second:.2f}"
    lines = [
        f"| what | at {few.transfers:,} transfers | at {many.transfers:,} | times |",
        "|---|---|---|---|",
        f"| `postTransfer`, 64 clients, random ledgers, transfers/s | {speeds} |",
    ]
    for name, before in few.milliseconds.items():
        after = many.milliseconds[name]
        lines.append(f"| {name}, p50 ms | {before:.2f} | {after:.2f} | {after / before:.2f} |")
    return lines


async def _measure(using: Servers, sizes: tuple[int, int]) -> list[Size]:
    customer = await opened_customer(using.database_url)
    await fill_ledgers(customer.customer_id, LEDGERS)
    accounts = await fund_ledgers(customer.customer_id)
    measured, filled = [], 0
    for size in sizes:
        await fill_transfers(customer.customer_id, size - filled)
        filled = size
        with api(using) as (process, address):
            side = Side(process, address, [Tenant(customer.api_key, accounts)], seconds=seconds_for_each(using))
            queries = await _queries(address, customer.api_key, customer.customer_id, accounts[7])
            milliseconds = {name: (await side.ask(1, body)).seen.p50_ms for name, body in queries.items()}
            posted = median([await side.post(64) for _ in range(ROUNDS)], key=lambda figure: figure.seen.per_second)
        measured.append(Size(size, posted.seen.per_second, milliseconds))
    await done()
    return measured


async def _queries(address: str, key: str, customer_id: UUID, ledger_id: str) -> dict[str, str]:
    """The bodies of what is asked, by name."""
    middle: datetime = await fetchval(
        "SELECT min(posted_at) + (max(posted_at) - min(posted_at)) / 2 FROM transfers WHERE customer_id = $1",
        customer_id,
    )
    row = await fetchrow(
        """
        SELECT a.holder_id, a.last_posted_at AS until, (
            SELECT min(posted_at) FROM (
                SELECT posted_at FROM transfers
                WHERE customer_id = $1 AND (debit_id = $2 OR credit_id = $2) ORDER BY posted_at DESC LIMIT $3
            ) AS latest
        ) AS since
        FROM posting_accounts AS a WHERE a.customer_id = $1 AND a.id = $2
        """,
        customer_id,
        UUID(ledger_id),
        ACTIVE_ENTRIES + 1,  # The last one is left out, so that the time is settled.
    )
    assert row is not None, "the ledger is there"
    holder, at = str(row["holder_id"]), rfc3339(middle)
    active: dict[str, object] = {"id": ledger_id, "from": rfc3339(row["since"]), "to": rfc3339(row["until"])}
    deep = {"first": PAGE, "after": await _cursor_before_the_deep_page(address, key)}
    return {
        "balance of a ledger": _body(BALANCE, {"id": ledger_id}),
        "`balanceAt` in the middle of its history": _body(BALANCE_AT, {"id": ledger_id, "at": rfc3339(middle)}),
        f"`activity` of {ACTIVE_ENTRIES} entries of a ledger": _body(ACTIVITY, active),
        "`balances` of a holder": _body(HELD_BY, {"id": holder}),
        "`balances` of a holder, in the middle": _body(HELD_BY, {"id": holder, "at": at}),
        "`balances` of all": _body(BALANCES, {}),
        "`balances` of all, in the middle": _body(BALANCES, {"at": at}),
        "`search` of holders": _body(SEARCH, {}),
        "a ledger's entries, page 1": _body(ENTRIES, {"first": PAGE, "filter": {"ledgerId": ledger_id}}),
        "all entries, page 1": _body(ENTRIES, {"first": PAGE}),
        f"all entries, page {DEEP_PAGE:,}": _body(ENTRIES, deep),
    }


async def _cursor_before_the_deep_page(address: str, key: str) -> str:
    cursor, left = None, PAGE * (DEEP_PAGE - 1)
    async with client(address, key, connections=1) as http:
        while left:
            size = min(left, 1_000)
            answer = await http.post("/graphql", content=_body(ENTRIES, {"first": size, "after": cursor}))
            assert answer.status_code == httpx.codes.OK, answer.text
            cursor, left = answer.json()["data"]["entries"]["pageInfo"]["endCursor"], left - size
    assert cursor is not None
    return str(cursor)


def _body(query: str, variables: dict[str, object]) -> str:
    return orjson.dumps({"query": query, "variables": variables}).decode()

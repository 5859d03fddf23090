"""What each filter of holders, payments, holds, transfers and entries reads, alone: its plan, over very many rows.

`QUAESTOR_BENCHMARK_ROWS` says how many rows each table has: a million, unless told otherwise.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any
from unittest.mock import patch
from uuid import UUID

from app.db.connection import Record, fetch, fetchval, pool
from app.db.pages import Page
from app.holders import queries as holders
from app.holders.search import checked_search
from app.holders.status import HolderKind, HolderStatus
from app.journal import entry_queries as entries
from app.journal import hold_queries as holds
from app.journal import transfer_queries as transfers
from app.journal.amount_range import AmountRange
from app.journal.status import HoldStatus, TransferKind, TransferStatus
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.payments import queries as payments
from app.payments.counterparty import account_of_iban
from app.payments.status import PaymentDirection, PaymentStatus
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.fill_transfers import fill_transfers
from benchmarks.product import Servers, another_database, done, opened_customer

ROWS = int(os.environ.get("QUAESTOR_BENCHMARK_ROWS", "1_000_000"))
LEDGERS = 1_000
FILL_SECONDS_MAX = 3_600.0
PAGE = Page(51)
IBAN = "GB33BUKB20201555555555"

# One in a thousand is out of the ordinary.
HOLDERS = """
    INSERT INTO holders (customer_id, id, kind, status, party, name, email, country, metadata, created_at, updated_at,
                         words, words_of)
    SELECT $1, gen_random_uuid(), 'ENDUSER', CASE WHEN n % 1000 = 7 THEN 'QUARANTINE' ELSE 'OK' END, 'PERSON', name,
           email, 'GB', CASE WHEN n % 1000 = 7 THEN jsonb_build_object('crm', n / 1000) ELSE '{}' END,
           now() - n * interval '1 second', now() - n * interval '1 second',
           ARRAY['holder', md5(n::text), 'h' || n, 'example', 'com'], name || E'\\n' || email
    FROM generate_series(1, $2::int) AS n
    CROSS JOIN LATERAL (SELECT 'Holder ' || md5(n::text) AS name, 'h' || n || '@example.com' AS email) AS made
"""
PAYMENTS = """
    INSERT INTO payments (customer_id, id, ledger_id, direction, status, status_reason, amount_minor_units, asset,
                          scale, counterparty_name, counterparty_iban, reference, metadata, partner_reference,
                          created_at, updated_at)
    SELECT $1, gen_random_uuid(), ledgers.ids[1 + n % cardinality(ledgers.ids)],
           CASE WHEN n % 1000 = 7 THEN 'OUT' ELSE 'IN' END, CASE WHEN n % 1000 = 9 THEN 'DECLINED' ELSE 'ACCEPTED' END,
           CASE WHEN n % 1000 = 9 THEN 'No.' END, n, 'GBP', 2, 'Payer ' || n / 10,
           CASE WHEN n % 1000 = 7 THEN $3 ELSE 'IBAN ' || n END, CASE WHEN n % 1000 = 7 THEN 'Invoice ' || n END,
           CASE WHEN n % 1000 = 7 THEN jsonb_build_object('order', n) ELSE '{}' END, 'SIM-' || n,
           now() - n * interval '1 second', now()
    FROM generate_series(1, $2::int) AS n
    CROSS JOIN (SELECT array_agg(id) AS ids FROM ledgers WHERE customer_id = $1) AS ledgers
"""
HOLDS = """
    INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, reference,
                       metadata, created_at, updated_at)
    SELECT $1, gen_random_uuid(), CASE WHEN n % 1000 = 7 THEN 'PLACED' ELSE 'RELEASED' END, n, 'GBP', 2,
           ledgers.ids[1 + n % cardinality(ledgers.ids)], ledgers.ids[1 + (n + 1) % cardinality(ledgers.ids)],
           CASE WHEN n % 1000 = 7 THEN 'Booking ' || n END,
           CASE WHEN n % 1000 = 7 THEN jsonb_build_object('order', n) ELSE '{}' END,
           now() - n * interval '1 second', now()
    FROM generate_series(1, $2::int) AS n
    CROSS JOIN (SELECT array_agg(id) AS ids FROM ledgers WHERE customer_id = $1) AS ledgers
"""
METADATA = """
    UPDATE transfers SET metadata = jsonb_build_object('order', debit_sequence)
    WHERE customer_id = $1 AND debit_sequence % 1000 = 7
"""

Reading = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What PostgreSQL did for a reading."""

    indexes: tuple[str, ...]
    scanned: tuple[str, ...]
    rows: int
    buffers: int
    milliseconds: float


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as empty:
        return asyncio.run(_measure(empty))


async def _measure(using: Servers) -> list[str]:
    customer_id = (await opened_customer(using.database_url)).customer_id
    await _fill(customer_id)
    actor = Actor(customer_id, frozenset({"*"}), Via.GRAPHQL, "benchmark")
    lines = [
        f"| filter, alone, over {ROWS:,} rows | by index | rows read | pages of 8 kB | ms |",
        "|---|---|---|---|---|",
    ]
    async for name, plan in _plans(await _readings(actor)):
        assert not plan.scanned, (name, plan)
        indexes = ", ".join(f"`{index}`" for index in plan.indexes)
        lines.append(f"| {name} | {indexes} | {plan.rows:,} | {plan.buffers:,} | {plan.milliseconds:.2f} |")
    await done()
    return lines


async def _fill(customer_id: UUID) -> None:
    await fill_ledgers(customer_id, LEDGERS)
    await fund_ledgers(customer_id)
    await fill_transfers(customer_id, ROWS)
    execute = pool().execute
    await execute(HOLDERS, customer_id, ROWS, timeout=FILL_SECONDS_MAX)
    await execute(PAYMENTS, customer_id, ROWS, IBAN, timeout=FILL_SECONDS_MAX)
    await execute(HOLDS, customer_id, ROWS, timeout=FILL_SECONDS_MAX)
    await execute(METADATA, customer_id, timeout=FILL_SECONDS_MAX)
    for table in ("holders", "payments", "holds", "transfers"):
        await execute(f"VACUUM ANALYZE {table}", timeout=FILL_SECONDS_MAX)


async def _readings(actor: Actor) -> dict[str, tuple[ModuleType, Reading]]:
    ledger_id = await fetchval("SELECT id FROM ledgers WHERE customer_id = $1 LIMIT 1", actor.customer_id)
    middle = utc_now() - timedelta(seconds=ROWS // 2)
    word = await fetchval("SELECT left(md5($1::text), 6)", str(ROWS // 2))
    filters: dict[str, tuple[ModuleType, Any]] = {}
    of_holders: dict[str, dict[str, Any]] = {
        "kind": {"kind": (HolderKind.ENDUSER,)},
        "status": {"status": (HolderStatus.QUARANTINE,)},
        "changedSince": {"changed_since": middle},
        "metadata": {"metadata": {"crm": 3}},
        "search, the beginning of a word": {"search": checked_search(str(word), ())},
        "search, two beginnings, one in all": {"search": checked_search(f"hold {word}", ())},
        "search, what is in all": {"search": checked_search("hol", ())},
        "email": {"email": f"H{ROWS // 2}@EXAMPLE.com"},
    }
    for name, given in of_holders.items():
        filters[f"`holders`: {name}"] = (holders, holders.HolderFilter(**given))
    of_payments: dict[str, dict[str, Any]] = {
        "ledgerId": {"ledger_id": ledger_id},
        "direction": {"direction": PaymentDirection.OUT},
        "status": {"status": (PaymentStatus.DECLINED,)},
        "reference": {"reference": "Invoice 7"},
        "reference, in any case": {"reference_in_any_case": "invoice 7"},
        "counterpartyIban": {"counterparty": account_of_iban(IBAN, ())},
        "the account number in an IBAN": {"counterparty_number": IBAN[8:]},
        "counterpartyName": {"counterparty_name": "payer 77"},
        "partnerReference": {"partner_reference": "SIM-77"},
        "partnerReference, in any case": {"partner_reference_in_any_case": "sim-77"},
        "metadata": {"metadata": {"order": 1007}},
        "createdAt": {"created_at_lt": middle},
        "amount": {"amount": AmountRange((ROWS // 2, 2), (ROWS // 2 + 70, 2), "GBP")},
    }
    for name, given in of_payments.items():
        filters[f"`payments`: {name}"] = (payments, payments.PaymentFilter(**given))
    of_holds: dict[str, dict[str, Any]] = {
        "ledgerId": {"ledger_id": ledger_id},
        "status": {"status": (HoldStatus.PLACED,)},
        "reference": {"reference": "Booking 7"},
        "reference, in any case": {"reference_in_any_case": "booking 7"},
        "metadata": {"metadata": {"order": 1007}},
        "createdAt": {"created_at_lt": middle},
        "amount": {"amount": AmountRange((ROWS // 2, 2), (ROWS // 2 + 70, 2), "GBP")},
    }
    for name, given in of_holds.items():
        filters[f"`holds`: {name}"] = (holds, holds.HoldFilter(**given))
    of_transfers: dict[str, dict[str, Any]] = {
        "ledgerId": {"ledger_id": ledger_id},
        "kind": {"kind": (TransferKind.PAYMENT_IN,)},
        "status": {"status": (TransferStatus.POSTED,)},
        "reference": {"reference": "Invoice 7"},
        "reference, in any case": {"reference_in_any_case": "invoice 7"},
        "postedAt": {"posted_at_lt": middle},
        "metadata": {"metadata": {"order": 7}},
        "amount": {"amount": AmountRange((2, 2), None, "GBP")},
        "amount, which is that of all": {"amount": AmountRange((1, 2), (1, 2), "GBP")},
        "groupId": {"group_id": ledger_id},
    }
    for name, given in of_transfers.items():
        filters[f"`transfers`: {name}"] = (transfers, transfers.TransferFilter(**given))
    filters["`entries`: metadata"] = (entries, entries.EntryFilter(metadata={"order": 7}))
    filters["`entries`: amount"] = (entries, entries.EntryFilter(amount=AmountRange((2, 2), None, "GBP")))
    filters["`entries`: ledgerId"] = (entries, entries.EntryFilter(ledger_id=ledger_id))
    return {name: (module, _reading(actor, module, wanted)) for name, (module, wanted) in filters.items()}


def _reading(actor: Actor, module: ModuleType, wanted: Any) -> Reading:
    [name] = {"read_holders", "read_payments", "read_holds", "read_transfers", "read_entries"} & set(vars(module))
    return lambda: getattr(module, name)(actor, wanted, PAGE)


async def _plans(readings: dict[str, tuple[ModuleType, Reading]]) -> Any:
    for name, (module, reading) in readings.items():
        statements: list[tuple[str, tuple[Any, ...]]] = []

        async def note(sql: str, *arguments: Any, known: Any = statements) -> list[Record]:
            known.append((sql, arguments))
            return await fetch(sql, *arguments)

        with patch.object(module, "fetch", note):
            await reading()
        plans = []
        for sql, arguments in statements:
            explained = await fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *arguments)
            plans.append(_plan(json.loads(explained)[0]))
        yield name, _sum(plans)


def _sum(plans: list[Plan]) -> Plan:
    """The statements of one reading, added up."""
    return Plan(
        tuple(sorted({index for plan in plans for index in plan.indexes})),
        tuple(scanned for plan in plans for scanned in plan.scanned),
        sum(plan.rows for plan in plans),
        sum(plan.buffers for plan in plans),
        sum(plan.milliseconds for plan in plans),
    )


def _plan(told: dict[str, Any]) -> Plan:
    nodes = [node for node in _nodes(told["Plan"]) if node["Actual Loops"]]
    reads = [node for node in nodes if "Relation Name" in node]
    tables = ("holders", "payments", "holds", "transfers")
    return Plan(
        tuple(sorted({node["Index Name"] for node in nodes if "Index Name" in node} - {"posting_accounts_pkey"})),
        tuple(
            node["Relation Name"]
            for node in reads
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in tables
        ),
        int(
            sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in reads)
        ),
        told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"],
        told["Execution Time"],
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)

"""Over 50,000 analyzed ledgers, every single filter is served by an index that begins with the customer."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.db import pages
from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.kernel.actor import Actor, Via
from app.ledgers import queries
from app.ledgers.queries import (
    LedgerFilter,
    LedgerOrder,
    LedgerOrderField,
    UkBankAccount,
    count_ledgers,
    list_ledgers,
)
from app.ledgers.status import IbanStatus, LedgerStatus, LedgerType
from tests.plans import nodes_of

OURS, OTHERS = 50_000, 20
BASE = datetime(2026, 1, 1, tzinfo=UTC)

FILL = """
    WITH made AS MATERIALIZED (
        SELECT c.customer_id, n, gen_random_uuid() AS id, $1::timestamptz + n * interval '1 minute' AS at,
               CASE WHEN n % 10 = 0 THEN NULL ELSE h.ids[1 + n % 50] END AS holder_id
        FROM customers AS c
        JOIN LATERAL (SELECT array_agg(id) AS ids FROM holders WHERE holders.customer_id = c.customer_id) AS h ON true
        CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $2 THEN $3 ELSE 500 END) AS n
    ), accounts AS (
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                      allow_negative)
        SELECT customer_id, id, 'BANK', 'GBP', 2, 'CREDIT', holder_id, true, false FROM made
    ), changes AS (
        INSERT INTO ledger_changes SELECT customer_id, id, at FROM made
    )
    INSERT INTO ledgers (customer_id, id, holder_id, type, is_virtual, asset_class, asset, scale, status, primary_uses,
                         assets_owned_by, jurisdiction, partner_product, iban, bic, iban_status, sort_code,
                         account_number, metadata, freeze_scope, freeze_reason, frozen_at, created_at, updated_at)
    SELECT customer_id, id, holder_id,
           CASE WHEN n % 40 = 0 THEN 'OMNIBUS' ELSE 'SINGLE_USER' END,
           n % 50 = 0,
           CASE WHEN n % 50 = 0 THEN 'COMMODITY' ELSE 'CURRENCY' END,
           CASE WHEN n % 50 = 0 THEN 'GOLD' WHEN n % 30 = 0 THEN 'EUR' ELSE 'GBP' END,
           2,
           CASE WHEN n % 50 <> 0 AND n % 60 = 1 THEN 'DECLINED' ELSE 'OK' END,
           '{PAYMENTS}', 'ME', 'GB',
           CASE WHEN n % 50 = 0 THEN NULL WHEN n % 30 = 0 THEN 'PayrNet-EUR-1' ELSE 'PayrNet-GBP-1' END,
           CASE WHEN n % 50 <> 0 AND n % 70 <> 1 THEN customer_id::text || n END,
           CASE WHEN n % 50 <> 0 AND n % 70 <> 1 THEN 'PAYRGB2LXXX' END,
           CASE WHEN n % 50 = 0 THEN 'NOT_REQUESTED' WHEN n % 70 = 1 THEN 'PENDING' ELSE 'OK' END,
           CASE WHEN n % 50 <> 0 THEN '040052' END,
           CASE WHEN n % 50 <> 0 THEN lpad(n::text, 8, '0') END,
           CASE WHEN n % 100 = 3 THEN jsonb_build_object('order', n) ELSE '{}' END,
           CASE WHEN n % 100 = 9 THEN 'ALL' END, CASE WHEN n % 100 = 9 THEN 'r' END, CASE WHEN n % 100 = 9 THEN at END,
           at, at
    FROM made
"""


@pytest.fixture(scope="module")
async def filled(own_database):
    """One customer with 50,000 ledgers among smaller ones; answers who asks."""
    ids = [new_id() for _ in range(1 + OTHERS)]
    execute = pool().execute
    await execute("INSERT INTO customers SELECT id, 'Example', now() FROM unnest($1::uuid[]) AS id", ids)
    await execute(
        """
        INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)
        SELECT customer_id, gen_random_uuid(), 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now()
        FROM customers CROSS JOIN generate_series(1, 50)
        """
    )
    await execute(FILL, BASE, ids[0], OURS, timeout=300)
    for table in ("holders", "posting_accounts", "ledgers", "ledger_changes"):
        await execute(f"VACUUM ANALYZE {table}")
    return Actor(ids[0], frozenset({"*"}), Via.GRAPHQL, "tester")


async def filters_of(actor):
    """One value for every filter, each letting few through."""
    holder_id = await fetchval("SELECT id FROM holders WHERE customer_id = $1 LIMIT 1", actor.customer_id)
    ids = await fetch("SELECT id FROM ledgers WHERE customer_id = $1 LIMIT 3", actor.customer_id)
    iban = await fetchval("SELECT iban FROM ledgers WHERE customer_id = $1 AND iban IS NOT NULL", actor.customer_id)
    last = BASE + timedelta(minutes=OURS - 100)
    return {
        "ids": tuple(row["id"] for row in ids),
        "holder_id": holder_id,
        "unassigned": True,
        "status": (LedgerStatus.DECLINED,),
        "iban_status": (IbanStatus.PENDING,),
        "type": (LedgerType.OMNIBUS,),
        "asset": ("EUR",),
        "asset_class": ("COMMODITY",),
        "partner_product": ("PayrNet-EUR-1",),
        "virtual": True,
        "frozen": True,
        "changed_since": last,
        "created_at_gte": last,
        "created_at_lt": BASE + timedelta(minutes=100),
        "iban": iban,
        "uk_bank_account": UkBankAccount("040052", "00000117"),
        "metadata": {"order": 103},
    }


SERVED_BY = {
    "ids": {"ledgers_pkey"},
    "holder_id": {"ledgers_holder"},
    "unassigned": {"ledgers_unassigned"},
    "status": {"ledgers_status"},
    "iban_status": {"ledgers_iban_status"},
    "type": {"ledgers_type"},
    "asset": {"ledgers_asset"},
    "asset_class": {"ledgers_asset_class"},
    "partner_product": {"ledgers_partner_product"},
    "virtual": {"ledgers_virtual"},
    "frozen": {"ledgers_frozen"},
    "changed_since": {"ledger_changes_changed_at"},
    "created_at_gte": {"ledgers_created_at"},
    "created_at_lt": {"ledgers_created_at"},
    "iban": {"ledgers_iban"},
    "uk_bank_account": {"ledgers_uk_bank_account"},
    "metadata": {"ledgers_metadata"},
}


def cursor_of(wanted, order, ledger):
    return queries.ledger_cursors(wanted, order, [ledger])[0]


@pytest.fixture
def plan_of(monkeypatch):
    """A function that answers the nodes of the plan of the one statement that a query runs."""

    async def plan(reading):
        statements = []

        async def note(sql, *arguments):
            statements.append((sql, arguments))
            return await fetch(sql, *arguments)

        with monkeypatch.context() as patched:
            for module in (queries, pages):
                patched.setattr(module, "fetch", note)
            await reading
        ((sql, arguments),) = statements
        explained = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        return list(nodes_of(json.loads(explained)[0]["Plan"]))

    return plan


async def index_columns():
    """The first column or expression of every index."""
    rows = await fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return {row["indexname"]: re.search(r"\((.*)\)", row["indexdef"])[1] for row in rows}


@pytest.mark.thorough
async def test_serves_every_single_filter_by_an_index_of_the_customer(filled, plan_of):
    columns = await index_columns()
    filters = await filters_of(filled)
    assert set(filters) == set(LedgerFilter.__slots__) == set(SERVED_BY)
    for name, value in filters.items():
        wanted = LedgerFilter(**{name: value})
        for reading in (
            list_ledgers(filled, wanted, LedgerOrder(), Page(101)),
            count_ledgers(filled, wanted),
        ):
            plan = await plan_of(reading)
            used = {node["Index Name"] for node in plan if "Index Name" in node}
            assert used & SERVED_BY[name], (name, used)
            for index in used:
                assert columns[index].startswith(("customer_id", "tenant_metadata(customer_id,")), index
            scanned = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
            assert not scanned & {"ledgers", "ledger_changes", "posting_accounts"}, (name, scanned)


@pytest.mark.thorough
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("field", list(LedgerOrderField))
async def test_reads_a_page_in_either_order_without_sorting_the_customers_ledgers(filled, plan_of, field, descending):
    order = LedgerOrder(field, descending)
    (middle,) = await list_ledgers(
        filled,
        LedgerFilter(created_at_gte=BASE + timedelta(minutes=OURS // 2)),
        LedgerOrder(descending=False),
        Page(1),
    )
    cursor = cursor_of(LedgerFilter(), order, middle)
    for page in (Page(101), Page(101, after=cursor), Page(101, before=cursor, backward=True)):
        plan = await plan_of(list_ledgers(filled, LedgerFilter(), order, page))
        read = max(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Relation Name" in node)
        assert read <= 1_000, (page, read)


@pytest.mark.thorough
async def test_pages_through_what_changed_without_reading_what_did_not(filled, plan_of):
    wanted = LedgerFilter(changed_since=BASE + timedelta(minutes=OURS - 100))
    plan = await plan_of(list_ledgers(filled, wanted, LedgerOrder(LedgerOrderField.UPDATED_AT), Page(51)))
    assert "ledger_changes_changed_at" in {node.get("Index Name") for node in plan}
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Relation Name" in node) <= 200


@pytest.mark.thorough
async def test_counts_exactly_up_to_ten_thousand_and_says_so_beyond(filled):
    until = BASE + timedelta(minutes=10_001)
    assert await count_ledgers(filled, LedgerFilter(created_at_lt=until)) == 10_000
    assert await count_ledgers(filled, LedgerFilter(created_at_lt=until + timedelta(minutes=1))) is None
    assert await count_ledgers(filled, LedgerFilter()) is None
    assert await count_ledgers(filled, LedgerFilter(partner_product=("PayrNet-EUR-1",))) == 1_333

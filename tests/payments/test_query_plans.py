"""Over 50,000 analyzed payments, every single filter is served by an index that begins with the customer."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.journal.amount_range import check_amount_range
from app.kernel.actor import Actor, Via
from app.payments import payment_counts, queries
from app.payments.counterparty import account_of_iban
from app.payments.payment_counts import count_payments
from app.payments.queries import PaymentFilter, find_payments, payment_cursors, read_payments
from app.payments.status import PaymentDirection, PaymentStatus
from tests.plans import nodes_of

BRITISH = "GB33BUKB20201555555555"
OURS, OTHERS = 50_000, 20
BASE = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 101

FILL_LEDGERS = """
    WITH made AS MATERIALIZED (
        SELECT c.customer_id, gen_random_uuid() AS id, h.id AS holder_id
        FROM customers AS c JOIN holders AS h ON h.customer_id = c.customer_id CROSS JOIN generate_series(1, 10)
    ), accounts AS (
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                      allow_negative)
        SELECT customer_id, id, 'BANK', 'GBP', 2, 'CREDIT', holder_id, true, false FROM made
    )
    INSERT INTO ledgers (customer_id, id, holder_id, type, is_virtual, asset_class, asset, scale, status, primary_uses,
                         assets_owned_by, jurisdiction, partner_product, iban_status, created_at, updated_at)
    SELECT customer_id, id, holder_id, 'SINGLE_USER', false, 'CURRENCY', 'GBP', 2, 'OK', '{PAYMENTS}', 'ME', 'GB',
           'PayrNet-GBP-1', 'NOT_REQUESTED', $1, $1
    FROM made
"""
FILL_PAYMENTS = """
    INSERT INTO payments (customer_id, id, ledger_id, direction, status, status_reason, amount_minor_units, asset,
                          scale, counterparty_name, counterparty_iban, counterparty_sort_code,
                          counterparty_account_number,
                          reference, metadata, partner_reference, created_at, updated_at)
    SELECT customer_id, gen_random_uuid(), l.ids[1 + n % cardinality(l.ids)],
           CASE WHEN n % 100 = 1 THEN 'IN' ELSE 'OUT' END,
           CASE WHEN n % 200 = 2 THEN 'DECLINED' ELSE 'ACCEPTED' END,
           CASE WHEN n % 200 = 2 THEN 'No.' END,
           n, 'GBP', 2, 'Payer ' || n / 10,
           CASE WHEN n % 200 = 1 THEN 'GB33BUKB20201555555555'
                WHEN n % 100 = 1 THEN 'FR763000600001' || lpad(n::text, 13, '0') END,
           CASE WHEN n % 100 <> 1 THEN '202015' END,
           CASE WHEN n % 100 <> 1 THEN lpad(n::text, 8, '0') END,
           CASE WHEN n % 10 = 3 THEN 'order ' || n END,
           CASE WHEN n % 100 = 5 THEN jsonb_build_object('order', n) ELSE '{}' END,
           CASE WHEN n % 200 <> 2 AND n % 100 <> 1 THEN 'SIM-' || n END,
           $1::timestamptz + n * interval '1 minute', $1
    FROM customers AS c
    JOIN LATERAL (SELECT array_agg(id) AS ids FROM ledgers WHERE ledgers.customer_id = c.customer_id) AS l ON true
    CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $2 THEN $3 ELSE 500 END) AS n
"""

SERVED_BY = {
    "ledger_id": "payments_ledger",
    "direction": "payments_direction",
    "status": "payments_status",
    "reference": "payments_reference_folded",
    "reference_in_any_case": "payments_reference_folded",
    "counterparty": "payments_counterparty_iban",
    "counterparty_name": "payments_counterparty_name",
    "counterparty_number": "payments_counterparty_number",
    "partner_reference": "payments_partner_reference_folded",
    "partner_reference_in_any_case": "payments_partner_reference_folded",
    "metadata": "payments_metadata",
    "amount": "payments_amount",
    "created_at_gte": "payments_created_at",
    "created_at_lt": "payments_created_at",
}


@pytest.fixture(scope="module")
async def filled(own_database):
    """One customer with 50,000 payments among smaller ones; answers who asks."""
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
    await execute(FILL_LEDGERS, BASE)
    await execute(FILL_PAYMENTS, BASE, ids[0], OURS, timeout=300)
    for table in ("holders", "posting_accounts", "ledgers", "payments", "holds", "transfers"):
        await execute(f"VACUUM ANALYZE {table}")
    return Actor(ids[0], frozenset({"*"}), Via.GRAPHQL, "tester")


async def filters_of(actor):
    """One value for every filter, each letting few through."""
    last = BASE + timedelta(minutes=OURS - 100)
    return {
        "ledger_id": await fetchval("SELECT id FROM ledgers WHERE customer_id = $1 LIMIT 1", actor.customer_id),
        "direction": PaymentDirection.IN,
        "status": (PaymentStatus.DECLINED,),
        "reference": "order 103",
        "reference_in_any_case": "Order 103",
        "counterparty": account_of_iban("DE89370400440532013000", ()),
        "counterparty_name": "payer 77",
        "counterparty_number": "370400440532013000",
        "partner_reference": "SIM-77",
        "partner_reference_in_any_case": "sim-77",
        "metadata": {"order": 105},
        "amount": check_amount_range("7.07", "7.07", "GBP", (), is_of_account=False),
        "created_at_gte": last,
        "created_at_lt": BASE + timedelta(minutes=100),
    }


@pytest.fixture
def plan_of(monkeypatch):
    """A function that answers the nodes of the plan of the one statement that a query runs."""

    async def plan(reading):
        statements = []

        async def note(sql, *arguments):
            statements.append((sql, arguments))
            return await fetch(sql, *arguments)

        with monkeypatch.context() as patched:
            for module in (queries, payment_counts):
                patched.setattr(module, "fetch", note)
            await reading
        ((sql, arguments),) = statements
        explained = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        return list(nodes_of(json.loads(explained)[0]["Plan"]))

    return plan


def rows_read(plan):
    return max(node["Actual Rows"] * node["Actual Loops"] for node in plan if "Relation Name" in node)


@pytest.mark.thorough
async def test_serves_every_single_filter_by_an_index_of_the_customer(filled, plan_of):
    indexes = await fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    columns = {row["indexname"]: re.search(r"\((.*)\)", row["indexdef"], re.DOTALL)[1] for row in indexes}
    filters = await filters_of(filled)
    assert set(filters) == set(PaymentFilter.__slots__) == set(SERVED_BY)
    for name, value in filters.items():
        plan = await plan_of(read_payments(filled, PaymentFilter(**{name: value}), Page(PAGE)))
        used = {node["Index Name"] for node in plan if "Index Name" in node}
        assert SERVED_BY[name] in used, (name, used)
        assert [
            index for index in used if not columns[index].startswith(("customer_id", "tenant_metadata(customer_id,"))
        ] == []
        assert {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"} <= {"holds", "transfers"}
        assert rows_read(plan) <= 2 * PAGE, (name, rows_read(plan))


@pytest.mark.thorough
async def test_reads_any_page_without_reading_the_others(filled, plan_of):
    (middle,) = await read_payments(filled, PaymentFilter(created_at_lt=BASE + timedelta(minutes=OURS // 2)), Page(1))
    (cursor,) = payment_cursors(PaymentFilter(), [middle])
    for after in (None, cursor):
        plan = await plan_of(read_payments(filled, PaymentFilter(), Page(PAGE, after)))
        assert rows_read(plan) <= 2 * PAGE


@pytest.mark.thorough
async def test_reads_one_holder_s_without_reading_those_of_others(filled, plan_of):
    holder_id = await fetchval("SELECT holder_id FROM ledgers WHERE customer_id = $1 LIMIT 1", filled.customer_id)
    token = replace(filled, holder_id=holder_id)
    for wanted in (PaymentFilter(), PaymentFilter(reference="order 103")):
        plan = await plan_of(read_payments(token, wanted, Page(PAGE)))
        assert rows_read(plan) <= 10 * PAGE


@pytest.mark.thorough
async def test_finds_some_by_their_ids_alone(filled, plan_of):
    ids = [row["id"] for row in await fetch("SELECT id FROM payments WHERE customer_id = $1 LIMIT 3",
                                            filled.customer_id)]  # fmt: skip
    plan = await plan_of(find_payments(filled, ids))
    assert "payments_pkey" in {node.get("Index Name") for node in plan}
    assert rows_read(plan) <= 3


@pytest.mark.thorough
async def test_finds_a_british_account_under_both_its_names_by_indexes(filled, plan_of):
    plan = await plan_of(read_payments(filled, PaymentFilter(counterparty=account_of_iban(BRITISH, ())), Page(PAGE)))
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    assert used & {"payments_counterparty_iban", "payments_created_at"}, used
    other = account_of_iban("GB94BARC10201530093459", ())
    plan = await plan_of(read_payments(filled, PaymentFilter(counterparty=other), Page(PAGE)))
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    assert used >= {"payments_counterparty_iban", "payments_counterparty_account"}
    assert rows_read(plan) <= 2 * PAGE


@pytest.mark.thorough
async def test_counts_payments_in_the_index_of_their_statuses(filled, plan_of, monkeypatch):
    monkeypatch.setattr(payment_counts, "COUNTED_MAX", 1_000)
    nodes = await plan_of(count_payments(filled, since=BASE + timedelta(minutes=OURS - 10_000)))
    assert {node["Index Name"] for node in nodes if "Index Name" in node} == {"payments_status"}
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in nodes if "Relation Name" in node) <= 1_051

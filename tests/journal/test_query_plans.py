"""Over 50,000 analyzed transfers and as many holds, every single filter is served by an index that begins with the
customer, and no page reads more than it must.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.journal import balances_at, entry_queries, hold_queries, transfer_counts, transfer_queries
from app.journal.activity import ActivityInterval
from app.journal.amount_range import check_amount_range
from app.journal.entry_queries import EntryFilter, entry_cursors, list_entries
from app.journal.hold_queries import HoldFilter, hold_cursors, list_holds
from app.journal.status import EntryDirection, HoldStatus, TransferKind, TransferStatus
from app.journal.transfer_counts import CountedTime, count_transfers
from app.journal.transfer_queries import TransferFilter, list_transfers, transfer_cursors
from app.kernel.actor import Actor, Via
from tests.plans import nodes_of

OURS, OTHERS = 50_000, 20
ACCOUNTS = 1_000
BASE = datetime(2026, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
MIDDLE = BASE + timedelta(seconds=OURS // 2)

FILL_HOLDERS = """
    INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)
    SELECT customer_id, gen_random_uuid(), 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now()
    FROM customers CROSS JOIN generate_series(1, 50)
"""
# The last account of each customer is a system account; wallets are every tenth.
FILL_ACCOUNTS = """
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open, allow_negative,
                                  is_system, sequence, last_posted_at)
    SELECT c.customer_id, gen_random_uuid(), CASE WHEN n % 10 = 0 AND n < $1 THEN 'WALLET' ELSE 'BANK' END, 'GBP', 2,
           'CREDIT', CASE WHEN n % 10 <> 1 AND n < $1 THEN h.ids[1 + n % 50] END, true, true, n = $1, n, $2
    FROM customers AS c
    JOIN LATERAL (SELECT array_agg(id) AS ids FROM holders WHERE holders.customer_id = c.customer_id) AS h ON true
    CROSS JOIN generate_series(1, $1::integer) AS n
"""
_SIDES = """
    FROM customers AS c
    JOIN LATERAL (SELECT array_agg(id ORDER BY sequence) AS ids FROM posting_accounts AS a
                  WHERE a.customer_id = c.customer_id) AS a ON true
    CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $2 THEN $3 ELSE 500 END) AS n
    CROSS JOIN LATERAL (SELECT 1 + n % $4::integer AS payer, 1 + (n * 7 + 1 + n / $4) % $4 AS payee) AS s
    WHERE payer <> payee
"""
# Four transfers share an instant; every five-hundredth reverses the one before it.
FILL_TRANSFERS = f"""
    WITH made AS (
        SELECT c.customer_id, n, gen_random_uuid() AS id, a.ids[payer] AS debit_id, a.ids[payee] AS credit_id,
               $1::timestamptz + (n / 4) * interval '4 seconds' AS at
        {_SIDES}
    )
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, effective_at,
                           reverses_id, group_id,
                           reference, metadata, posted_at)
    SELECT m.customer_id, m.id,
           CASE WHEN n % 500 = 0 AND b.id IS NOT NULL THEN 'REVERSAL' WHEN n % 50 = 7 THEN 'VIRTUAL_CREDIT'
                ELSE 'INTER_LEDGER' END,
           n, 'GBP', 2, debit_id, n, n, credit_id, n, n, CASE WHEN n % 10 = 9 THEN at - interval '30 days' END,
           CASE WHEN n % 500 = 0 THEN b.id END,
           CASE WHEN n % 100 = 9 THEN ('00000000-0000-7000-8000-' || lpad((n / 1000)::text, 12, '0'))::uuid END,
           CASE WHEN n % 100 = 3 THEN 'Invoice ' || n / 1000 END,
           CASE WHEN n % 100 = 5 THEN jsonb_build_object('order', n) ELSE '{{}}' END, at
    FROM made AS m LEFT JOIN (SELECT customer_id, n + 1 AS next, id FROM made) AS b
      ON b.customer_id = m.customer_id AND b.next = m.n
"""
# Every tenth is backdated by a month; as if each had been a batch of its own.
FILL_BACKDATED = """
    WITH entries AS (
        SELECT customer_id, account_id, posted_at, effective_at, debited, credited FROM transfers CROSS JOIN LATERAL
            (VALUES (debit_id, amount_minor_units, 0), (credit_id, 0, amount_minor_units))
            AS side (account_id, debited, credited)
        WHERE effective_at IS NOT NULL
    ), days AS (
        INSERT INTO backdated_days
        SELECT customer_id, account_id, (effective_at AT TIME ZONE 'UTC')::date, sum(debited), sum(credited), count(*)
        FROM entries GROUP BY 1, 2, 3
    )
    INSERT INTO backdated_totals
    SELECT customer_id, account_id, posted_at,
           sum(sum(credited - debited)) OVER (PARTITION BY customer_id, account_id ORDER BY posted_at)
    FROM entries GROUP BY 1, 2, 3
"""
FILL_HOLDS = f"""
    INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, reference,
                       metadata, created_at, updated_at)
    SELECT c.customer_id, gen_random_uuid(), CASE WHEN n % 100 = 3 THEN 'PLACED' ELSE 'CAPTURED' END, n, 'GBP', 2,
           a.ids[payer], a.ids[payee], CASE WHEN n % 100 = 3 THEN 'Booking ' || n / 1000 END,
           CASE WHEN n % 100 = 5 THEN jsonb_build_object('order', n) ELSE '{{}}' END,
           $1::timestamptz + (n / 4) * interval '4 seconds', now()
    {_SIDES}
"""


@pytest.fixture(scope="module")
async def filled(own_database):
    """One customer with 50,000 transfers and holds among smaller ones; answers who asks."""
    ids = [new_id() for _ in range(1 + OTHERS)]
    execute = pool().execute
    await execute("INSERT INTO customers SELECT id, 'Example', now() FROM unnest($1::uuid[]) AS id", ids)
    await execute(FILL_HOLDERS)
    await execute(FILL_ACCOUNTS, ACCOUNTS, BASE + timedelta(seconds=OURS))
    await execute(FILL_TRANSFERS, BASE, ids[0], OURS, ACCOUNTS, timeout=300)
    await execute(FILL_HOLDS, BASE, ids[0], OURS, ACCOUNTS, timeout=300)
    await execute(FILL_BACKDATED)
    for table in ("holders", "posting_accounts", "transfers", "holds", "backdated_days", "backdated_totals"):
        await execute(f"VACUUM ANALYZE {table}")
    return Actor(ids[0], frozenset({"*"}), Via.GRAPHQL, "tester")


async def some_account(actor, *, condition="book = 'BANK'"):
    """One of the customer's accounts, and its holder."""
    return await fetchrow(
        f"SELECT id, holder_id FROM posting_accounts WHERE customer_id = $1 AND NOT is_system AND {condition} "
        "AND holder_id IS NOT NULL ORDER BY sequence OFFSET 50 LIMIT 1",
        actor.customer_id,
    )


class Plan:
    """What PostgreSQL did for one statement."""

    def __init__(self, plan):
        self.nodes = list(nodes_of(plan))
        self.indexes = {node["Index Name"] for node in self.nodes if "Index Name" in node}
        self.scanned = {node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan"}

    @property
    def rows_read(self):
        """The rows that came out of all reads of tables, those of bitmaps of indexes and removed ones counted too."""
        return sum(
            (node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0))
            * node["Actual Loops"]
            for node in self.nodes
            if "Relation Name" in node
        )


@pytest.fixture
def plan_of(monkeypatch):
    """A function that answers the plan of the one statement that a query runs."""

    async def plan(reading, module):
        statements = []

        async def note(sql, *arguments):
            statements.append((sql, arguments))
            return await fetch(sql, *arguments)

        with monkeypatch.context() as patched:
            patched.setattr(module, "fetch", note)
            await reading
        ((sql, arguments),) = statements
        explained = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        return Plan(json.loads(explained)[0]["Plan"])

    return plan


async def index_columns():
    """The first column or expression of every index."""
    rows = await fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return {row["indexname"]: re.search(r"\((.*)\)", row["indexdef"], re.DOTALL)[1].strip() for row in rows}


async def assert_served(plan, served_by, name, *, rows_max):
    columns = await index_columns()
    assert plan.indexes & served_by, (name, plan.indexes)
    for index in plan.indexes:
        assert columns[index].startswith(("customer_id", "tenant_metadata(customer_id,")), index
    assert not plan.scanned & {"transfers", "holds", "posting_accounts"}, (name, plan.scanned)
    assert plan.rows_read <= rows_max, (name, plan.rows_read)


SIDES = {"transfers_debit", "transfers_credit"}


@pytest.mark.thorough
async def test_serves_every_single_filter_of_transfers(filled, plan_of):
    ledger, wallet = await some_account(filled), await some_account(filled, condition="book = 'WALLET'")
    filters = {
        "ledger_id": (ledger["id"], SIDES),
        "wallet_id": (wallet["id"], SIDES),
        "kind": ((TransferKind.REVERSAL,), {"transfers_kind"}),
        "status": ((TransferStatus.REVERSED,), {"transfers_reversals"}),
        "reference": ("Invoice 7", {"transfers_reference_folded"}),
        "reference_in_any_case": ("iNVOICE 7", {"transfers_reference_folded"}),
        "group_id": (UUID("00000000-0000-7000-8000-000000000007"), {"transfers_group"}),
        "posted_at_gte": (BASE + timedelta(seconds=OURS - 100), {"transfers_posted_at"}),
        "posted_at_lt": (BASE + timedelta(seconds=100), {"transfers_posted_at"}),
        "effective_at_gte": (BASE + timedelta(seconds=OURS - 100), {"transfers_posted_at"}),
        "effective_at_lt": (BASE - MONTH + timedelta(seconds=100), {"transfers_backdated"}),
        "metadata": ({"order": 105}, {"transfers_metadata"}),
    }
    filters["amount"] = (check_amount_range("7.07", "7.07", "GBP", (), is_of_account=False), {"transfers_amount"})
    assert set(filters) == set(TransferFilter.__slots__)
    for name, (value, served_by) in filters.items():
        plan = await plan_of(list_transfers(filled, TransferFilter(**{name: value}), limit=51), transfer_queries)
        await assert_served(plan, served_by, name, rows_max=600)


@pytest.mark.thorough
async def test_serves_every_single_filter_of_holds(filled, plan_of):
    ledger, wallet = await some_account(filled), await some_account(filled, condition="book = 'WALLET'")
    sides = {"holds_debit", "holds_credit"}
    filters = {
        "ledger_id": (ledger["id"], sides),
        "wallet_id": (wallet["id"], sides),
        "status": ((HoldStatus.PLACED,), {"holds_status"}),
        "reference": ("Booking 7", {"holds_reference_folded"}),
        "reference_in_any_case": ("bOOKING 7", {"holds_reference_folded"}),
        "created_at_gte": (BASE + timedelta(seconds=OURS - 100), {"holds_created_at"}),
        "created_at_lt": (BASE + timedelta(seconds=100), {"holds_created_at"}),
    }
    filters["metadata"] = ({"order": 105}, {"holds_metadata"})
    filters["amount"] = (check_amount_range("7.07", "7.07", "GBP", (), is_of_account=False), {"holds_amount"})
    assert set(filters) == set(HoldFilter.__slots__)
    for name, (value, served_by) in filters.items():
        plan = await plan_of(list_holds(filled, HoldFilter(**{name: value}), limit=51), hold_queries)
        await assert_served(plan, served_by, name, rows_max=600)


@pytest.mark.thorough
async def test_serves_every_single_filter_of_entries(filled, plan_of):
    ledger, wallet = await some_account(filled), await some_account(filled, condition="book = 'WALLET'")
    transfer_id = await fetchval("SELECT id FROM transfers WHERE customer_id = $1 LIMIT 1", filled.customer_id)
    filters = {
        "ledger_id": (ledger["id"], SIDES),
        "wallet_id": (wallet["id"], SIDES),
        "holder_id": (ledger["holder_id"], SIDES),
        "transfer_id": (transfer_id, {"transfers_pkey"}),
        "direction": (EntryDirection.DEBIT, {"transfers_posted_at"}),
        "posted_at_gte": (BASE + timedelta(seconds=OURS - 100), {"transfers_posted_at"}),
        "posted_at_lt": (BASE + timedelta(seconds=100), {"transfers_posted_at"}),
        "effective_at_gte": (BASE + timedelta(seconds=OURS - 100), {"transfers_posted_at"}),
        "effective_at_lt": (BASE - MONTH + timedelta(seconds=100), {"transfers_backdated"}),
        "metadata": ({"order": 105}, {"transfers_metadata"}),
        "of_ledgers": (True, {"transfers_posted_at"}),
    }
    filters["amount"] = (check_amount_range("7.07", "7.07", "GBP", (), is_of_account=False), {"transfers_amount"})
    assert set(filters) == set(EntryFilter.__slots__)
    for name, (value, served_by) in filters.items():
        plan = await plan_of(list_entries(filled, EntryFilter(**{name: value}), limit=51), entry_queries)
        await assert_served(plan, served_by, name, rows_max=5_000 if name == "holder_id" else 700)


@pytest.mark.thorough
async def test_reads_a_page_in_the_middle_of_a_list_without_what_is_before_it(filled, plan_of):
    ledger = await some_account(filled)
    lists = [
        (TransferFilter, list_transfers, transfer_cursors, transfer_queries, "posted_at_lt"),
        (HoldFilter, list_holds, hold_cursors, hold_queries, "created_at_lt"),
        (EntryFilter, list_entries, entry_cursors, entry_queries, "posted_at_lt"),
    ]
    for filter_, listing, cursors, module, before in lists:
        for of_one in ({}, {"ledger_id": ledger["id"]}):
            (middle,) = await listing(filled, filter_(**of_one, **{before: MIDDLE}), limit=1)
            (cursor,) = cursors(filter_(**of_one), [middle])
            plan = await plan_of(listing(filled, filter_(**of_one), limit=51, after=cursor), module)
            assert not plan.scanned & {"transfers", "holds", "posting_accounts"}
            assert plan.rows_read <= 700, (module.__name__, of_one, plan.rows_read)


@pytest.mark.thorough
async def test_reads_one_holders_own_alone(filled, plan_of):
    account = await some_account(filled)
    ada = Actor(filled.customer_id, frozenset({"*"}), Via.GRAPHQL, "tester", holder_id=account["holder_id"])
    for filter_, listing, module in (
        (TransferFilter, list_transfers, transfer_queries),
        (HoldFilter, list_holds, hold_queries),
        (EntryFilter, list_entries, entry_queries),
    ):
        plan = await plan_of(listing(ada, filter_(), limit=51), module)
        assert not plan.scanned & {"transfers", "holds", "posting_accounts"}
        assert plan.indexes & {"transfers_debit", "holds_debit"}
        assert plan.rows_read <= 5_000, (module.__name__, plan.rows_read)


@pytest.mark.thorough
async def test_reads_one_transfer_for_each_side_of_a_balance_at_an_instant(filled, plan_of):
    account = await some_account(filled)
    plan = await plan_of(balances_at.balances_at(filled, [(account["id"], MIDDLE)]), balances_at)
    assert plan.indexes == {"posting_accounts_pkey", "transfers_debit", "transfers_credit"}
    assert plan.scanned == set()
    assert plan.rows_read == 3


@pytest.mark.thorough
async def test_reads_sums_and_a_part_of_one_day_for_a_balance_by_value_date(filled, plan_of):
    account = await some_account(filled)
    wanted = [(account["id"], MIDDLE - MONTH)]
    plan = await plan_of(balances_at.balances_at(filled, wanted, by=balances_at.BalanceDate.EFFECTIVE), balances_at)
    assert plan.scanned == set()
    assert {"backdated_days_pkey", "backdated_totals_pkey"} <= plan.indexes
    assert plan.indexes <= {
        *("posting_accounts_pkey", "transfers_debit", "transfers_credit", "transfers_backdated_debit"),
        *("transfers_backdated_credit", "backdated_days_pkey", "backdated_totals_pkey"),
    }
    assert plan.rows_read <= 30


@pytest.mark.thorough
async def test_finds_backdated_entries_of_an_account_by_their_days(filled, plan_of):
    account = await some_account(filled)
    wanted = EntryFilter(ledger_id=account["id"], effective_at_gte=BASE - MONTH, effective_at_lt=BASE)
    plan = await plan_of(list_entries(filled, wanted, limit=51), entry_queries)
    assert plan.scanned == set()
    assert plan.rows_read <= 200


@pytest.mark.thorough
async def test_counts_transfers_of_days_in_the_index_of_their_instants(filled, plan_of, monkeypatch):
    monkeypatch.setattr(transfer_counts, "COUNTED_MAX", 1_000)
    time = CountedTime(BASE, BASE + timedelta(seconds=OURS), ActivityInterval.HOUR, "UTC")
    plan = await plan_of(count_transfers(filled, time), transfer_counts)
    assert plan.indexes == {"transfers_posted_at"}
    assert plan.scanned == set()
    assert 13_000 < plan.rows_read <= 14 * 1_001

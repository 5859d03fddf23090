"""Over 50,000 analyzed accounts and wallets, every filter is served by an index that begins with the customer."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import accounting, lists, queries, unit_balances
from app.accounts.accounting import balances_of_accounts
from app.accounts.lists import (
    AccountFilter,
    WalletFilter,
    account_cursors,
    count_accounts,
    count_wallets,
    list_accounts,
    list_wallets,
    wallet_cursors,
)
from app.accounts.queries import find_accounts_by_reference, find_wallet_by_address, find_wallets
from app.accounts.status import AccountingType, AccountType
from app.accounts.unit_balances import BalanceFilter, OfHolder, balances_of_holders, read_balances
from app.db import pages
from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.journal.balances_at import BalanceDate
from app.kernel.actor import Actor, Via
from tests.plans import nodes_of

OURS, OTHERS = 50_000, 20
BASE = datetime(2026, 1, 1, tzinfo=UTC)

FILL = """
    WITH made AS MATERIALIZED (
        SELECT c.customer_id, n, gen_random_uuid() AS id, gen_random_uuid() AS wallet_id, 'customer' || n AS reference,
               $1::timestamptz + n * interval '1 minute' AS at,
               CASE WHEN n % 10 = 0 THEN h.ids[1 + n % 50] END AS holder_id
        FROM customers AS c
        JOIN LATERAL (SELECT array_agg(id) AS ids FROM holders WHERE holders.customer_id = c.customer_id) AS h ON true
        CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $2 THEN $3 ELSE 500 END) AS n
    ), posting AS (
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, holder_id, is_open,
                                      allow_negative)
        SELECT customer_id, wallet_id, 'WALLET', 'USD', 2, 'CREDIT', holder_id, true, false FROM made
    ), changes AS (
        INSERT INTO wallet_changes SELECT customer_id, wallet_id, at FROM made
    ), accounts AS (
        INSERT INTO accounts (customer_id, id, type, reference, holder_id, metadata, content_hash, created_at,
                              updated_at)
        SELECT customer_id, id, CASE WHEN n % 100 = 1 THEN 'CHART' ELSE 'GROUP' END, reference, holder_id,
               CASE WHEN n % 100 = 3 THEN jsonb_build_object('order', n) ELSE '{}' END, sha256('a'), at, at
        FROM made
    )
    INSERT INTO wallets (customer_id, id, account_id, account_reference, holder_id, name, currency, accounting_type,
                         decimal_places, allow_negative, metadata, content_hash, created_at, updated_at, freeze_scope,
                         freeze_reason, frozen_at)
    SELECT customer_id, wallet_id, id, reference, holder_id, 'default',
           CASE WHEN n % 100 = 7 THEN 'EUR' ELSE 'USD' END, CASE WHEN n % 100 = 1 THEN 'ASSET' ELSE 'LIABILITY' END, 2,
           false, CASE WHEN n % 100 = 3 THEN jsonb_build_object('order', n) ELSE '{}' END, sha256('a'), at, at,
           CASE WHEN n % 100 = 9 THEN 'ALL' END, CASE WHEN n % 100 = 9 THEN 'r' END, CASE WHEN n % 100 = 9 THEN at END
    FROM made
"""
TABLES = ("accounts", "wallets", "wallet_changes", "posting_accounts")


@pytest.fixture(scope="module")
async def filled(own_database):
    """One customer with 50,000 accounts of one wallet among smaller ones; answers who asks."""
    ids = [new_id() for _ in range(1 + OTHERS)]
    execute = pool().execute
    await execute("INSERT INTO customers SELECT id, 'Example', now() FROM unnest($1::uuid[]) AS id", ids)
    await execute("INSERT INTO feeds (customer_id) SELECT unnest($1::uuid[])", ids)
    await execute(
        """
        INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)
        SELECT customer_id, gen_random_uuid(), 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now()
        FROM customers CROSS JOIN generate_series(1, 50)
        """
    )
    await execute(FILL, BASE, ids[0], OURS, timeout=300)
    for table in ("holders", *TABLES):
        await execute(f"VACUUM ANALYZE {table}")
    return Actor(ids[0], frozenset({"*"}), Via.GRAPHQL, "tester")


@pytest.fixture
def plan_of(monkeypatch):
    """A function that answers the nodes of the plan of the one statement that a query runs."""

    async def plan(reading):
        statements = []

        async def note(sql, *arguments):
            statements.append((sql, arguments))
            return await fetch(sql, *arguments)

        async def note_one(sql, *arguments):
            statements.append((sql, arguments))
            return await fetchrow(sql, *arguments)

        with monkeypatch.context() as patched:
            for module in (lists, queries, accounting, pages, unit_balances):
                patched.setattr(module, "fetch", note)
            patched.setattr(queries, "fetchrow", note_one)
            await reading
        ((sql, arguments),) = statements
        explained = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        return list(nodes_of(json.loads(explained)[0]["Plan"]))

    return plan


async def assert_served(plan, by, name):
    rows = await fetch("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    columns = {row["indexname"]: re.search(r"\((.*)\)", row["indexdef"])[1] for row in rows}
    used = {node["Index Name"] for node in plan if "Index Name" in node}
    assert used & {*([by] if isinstance(by, str) else by)}, (name, used)
    for index in used:
        assert columns[index].startswith(("customer_id", "tenant_metadata(customer_id,")), index
    assert not {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"} & set(TABLES), name


LATE = BASE + timedelta(minutes=OURS - 100)
ACCOUNTS_SERVED_BY = {
    "type": "accounts_type",
    "references": "accounts_reference",
    "holder_id": "accounts_holder",
    "changed_since": "accounts_updated_at",
    "metadata": "accounts_metadata",
}
WALLETS_SERVED_BY = {
    "account_reference": ("wallets_account", "wallets_address"),
    "account_id": ("wallets_account", "wallets_address"),
    "currency": "wallets_currency",
    "accounting_type": "wallets_accounting_type",
    "holder_id": "wallets_holder",
    "changed_since": "wallet_changes_changed_at",
    "frozen": "wallets_frozen",
    "metadata": "wallets_metadata",
}


@pytest.mark.thorough
async def test_serves_every_filter_of_accounts_by_an_index_of_the_customer(filled, plan_of):
    filters = {
        "type": (AccountType.CHART,),
        "references": ("customer7", "customer8"),
        "holder_id": await fetchval("SELECT id FROM holders WHERE customer_id = $1 LIMIT 1", filled.customer_id),
        "changed_since": LATE,
        "metadata": {"order": 103},
    }
    assert set(filters) == set(AccountFilter.__slots__) == set(ACCOUNTS_SERVED_BY)
    for name, value in filters.items():
        wanted = AccountFilter(**{name: value})
        for reading in (list_accounts(filled, wanted, Page(101)), count_accounts(filled, wanted)):
            await assert_served(await plan_of(reading), ACCOUNTS_SERVED_BY[name], name)


@pytest.mark.thorough
async def test_serves_every_filter_of_wallets_by_an_index_of_the_customer(filled, plan_of):
    row = await fetchrow(
        "SELECT * FROM accounts WHERE customer_id = $1 AND holder_id IS NOT NULL LIMIT 1", filled.customer_id
    )
    filters = {
        "account_reference": row["reference"],
        "account_id": row["id"],
        "currency": ("EUR",),
        "accounting_type": (AccountingType.ASSET,),
        "holder_id": row["holder_id"],
        "frozen": True,
        "changed_since": LATE,
        "metadata": {"order": 103},
    }
    assert set(filters) == set(WalletFilter.__slots__) == set(WALLETS_SERVED_BY)
    for name, value in filters.items():
        wanted = WalletFilter(**{name: value})
        for reading in (list_wallets(filled, wanted, Page(101)), count_wallets(filled, wanted)):
            await assert_served(await plan_of(reading), WALLETS_SERVED_BY[name], name)


@pytest.mark.thorough
@pytest.mark.parametrize("descending", [True, False])
async def test_reads_a_page_in_the_middle_without_sorting(filled, plan_of, descending):
    middle = OURS // 2
    [account] = await list_accounts(filled, AccountFilter(references=(f"customer{middle}",)), Page(1))
    [wallet] = await list_wallets(filled, WalletFilter(account_id=account.id), Page(1))
    page = Page(101, descending=descending)
    for reading, index in (
        (
            list_accounts(
                filled,
                AccountFilter(),
                Page(101, account_cursors(AccountFilter(), page, [account])[0], descending=descending),
            ),
            "accounts_created_at",
        ),
        (
            list_wallets(
                filled,
                WalletFilter(),
                Page(101, wallet_cursors(WalletFilter(), page, [wallet])[0], descending=descending),
            ),
            "wallets_created_at",
        ),
    ):
        plan = await plan_of(reading)
        await assert_served(plan, index, "middle")
        assert not [node for node in plan if "Sort" in node["Node Type"]]
        assert max(node["Actual Rows"] for node in plan) <= 101


@pytest.mark.thorough
async def test_finds_one_by_any_key_by_an_index(filled, plan_of):
    account = (await find_accounts_by_reference(filled, ["customer7"]))["customer7"]
    [wallet] = await list_wallets(filled, WalletFilter(account_id=account.id), Page(1))
    for reading, index in (
        (find_accounts_by_reference(filled, ["customer7"]), "accounts_reference"),
        (find_wallets(filled, [wallet.id]), "wallets_pkey"),
        (find_wallet_by_address(filled, "customer7", "default", "EUR"), "wallets_address"),
        (balances_of_accounts(filled, [account.id]), ("wallets_account", "wallets_address")),
    ):
        await assert_served(await plan_of(reading), index, index)


@pytest.mark.thorough
@pytest.mark.parametrize("at", [None, LATE])
@pytest.mark.parametrize("by", BalanceDate)
async def test_sums_by_an_index_of_what_is_named(filled, plan_of, at, by):
    holder_id = await fetchval(
        "SELECT holder_id FROM wallets WHERE customer_id = $1 AND holder_id IS NOT NULL LIMIT 1", filled.customer_id
    )
    of_account = ("wallets_account", "wallets_address")
    for reading, index in (
        (balances_of_holders(filled, [OfHolder(holder_id, at, by)]), "posting_accounts_holder"),
        (read_balances(filled, BalanceFilter(holder_id=holder_id), at, by), "wallets_holder"),
        (read_balances(filled, BalanceFilter(account_reference="customer7"), at, by), of_account),
        (read_balances(filled, BalanceFilter(metadata={"order": 103}), at, by), "wallets_metadata"),
        (read_balances(filled, BalanceFilter(asset=("EUR",)), at, by), "wallets_currency"),
    ):
        await assert_served(await plan_of(reading), index, index)

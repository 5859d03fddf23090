"""The balances of many accounts at an instant are those that `balance_at` tells of each, however they are found."""

import json
from datetime import timedelta

import pytest

from app.db.connection import fetch, fetchval
from app.journal import many_balances_at as module
from app.journal.balances_at import BALANCE_SQL, BalanceDate, balances_at
from app.journal.many_balances_at import accounts_then_sql, joins_then_sql
from tests.bookkeeping import open_account
from tests.journal.history import write_history
from tests.journal.orders import carry_out, post

TICK = timedelta(microseconds=1)
ALL_SQL = "SELECT p.*, $2::timestamptz AS at FROM posting_accounts AS p WHERE customer_id = $1 AND NOT is_system"


def statement(by, at="$2::timestamptz"):
    return (
        f"{accounts_then_sql(ALL_SQL, at)} SELECT a.id, {BALANCE_SQL[by]} AS balance FROM a {joins_then_sql(by)}"
        " ORDER BY a.id"
    )


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def assert_alike(actor, instants):
    ids = sorted(
        row["id"]
        for row in await fetch(
            "SELECT id FROM posting_accounts WHERE customer_id = $1 AND NOT is_system", actor.customer_id
        )
    )
    for at in instants:
        for by in BalanceDate:
            expected = await balances_at(actor, [(one, at) for one in ids], by=by, are_settled=True)
            expected = {one: money.minor_units for one, money in zip(ids, expected, strict=True)}
            for shared in ("$2::timestamptz", None):
                rows = await fetch(statement(by, shared), actor.customer_id, at)
                assert {row["id"]: row["balance"] for row in rows} == expected, (at, by, shared)


async def instants_of(actor):
    rows = await fetch("SELECT DISTINCT posted_at FROM transfers WHERE customer_id = $1", actor.customer_id)
    return sorted({one for row in rows for one in (row["posted_at"] - TICK, row["posted_at"], row["posted_at"] + TICK)})


async def test_are_those_of_each_at_every_instant(make_actor):
    actor, other = await make_actor(), await make_actor()
    history = await write_history(actor)
    await write_history(other)
    of = history.accounts
    moved = [post(actor, of["ada"], of["bob"], 3, effective_at=(await instants_of(actor))[0])]
    moved += [post(actor, of["bob"], of["nobody"], 4)]
    await carry_out(actor, *moved)
    await assert_alike(actor, await instants_of(actor))
    assert await fetch(statement(BalanceDate.POSTED), (await make_actor()).customer_id, moved[0].effective_at) == []


async def reads(actor, at):
    """How many transfers before the instant are looked through, and how many accounts are then looked up alone; by
    whichever index, since that changes with what earlier tests have left in the files.
    """
    told = await fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement(BalanceDate.POSTED)}", actor.customer_id, at)
    looked_through, looked_up, plans = 0, 0, [json.loads(told)[0]["Plan"]]
    while plans:
        plan = plans.pop()
        plans += plan.get("Plans", ())
        if plan.get("Subplan Name") == "CTE before":
            looked_through = plan["Actual Rows"]
        if plan.get("Parent Relationship") == "SubPlan":
            looked_up += plan["Actual Loops"]
    return looked_through, looked_up


@pytest.fixture
async def pairs(actor):
    """Ten pairs of accounts between which a pound goes in turn, a hundred times, each at an instant of its own."""
    accounts = [await open_account(actor.customer_id, allow_negative=True) for _ in range(20)]
    for number in range(100):
        await carry_out(actor, post(actor, accounts[number % 10], accounts[10 + number % 10], 100))
    return accounts


async def test_looks_for_no_account_alone_that_moved_shortly_before_or_not_since(actor, pairs):
    instants = [row["posted_at"] for row in await fetch("SELECT posted_at FROM transfers ORDER BY posted_at")]
    assert await reads(actor, instants[50]) == (40, 0)
    assert await reads(actor, instants[-1]) == (0, 0)
    # Of two accounts the only transfer was long before, and there is another one after.
    idle = [await open_account(actor.customer_id, allow_negative=True) for _ in range(2)]
    await carry_out(actor, post(actor, *idle, 7))
    for number in range(60):
        await carry_out(actor, post(actor, pairs[number % 10], pairs[10 + number % 10], 100))
    at = await fetchval("SELECT max(posted_at) FROM transfers")
    await carry_out(actor, *(post(actor, pairs[n], pairs[10 + n], 100) for n in range(10)), post(actor, *idle, 7))
    assert await reads(actor, at) == (44, 2)
    await assert_alike(actor, [at, at + TICK])


async def test_looks_through_no_more_than_its_limit(actor, pairs, monkeypatch):
    monkeypatch.setattr(module, "_LATEST_SQL", module._LATEST_SQL.replace(str(module.LOOKED_THROUGH_MAX), "5"))
    at = await fetchval("SELECT posted_at FROM transfers ORDER BY posted_at OFFSET 50 LIMIT 1")
    looked_through, looked_up = await reads(actor, at)
    assert looked_through == 5
    assert looked_up >= 20 - 2 * 4
    await assert_alike(actor, [at])

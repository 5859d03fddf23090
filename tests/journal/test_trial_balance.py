"""The trial balance."""

from dataclasses import replace

import pytest

from app.db.connection import fetchval, pool
from app.journal.trial_balance import TrialBalanceLine, read_trial_balance
from app.kernel.errors import Forbidden
from app.kernel.money import Unit
from tests.bookkeeping import GBP, open_account
from tests.journal.history import GOLD, write_history


async def test_adds_up_all_debits_and_all_credits_of_each_unit(make_actor):
    await write_history(await make_actor())
    history = await write_history(await make_actor())
    await open_account(history.actor.customer_id, unit=Unit("GBP", 5), balance=123_456)
    before = await fetchval("SELECT clock_timestamp()")
    read = await read_trial_balance(history.actor)
    moved = sum(range(100, 115)) + 15 + 100 + 103 + 7 + 8 + 9 + 4 + 14
    assert read.lines == [
        TrialBalanceLine(GBP, moved, moved),
        TrialBalanceLine(Unit("GBP", 5), 123_456, 123_456),
        TrialBalanceLine(GOLD, 20, 20),
    ]
    assert read.balanced
    assert before < read.at < await fetchval("SELECT clock_timestamp()")


async def test_balances_where_there_is_nothing(make_actor):
    read = await read_trial_balance(await make_actor())
    assert (read.lines, read.balanced, read.at.utcoffset().total_seconds()) == ([], True, 0)


async def test_says_when_the_books_do_not_balance(make_actor):
    actor = await make_actor()
    account_id = await open_account(actor.customer_id, balance=100)
    await pool().execute("UPDATE posting_accounts SET credits = credits + 1 WHERE id = $1", account_id)
    read = await read_trial_balance(actor)
    assert (read.lines, read.balanced) == ([TrialBalanceLine(GBP, 100, 101)], False)


async def test_is_exact_beyond_what_a_float_or_a_decimal_of_28_digits_holds(make_actor):
    actor = await make_actor()
    unit = Unit("POINTS", 18)
    for _ in range(2):
        await open_account(actor.customer_id, unit=unit, balance=10**37 + 1)
    read = await read_trial_balance(actor)
    assert read.lines == [TrialBalanceLine(unit, 2 * 10**37 + 2, 2 * 10**37 + 2)]


async def test_is_not_for_one_holder(make_actor):
    history = await write_history(await make_actor())
    with pytest.raises(Forbidden) as refused:
        await read_trial_balance(history.ada)
    assert refused.value.required_scope is None


async def test_needs_the_scope(make_actor):
    actor = replace(await make_actor(), scopes=frozenset({"ledgers:read", "transfers:write"}))
    with pytest.raises(Forbidden) as refused:
        await read_trial_balance(actor)
    assert refused.value.required_scope == "transfers:read"

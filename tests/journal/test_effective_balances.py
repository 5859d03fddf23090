"""Balances by value date: exactly what the entries say, whatever the instant, and read from sums."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetch, fetchval, pool
from app.journal.balances_at import BalanceDate, balances_at
from app.journal.closed_books import BooksClosed
from app.journal.posting_accounts import Book, NormalSide
from app.kernel.errors import Invalid
from app.kernel.money import Money
from tests.bookkeeping import open_account
from tests.journal.orders import carry_out, made, post

BASE = datetime(2024, 2, 27, tzinfo=UTC)  # The last of February follows.
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@dataclass
class Books:
    """A customer's accounts, liabilities and an asset, between which much was backdated."""

    actor: object
    accounts: list


async def entries_of(account_id):
    """Value date, time of posting and change on the normal side, of each entry."""
    return await fetch(
        """
        SELECT coalesce(t.effective_at, t.posted_at) AS effective_at, t.posted_at,
               t.amount_minor_units * CASE WHEN (t.credit_id = a.id) = (a.normal_side = 'CREDIT') THEN 1 ELSE -1 END
                   AS change
        FROM posting_accounts AS a JOIN transfers AS t ON a.id IN (t.debit_id, t.credit_id) WHERE a.id = $1
        """,
        account_id,
    )


async def answer(actor, account_id, at, by=BalanceDate.EFFECTIVE):
    [found] = await balances_at(actor, [(account_id, at)], by=by)
    assert isinstance(found, Money), found
    return found.minor_units


@pytest.fixture(params=range(4))
async def books(make_actor, request):
    """Batches of transfers: to midnight, to its neighbors, to noon, to anything; and others that are not backdated."""
    chance, actor = random.Random(request.param), await make_actor()
    wallet = {"book": Book.WALLET, "allow_negative": True}
    accounts = [await open_account(actor.customer_id, **wallet) for _ in range(2)]
    accounts.append(await open_account(actor.customer_id, **wallet, normal_side=NormalSide.DEBIT))
    for _ in range(12):
        batch = []
        for _ in range(chance.randint(1, 8)):
            sides = chance.sample(accounts, 2)
            batch.append(post(actor, *sides, chance.randint(1, 10**6), effective_at=some_instant(chance)))
        for outcome in await carry_out(actor, *batch):
            made(outcome)
    return Books(actor, accounts)


def some_instant(chance):
    day = BASE + timedelta(days=chance.randint(0, 4))
    around = [timedelta(), -TICK, TICK, 12 * HOUR, 12 * HOUR - TICK, timedelta(seconds=chance.random() * 86_400)]
    return chance.choice([None, *(day + one for one in around)])


async def test_is_the_sum_of_what_took_effect_by_then(books):
    await fetch("SELECT pg_sleep(0.01)")
    for account_id in books.accounts:
        entries = await entries_of(account_id)
        instants = {row["effective_at"] for row in entries} | {row["posted_at"] for row in entries}
        for at in sorted({one + by for one in instants for by in (-TICK, timedelta(), TICK)} | {BASE - HOUR}):
            posted = sum(row["change"] for row in entries if row["posted_at"] <= at)
            effective = sum(row["change"] for row in entries if row["effective_at"] <= at)
            assert await answer(books.actor, account_id, at) == effective, at
            assert await answer(books.actor, account_id, at, BalanceDate.POSTED) == posted, at
        now = await fetchval("SELECT clock_timestamp()")
        assert await answer(books.actor, account_id, now) == await answer(
            books.actor, account_id, now, BalanceDate.POSTED
        )


async def test_is_by_posting_where_nothing_is_backdated(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    transfer = made(*await carry_out(actor, post(actor, payer, payee, 30)))
    for at, expected in ((transfer.posted_at - TICK, 0), (transfer.posted_at, 30)):
        assert await answer(actor, payee, at) == expected
    assert await fetchval("SELECT count(*) FROM backdated_days") == 0
    assert await fetchval("SELECT count(*) FROM backdated_totals") == 0


async def test_refuses_an_instant_that_is_still_to_come(books):
    later = await fetchval("SELECT clock_timestamp() + interval '1 minute'")
    [refusal] = await balances_at(books.actor, [(books.accounts[0], later)], by=BalanceDate.EFFECTIVE)
    assert isinstance(refusal, Invalid)


async def test_says_through_when_the_books_are_closed():
    refusal = BooksClosed(BASE, ("effective_at",))
    assert "2024-02-27T00:00:00.000000Z" in refusal.message


async def test_reads_sums_and_one_day_at_most(books):
    """Whatever was backdated to other days is not read entry by entry."""
    account_id = books.accounts[0]
    at = BASE + timedelta(days=2, hours=13)
    before = await answer(books.actor, account_id, at)
    other_day = "effective_at < $2 OR effective_at >= $3"
    await pool().execute(
        f"UPDATE transfers SET amount_minor_units = amount_minor_units * 2 WHERE $1 IN (debit_id, credit_id)"
        f" AND ({other_day})",
        account_id,
        BASE + timedelta(days=2, hours=12),
        BASE + timedelta(days=3),
    )
    assert await answer(books.actor, account_id, at) == before

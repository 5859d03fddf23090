"""Balances at an instant: exact, and never another answer to the same question."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal import balances_at as module
from app.journal import carry_out_batch as carry_out_batch_module
from app.journal.balances_at import balances_at
from app.journal.carry_out_batch import carry_out_batch
from app.journal.coalescer import coalescer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.posting_accounts import Book, NormalSide
from app.journal.write_batch import write_batch
from app.kernel.errors import Forbidden, Invalid, LimitExceeded, NotFound
from app.kernel.money import Money
from tests.bookkeeping import GBP, gbp, open_account
from tests.journal.history import GOLD, make_holder, write_history
from tests.journal.orders import carry_out, locked, made, post, until_waiting

TICK = timedelta(microseconds=1)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


async def clock():
    return await fetchval("SELECT clock_timestamp()")


async def balance_at(actor, account_id, at):
    """One balance in minor units, or the refusal in its place."""
    (answer,) = await balances_at(actor, [(account_id, at)])
    return answer.minor_units if isinstance(answer, Money) else answer


async def running_balances(account_id):
    """What an account held after each of its entries, by their instant: the last of an instant counts."""
    rows = await fetch(
        """
        SELECT posted_at, debit_sequence AS sequence, debit_balance_after AS balance FROM transfers WHERE debit_id = $1
        UNION ALL SELECT posted_at, credit_sequence, credit_balance_after FROM transfers WHERE credit_id = $1
        ORDER BY sequence
        """,
        account_id,
    )
    return {row["posted_at"]: row["balance"] for row in rows}


async def test_answers_what_was_posted_by_an_instant(make_actor):
    history = await write_history(await make_actor())
    for name, account_id in history.accounts.items():
        before = 0
        assert await balance_at(history.actor, account_id, LONG_AGO) == 0
        for instant, balance in (await running_balances(account_id)).items():
            assert await balance_at(history.actor, account_id, instant - TICK) == before, name
            assert await balance_at(history.actor, account_id, instant) == balance, name
            before = balance
        assert await balance_at(history.actor, account_id, await clock()) == before
    assert len(await running_balances(history.accounts["ada"])) == 4


async def test_answers_each_of_many_in_its_unit(make_actor):
    history = await write_history(await make_actor())
    now, of = await clock(), history.accounts
    first = min(await running_balances(of["ada"]))
    wanted = [(of["gold"], now), (of["asset"], now), (of["ada"], first), (of["ada"], now), (of["ada"], now)]
    assert await balances_at(history.actor, wanted) == [
        Money(16, GOLD),
        Money(-15 - 14, GBP),
        Money(-100 + 101 - 102 - 105 + 106 - 107 - 110 + 111 - 112, GBP),
        Money(-318 + 100 - 7 - 8 - 4, GBP),
        Money(-318 + 100 - 7 - 8 - 4, GBP),
    ]


async def test_refuses_an_instant_that_is_still_to_come(make_actor):
    actor = await make_actor()
    account_id = await open_account(actor.customer_id, balance=100)
    later = await clock() + timedelta(minutes=1)
    wanted = [(account_id, later), (account_id, await clock())]
    refusal, answer = await balances_at(actor, wanted)
    assert isinstance(refusal, Invalid)
    assert (refusal.path, answer) == (("at",), Money(100, GBP))


async def test_knows_no_system_account_no_other_customers_and_no_other_holders(make_actor):
    history = await write_history(await make_actor())
    other, now = await make_actor(), await clock()
    for actor, account_id in (
        (history.actor, history.vault_id),
        (history.actor, new_id()),
        (other, history.accounts["ada"]),
        (history.ada, history.accounts["bob"]),
        (history.ada, history.accounts["nobody"]),
    ):
        assert isinstance(await balance_at(actor, account_id, now), NotFound)
    assert await balance_at(history.ada, history.accounts["ada"], now) == -237


async def test_needs_the_scope_of_what_stands_behind_the_account(make_actor):
    history = await write_history(await make_actor())
    now = await clock()
    for name, scope in (("ada", "ledgers:read"), ("gold", "ledgers:read"), ("wallet", "accounts:read")):
        everything_else = {"ledgers:read", "accounts:read", "transfers:read"} - {scope}
        with pytest.raises(Forbidden) as refused:
            await balance_at(replace(history.actor, scopes=frozenset(everything_else)), history.accounts[name], now)
        assert refused.value.required_scope == scope
        narrow = replace(history.actor, scopes=frozenset({scope}))
        assert isinstance(await balance_at(narrow, history.accounts[name], now), int)


class Posting:
    """A posting that stands still where it is told to: before it reaches its accounts, or before it commits."""

    def __init__(self, actor, instruction):
        self._actor, self._instruction = actor, instruction
        self._begun, self._stamped = asyncio.Event(), asyncio.Event()
        self._may_post, self._may_commit = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def _run(self):
        async with transaction() as tx:
            await tx.execute("SELECT 1")
            self._begun.set()
            await self._may_post.wait()
            await carry_out_batch(tx, self._actor.customer_id, [self._instruction])
            self._stamped.set()
            await self._may_commit.wait()

    async def until_begun(self):
        await self._begun.wait()

    async def until_stamped(self):
        self._may_post.set()
        await self._stamped.wait()

    async def until_committed(self):
        self._may_post.set()
        self._may_commit.set()
        await self._task


async def test_waits_for_a_posting_that_is_stamped_but_not_committed(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    posting = Posting(actor, post(actor, payer, payee, 30))
    await posting.until_stamped()
    now = await clock()
    asking = asyncio.create_task(balance_at(actor, payee, now))
    await until_waiting()
    await posting.until_committed()
    assert await asking == 30
    assert await balance_at(actor, payee, now) == 30


async def test_keeps_a_posting_that_follows_out_of_an_answer_given(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    posting = Posting(actor, post(actor, payer, payee, 30))
    await posting.until_begun()
    now = await clock()
    assert await balance_at(actor, payee, now) == 0
    await posting.until_committed()
    assert await balance_at(actor, payee, now) == 0
    assert await balance_at(actor, payee, await clock()) == 30


async def test_waits_for_nobody_where_no_posting_can_change_the_answer(make_actor):
    actor = await make_actor()
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    transfer = made(*await carry_out(actor, post(actor, payer, payee, 30)))
    async with locked(actor.customer_id, payer, payee):
        assert await balance_at(actor, payee, transfer.posted_at - TICK) == 0  # An entry follows.
        assert await balance_at(actor, payee, transfer.posted_at - timedelta(days=1)) == 0  # It is old.


async def test_says_when_an_account_is_busy_for_too_long(make_actor, monkeypatch):
    actor = await make_actor()
    account_id = await open_account(actor.customer_id, balance=100)
    monkeypatch.setattr(module, "_SHARE_SQL", f"{module._SHARE_SQL} NOWAIT")
    async with locked(actor.customer_id, account_id):
        with pytest.raises(LimitExceeded):
            await balance_at(actor, account_id, await clock())


async def test_never_changes_an_answer_while_everybody_posts(make_actor, monkeypatch):
    async def write_and_tarry(*arguments, **named):
        await write_batch(*arguments, **named)
        await asyncio.sleep(0.003)  # So that many a question comes between a posting's stamp and its commit.

    monkeypatch.setattr(carry_out_batch_module, "write_batch", write_and_tarry)
    actor = await make_actor()
    accounts = [await open_account(actor.customer_id, allow_negative=True) for _ in range(3)]
    is_over, posted = False, 0

    async def keep_posting(number):
        nonlocal posted
        count = 0
        while not is_over:
            payer, payee = accounts[(number + count) % 3], accounts[(number + count + 1) % 3]
            await coalescer().submit(actor.customer_id, [post(actor, payer, payee, 10**number + count)])
            count += 1
            posted += 1

    async def keep_asking():
        answers, asked = {}, 0
        while asked < 60 or posted < 60:  # Whoever of them is faster.
            asked += 1
            now = await clock()
            wanted = [(account_id, now) for account_id in accounts]
            answers |= zip(wanted, await balances_at(actor, wanted), strict=True)
        return answers

    posting = [asyncio.create_task(keep_posting(number)) for number in range(6)]
    answers = {}
    for some in await asyncio.gather(*(keep_asking() for _ in range(3))):
        answers |= some
    is_over = True
    await asyncio.gather(*posting)
    assert len(answers) > 100
    again = await balances_at(actor, list(answers))
    assert dict(zip(answers, again, strict=True)) == answers
    # And one by one, from the entries: what had an instant no later than the question's.
    for account_id in accounts:
        running = await running_balances(account_id)
        for (asked_id, at), answer in answers.items():
            if asked_id == account_id:
                known = [balance for instant, balance in running.items() if instant <= at]
                assert answer.minor_units == (known[-1] if known else 0)


async def test_counts_a_debit_normal_accounts_balance_on_its_own_side(make_actor):
    actor = await make_actor()
    wallet = {"book": Book.WALLET, "allow_negative": True}
    asset = await open_account(actor.customer_id, **wallet, normal_side=NormalSide.DEBIT)
    liability = await open_account(actor.customer_id, **wallet)
    made(*await carry_out(actor, post(actor, asset, liability, 5)))
    now = await clock()
    assert [answer.minor_units for answer in await balances_at(actor, [(asset, now), (liability, now)])] == [5, 5]


async def test_shows_an_assigned_ledgers_past_to_its_holder(make_actor):
    actor = await make_actor()
    holder_id = await make_holder(actor.customer_id, "Ada")
    account_id = await open_account(actor.customer_id, holder_id=holder_id, balance=100)
    assert await balance_at(replace(actor, holder_id=holder_id), account_id, await clock()) == 100


async def test_leaves_connections_to_others_while_many_wait_for_a_lock(make_actor):
    actor, other = await make_actor(), await make_actor()
    busy = await open_account(actor.customer_id, balance=1_000)
    payer, payee = await open_account(other.customer_id, balance=1_000), await open_account(other.customer_id)
    async with locked(actor.customer_id, busy):
        now = await clock()
        asking = [asyncio.create_task(balance_at(actor, busy, now)) for _ in range(2 * pool().get_max_size())]
        await until_waiting(module.LOCK_WAITERS_MAX)
        await post_transfer(
            other, PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("1.00"), idempotency_key="key-1")
        )
        assert not any(task.done() for task in asking)
    assert await asyncio.gather(*asking) == [1_000] * len(asking)

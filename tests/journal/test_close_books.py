"""Closing the books, and reopening them."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetch, fetchrow, fetchval
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal import close_books as module
from app.journal import horizon
from app.journal.carry_out_batch import carry_out_batch
from app.journal.close_books import CloseBooks, close_books
from app.journal.closed_books import books_closed_through
from app.journal.reopen_books import reopen_books
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, LimitExceeded
from tests.bookkeeping import nothing_changes, open_account
from tests.journal.orders import carry_out, kinds, post, until_waiting

OCTOBER = datetime(2025, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)
NOVEMBER = OCTOBER + timedelta(days=30)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return [await open_account(actor.customer_id, balance=100_000) for _ in range(2)]


def apart(coroutine):
    """A task that does not know of the transaction that is open here."""
    return contextvars.Context().run(asyncio.create_task, coroutine)


def through(instant, **more):
    return CloseBooks(rfc3339(instant), **more)


async def told():
    rows = await fetch("SELECT type, resource_version, body::jsonb AS body FROM events ORDER BY resource_version")
    return [(row["type"], row["resource_version"], row["body"]["previous"], row["body"]["data"]) for row in rows]


async def test_closes_and_closes_further_and_tells(actor):
    assert await books_closed_through(actor) is None
    assert await close_books(actor, through(OCTOBER, reason="Audited")) == (OCTOBER, False)
    assert await close_books(actor, through(NOVEMBER)) == (NOVEMBER, False)
    assert await books_closed_through(actor) == NOVEMBER
    assert await reopen_books(actor, through=rfc3339(OCTOBER), reason="A late bill") == OCTOBER
    assert await reopen_books(actor) is None
    assert await books_closed_through(actor) is None
    of = {"customer_id": str(actor.customer_id)}
    assert await told() == [
        (
            "books.closed",
            1,
            {"closed_through": None},
            {**of, "closed_through": rfc3339(OCTOBER), "reason": "Audited", "version": 1},
        ),
        (
            "books.closed",
            2,
            {"closed_through": rfc3339(OCTOBER)},
            {**of, "closed_through": rfc3339(NOVEMBER), "reason": None, "version": 2},
        ),
        (
            "books.reopened",
            3,
            {"closed_through": rfc3339(NOVEMBER)},
            {**of, "closed_through": rfc3339(OCTOBER), "reason": "A late bill", "version": 3},
        ),
        (
            "books.reopened",
            4,
            {"closed_through": rfc3339(OCTOBER)},
            {**of, "closed_through": None, "reason": None, "version": 4},
        ),
    ]


async def test_changes_nothing_the_second_time(actor):
    await close_books(actor, through(OCTOBER))
    async with nothing_changes():
        assert await close_books(actor, through(OCTOBER)) == (OCTOBER, True)


async def test_replays_a_key_and_tells_what_now_is(actor):
    first = through(OCTOBER, idempotency_key="october")
    await close_books(actor, first)
    await close_books(actor, through(NOVEMBER))
    async with nothing_changes():
        assert await close_books(actor, first) == (NOVEMBER, True)
        with pytest.raises(IdempotencyMismatch):
            await close_books(actor, through(NOVEMBER, idempotency_key="october"))
    await reopen_books(actor)
    async with nothing_changes():
        with pytest.raises(InvalidState, match="reopened since"):
            await close_books(actor, first)


async def test_replays_a_key_after_the_books_were_reopened_in_part(actor):
    """The request is done, and the books are what they are now: nothing is closed again behind the operator's back."""
    first = through(NOVEMBER, idempotency_key="november")
    await close_books(actor, first)
    await reopen_books(actor, through=rfc3339(OCTOBER))
    async with nothing_changes():
        assert await close_books(actor, first) == (OCTOBER, True)
    assert await close_books(actor, through(NOVEMBER, idempotency_key="november again")) == (NOVEMBER, False)


async def test_closes_no_less_than_is_closed(actor):
    await close_books(actor, through(NOVEMBER))
    async with nothing_changes():
        with pytest.raises(InvalidState, match="only an operator reopens") as refused:
            await close_books(actor, through(OCTOBER, idempotency_key="october"))
    assert (refused.value.path, refused.value.status) == (("through",), "BOOKS_CLOSED")


@pytest.mark.parametrize(
    ("given", "said"), [("2999-01-01T00:00:00Z", "has passed"), ("2025-10-31", "RFC 3339"), ("", "RFC 3339")]
)
async def test_refuses_an_instant_that_has_not_passed_or_is_none(actor, given, said):
    async with nothing_changes():
        with pytest.raises(Invalid, match=said) as refused:
            await close_books(actor, CloseBooks(given))
    assert refused.value.path == ("through",)


async def test_needs_its_own_scope_and_is_not_for_one_holder(actor):
    for narrow in (
        replace(actor, scopes=frozenset({"transfers:write", "transfers:read"})),
        replace(actor, holder_id=new_id()),
    ):
        async with nothing_changes():
            with pytest.raises(Forbidden):
                await close_books(narrow, through(OCTOBER))
    for scope in ("ledgers:read", "books:write"):  # To write is not to read, here as everywhere.
        with pytest.raises(Forbidden):
            await books_closed_through(replace(actor, scopes=frozenset({scope})))
    assert await books_closed_through(replace(actor, scopes=frozenset({"transfers:read"}))) is None


async def test_is_one_customers_own(actor, make_actor, pair):
    other = await make_actor()
    await close_books(other, through(OCTOBER))
    assert await books_closed_through(actor) is None
    assert kinds(await carry_out(actor, post(actor, *pair, effective_at=OCTOBER))) == [True]


async def test_reopens_only_what_is_closed_and_only_to_earlier(actor):
    async with nothing_changes():
        with pytest.raises(InvalidState, match="not closed"):
            await reopen_books(actor)
    await close_books(actor, through(OCTOBER))
    async with nothing_changes():
        for later in (OCTOBER, NOVEMBER):
            with pytest.raises(InvalidState, match="give an earlier instant"):
                await reopen_books(actor, through=rfc3339(later))
    await reopen_books(actor)
    assert await close_books(actor, through(OCTOBER)) == (OCTOBER, False)


async def test_waits_for_a_backdated_posting_under_way(actor, pair):
    """It is in the books when they are closed; one that comes later is refused."""
    async with transaction() as tx:
        [outcome] = await carry_out_batch(tx, actor.customer_id, [post(actor, *pair, effective_at=OCTOBER)])
        closing = apart(close_books(actor, through(NOVEMBER)))
        await until_waiting()
        assert not closing.done()
    assert await closing == (NOVEMBER, False)
    row = await fetchrow("SELECT posted_at FROM transfers WHERE id = $1", outcome.object.id)
    assert row["posted_at"] < await fetchval("SELECT occurred_at FROM events WHERE type = 'books.closed'")
    [refused] = await carry_out(actor, post(actor, *pair, effective_at=OCTOBER))
    assert isinstance(refused, InvalidState)


async def test_holds_a_backdated_posting_back_until_it_is_closed(actor, pair):
    async with transaction() as tx:
        await module.lock_closed_books(tx, actor.customer_id)
        posting = apart(carry_out(actor, post(actor, *pair, effective_at=OCTOBER)))
        await until_waiting()
        change = module.BooksChange(closed_through=NOVEMBER, previous=None, reason=None, version=1)
        await module.change_books(tx, actor, "books.closed", change)
    [refused] = await posting
    assert isinstance(refused, InvalidState)


async def test_waits_for_a_posting_whose_time_is_before_the_close(actor, pair, monkeypatch):
    """It is not backdated, but it was stamped before the instant and commits after it."""
    async with transaction() as tx:
        [outcome] = await carry_out_batch(tx, actor.customer_id, [post(actor, *pair)])
        instant = outcome.object.posted_at
        while await fetchval("SELECT clock_timestamp()") <= instant:
            pass
        with monkeypatch.context() as patch:
            patch.setattr(horizon, "SETTLE_SECONDS_MAX", 0.1)
            with pytest.raises(LimitExceeded):
                await close_books(actor, through(instant))
        closing = apart(close_books(actor, through(instant)))
        await asyncio.sleep(0.05)
        assert not closing.done()
    assert await closing == (instant, False)


@pytest.mark.usefixtures("short_lock_timeout")
async def test_says_that_backdated_transfers_take_long(pair_of_short_timeout):
    actor, pair = pair_of_short_timeout
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [post(actor, *pair, effective_at=OCTOBER)])
        busy = await apart(_refusal(close_books(actor, through(OCTOBER))))
    assert isinstance(busy, LimitExceeded)


@pytest.fixture
async def pair_of_short_timeout(short_lock_timeout, make_actor):
    actor = await make_actor()
    return actor, [await open_account(actor.customer_id, balance=100_000) for _ in range(2)]


async def _refusal(closing):
    try:
        await closing
    except LimitExceeded as refusal:
        return refusal

"""Requests that keep their order, although the next one is sent before the first is answered."""

import asyncio

import pytest

from app.db.identifiers import new_id
from app.journal.in_order import RequestsInOrder, requests_in_order
from app.journal.post_transfer import PostTransfer
from app.journal.post_transfers import PostTransfers, post_transfers
from app.kernel.errors import InsufficientFunds, Invalid, LimitExceeded
from tests.bookkeeping import gbp, nothing_changes, open_account
from tests.journal.orders import kinds

CUSTOMER, PATH = new_id(), ("after",)


def transfer(debit_id, credit_id, value, key):
    return PostTransfer(debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp(value), idempotency_key=key)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def test_begins_when_the_one_before_has_ended():
    requests, told = RequestsInOrder(), []

    async def one(key, after=None, *, is_whole=True):
        async with requests.turn(CUSTOMER, key, after, PATH) as turn:
            await turn.comes()
            told.append(key)
            await asyncio.sleep(0.01)
            turn.is_whole = is_whole
            told.append(f"{key} done")

    await asyncio.gather(one("a"), one("b", "a"), one("c", "b"))
    assert told == ["a", "a done", "b", "b done", "c", "c done"]
    with pytest.raises(LimitExceeded, match="not under way here") as refused:
        await one("d", "c")  # That one has ended: nothing is kept.
    assert refused.value.path == PATH
    answers = await asyncio.gather(one("e", is_whole=False), one("f", "e"), one("g", "f"), return_exceptions=True)
    assert [type(one) for one in answers] == [type(None), LimitExceeded, LimitExceeded]
    assert requests._under_way == {}


async def test_knows_the_requests_of_one_customer_only():
    requests = RequestsInOrder()
    async with requests.turn(CUSTOMER, "a", None, PATH):
        with pytest.raises(LimitExceeded):
            async with requests.turn(new_id(), "b", "a", PATH):
                pass


async def test_begins_nothing_after_one_that_failed_or_was_given_up():
    requests = RequestsInOrder()

    async def fails():
        async with requests.turn(CUSTOMER, "a", None, PATH):
            await asyncio.sleep(0.01)
            raise RuntimeError

    async def follows(after, key="b"):
        async with requests.turn(CUSTOMER, key, after, PATH) as turn:
            await turn.comes()
            turn.is_whole = True

    answers = await asyncio.gather(fails(), follows("a"), return_exceptions=True)
    assert [type(one) for one in answers] == [RuntimeError, LimitExceeded]
    waiting = asyncio.create_task(fails())
    following = asyncio.create_task(follows("a"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(LimitExceeded):
        await following


async def test_spends_what_the_request_before_pays_in(actor):
    """Twenty requests, all sent at once: each spends to the last penny what the one before it paid."""
    outside = await open_account(actor.customer_id, allow_negative=True)
    chain = [outside, *[await open_account(actor.customer_id) for _ in range(20)]]
    requests, after = [], None
    for number in range(20):
        items = [transfer(chain[number], chain[number + 1], "1.00", f"{number} {part}") for part in range(3)]
        requests.append(post_transfers(actor, PostTransfers(items, after=after)))
        after = f"{number} 2"
    answers = await asyncio.gather(*requests)
    assert [kinds(outcomes) for outcomes in answers] == [[True] * 3] * 20
    posted = [outcome.object.posted_at for outcomes in answers for outcome in outcomes]
    assert posted == sorted(posted)
    assert requests_in_order._under_way == {}


async def test_waits_for_a_request_that_is_refused_in_part(actor):
    poor, rich = await open_account(actor.customer_id), await open_account(actor.customer_id, balance=500)
    first = [
        transfer(rich, poor, "1.00", "a"),
        transfer(rich, poor, "90.00", "b"),
    ]
    second = [transfer(poor, rich, "1.00", "c")]
    answers = await asyncio.gather(
        post_transfers(actor, PostTransfers(first)), post_transfers(actor, PostTransfers(second, after=" b "))
    )
    assert [kinds(one) for one in answers] == [[True, InsufficientFunds], [True]]


async def test_refuses_to_follow_what_is_not_there(actor):
    pair = [await open_account(actor.customer_id, balance=500) for _ in range(2)]
    one = transfer(*pair, "1.00", "a")
    async with nothing_changes():
        with pytest.raises(LimitExceeded):
            await post_transfers(actor, PostTransfers([one], after="nothing"))
        with pytest.raises(Invalid) as refused:
            await post_transfers(actor, PostTransfers([one], after=" "))
    assert refused.value.path == PATH

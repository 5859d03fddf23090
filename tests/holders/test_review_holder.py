"""reviewHolder: a person decides about a holder in QUARANTINE, once."""

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchval
from app.db.identifiers import new_id
from app.holders.queries import find_holder
from app.holders.review_holder import ReviewDecision, ReviewHolder, review_holder
from app.holders.status import HolderStatus
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound


def review(holder_id, decision=ReviewDecision.APPROVE, reason="known to us", **given):
    return ReviewHolder(str(holder_id), decision, reason, **given)


@pytest.fixture
async def suspect(make_holder):
    return await make_holder(HolderStatus.QUARANTINE)


@pytest.mark.parametrize(
    ("decision", "status", "event_type"),
    [
        (ReviewDecision.APPROVE, HolderStatus.OK, "holder.status.ok"),
        (ReviewDecision.DECLINE, HolderStatus.DECLINED, "holder.status.declined"),
    ],
)
async def test_decides(actor, suspect, told, promises, decision, status, event_type):
    before = await promises(suspect.id)
    holder, replayed = await review_holder(actor, review(suspect.id, decision, " because "))

    assert (holder.status, holder.status_reason, holder.version, replayed) == (status, "because", 3, False)
    assert await find_holder(actor, suspect.id) == holder
    assert (await told(suspect.id))[2:] == [(event_type, 3, {"status": "QUARANTINE"})]
    assert (await promises(suspect.id))[len(before) :] == ["resubmit_ledgers"]


@pytest.mark.parametrize(
    "status", [HolderStatus.PENDING, HolderStatus.OK, HolderStatus.MISSING_DATA, HolderStatus.DECLINED]
)
@pytest.mark.parametrize("decision", ReviewDecision)
async def test_refuses_a_holder_in_any_other_status(actor, make_holder, snapshot, status, decision):
    holder = await make_holder(status)
    before = await snapshot()

    with pytest.raises(InvalidState) as refusal:
        await review_holder(actor, review(holder.id, decision))
    assert (refusal.value.path, refusal.value.status) == (("holder_id",), status.value)
    assert await snapshot() == before


@pytest.mark.postgres15
async def test_lets_one_of_two_reviews_at_once_win(actor, suspect, told):
    outcomes = await asyncio.gather(
        *(review_holder(actor, review(suspect.id, decision)) for decision in list(ReviewDecision) * 4),
        return_exceptions=True,
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
    (winner,) = [holder for holder, _ in (outcome for outcome in outcomes if not isinstance(outcome, Exception))]
    assert len(refused) == 7
    assert await find_holder(actor, suspect.id) == winner
    assert len(await told(suspect.id)) == 3


async def test_is_done_once_by_the_same_key(actor, suspect, snapshot):
    keyed = review(suspect.id, idempotency_key="key-1")
    holder, _ = await review_holder(actor, keyed)
    before = await snapshot()

    assert await review_holder(actor, keyed) == (holder, True)
    assert await snapshot() == before
    with pytest.raises(IdempotencyMismatch):
        await review_holder(actor, replace(keyed, decision=ReviewDecision.DECLINE))
    assert await snapshot() == before


async def test_takes_another_way_of_writing_for_the_same_content(actor, suspect):
    keyed = review(suspect.id, idempotency_key="key-1")
    await review_holder(actor, keyed)
    same = replace(keyed, holder_id=keyed.holder_id.upper(), reason=f" {keyed.reason} ")
    _, replayed = await review_holder(actor, same)
    assert replayed


async def test_burns_no_key_by_a_refusal(actor, make_holder, make_screening):
    holder = await make_holder()
    keyed = review(holder.id, idempotency_key="key-1")
    with pytest.raises(InvalidState):
        await review_holder(actor, keyed)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_finds_no_holder_of_another_customer_and_none_that_is_not_there(actor, suspect, make_actor, snapshot):
    before = await snapshot()
    for asking, holder_id in ((await make_actor(), suspect.id), (actor, new_id())):
        with pytest.raises(NotFound) as refusal:
            await review_holder(asking, review(holder_id))
        assert refusal.value.path == ("holder_id",)
    assert await snapshot() == before


@pytest.mark.parametrize("refused", ["scope", "holder"])
async def test_refuses_who_may_not(actor, suspect, snapshot, refused):
    before = await snapshot()
    asking = (
        replace(actor, scopes=frozenset({"holders:read", "holders:write"}))
        if refused == "scope"
        else replace(actor, holder_id=suspect.id)
    )
    with pytest.raises(Forbidden) as refusal:
        await review_holder(asking, review(suspect.id))
    assert refusal.value.required_scope == "holders:review"
    assert await snapshot() == before


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ({"holder_id": "nonsense"}, ("holder_id",)),
        ({"holder_id": ""}, ("holder_id",)),
        ({"reason": " "}, ("reason",)),
        ({"reason": "\x00"}, ("reason",)),
        ({"reason": "\ud800"}, ("reason",)),
        ({"reason": "r" * 256}, ("reason",)),
    ],
)
async def test_refuses_bad_input_and_writes_nothing(actor, suspect, snapshot, bad, path):
    before = await snapshot()
    with pytest.raises(Invalid) as refusal:
        await review_holder(actor, replace(review(suspect.id), **bad))
    assert refusal.value.path == path
    assert await snapshot() == before


async def test_tells_no_personal_data(actor, suspect):
    await review_holder(actor, review(suspect.id))
    for row in await fetch("SELECT body FROM events"):
        for personal in ("Ada", "1987-04-01", "ada@", "Main Street", "London"):
            assert personal not in row["body"]

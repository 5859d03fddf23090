"""Placing a hold, through its verb."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchval
from app.db.identifiers import new_id
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.status import HoldStatus
from app.kernel.errors import Forbidden, IdempotencyMismatch, InsufficientFunds, Invalid, NotFound
from tests.bookkeeping import GBP, balance_of, gbp, nothing_changes, open_account

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return str(await open_account(actor.customer_id, balance=10_000)), str(await open_account(actor.customer_id))


def placing(pair, value="30.50", key="key-1", **more):
    return PlaceHold(debit_id=pair[0], credit_id=pair[1], amount=gbp(value), idempotency_key=key, **more)


async def test_reserves_funds(actor, pair):
    held, replayed = await place_hold(
        actor, placing(pair, expires_at=TOMORROW.isoformat(), reference=" booking ", metadata={"a": 1})
    )

    assert not replayed
    assert (held.status, held.amount, held.unit, held.version) == (HoldStatus.PLACED, 3_050, GBP, 1)
    assert (held.expires_at, held.reference, held.metadata) == (TOMORROW, "booking", {"a": 1})
    assert [str(held.debit.account_id), str(held.credit.account_id)] == list(pair)
    assert await balance_of(actor.customer_id, held.debit.account_id) == (10_000, 3_050, 1)


async def test_keeps_what_is_held_from_being_spent(actor, pair):
    await place_hold(actor, placing(pair, "99.99"))
    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await post_transfer(
                actor, PostTransfer(debit_id=pair[0], credit_id=pair[1], amount=gbp("0.02"), idempotency_key="key-2")
            )
    assert refused.value.available.value == "0.01"
    async with nothing_changes():
        with pytest.raises(InsufficientFunds):
            await place_hold(actor, placing(pair, "0.02", "key-3"))


async def test_places_once_for_the_same_content(actor, pair):
    held, _ = await place_hold(actor, placing(pair, expires_at="2999-01-01T00:00:00Z"))
    async with nothing_changes():
        again = await place_hold(actor, placing(pair, "30.5", expires_at="2999-01-01T01:00:00.000+01:00"))
    assert again == (held, True)


@pytest.mark.parametrize(
    "other",
    [
        {"value": "30.51"},
        {"expires_at": TOMORROW.isoformat()},
        {"reference": "x"},
        {"metadata": {"a": 1}},
    ],
)
async def test_refuses_other_content_under_the_same_key(actor, pair, other):
    await place_hold(actor, placing(pair))
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch) as refused:
            await place_hold(actor, placing(pair, **other))
    assert refused.value.path == ("idempotency_key",)


async def test_shares_no_keys_with_transfers(actor, pair):
    await post_transfer(
        actor, PostTransfer(debit_id=pair[0], credit_id=pair[1], amount=gbp("1.00"), idempotency_key="key-1")
    )
    assert not (await place_hold(actor, placing(pair, "1.00")))[1]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("expires_at",)),
        ({"expires_at": "tomorrow"}, ("expires_at",)),
        ({"expires_at": "2999-01-01T00:00:00"}, ("expires_at",)),
        ({"amount": gbp("0")}, ("amount", "value")),
        ({"amount": gbp("1.001")}, ("amount", "value")),
        ({"reference": "a\x00b"}, ("reference",)),
        ({"metadata": [1]}, ("metadata",)),
        ({"debit_id": "x"}, ("debit_id",)),
        ({"credit_id": "x"}, ("credit_id",)),
        ({"idempotency_key": ""}, ("idempotency_key",)),
    ],
)
async def test_refuses_what_is_malformed(actor, pair, change, path):
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await place_hold(actor, replace(placing(pair), **change))
    assert refused.value.path == path


async def test_refuses_one_and_the_same_account_and_unknown_ones(actor, pair):
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await place_hold(actor, placing((pair[0], pair[0].upper())))
        assert refused.value.path == ("credit_id",)
        with pytest.raises(NotFound):
            await place_hold(actor, placing((pair[0], str(new_id()))))


async def test_needs_the_scope(actor, pair):
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await place_hold(replace(actor, scopes=frozenset({"transfers:read", "payments:write"})), placing(pair))
    assert refused.value.required_scope == "transfers:write"
    assert await fetchval("SELECT count(*) FROM holds") == 0

"""Transfers, holds and entries as they are read."""

from uuid import UUID

import pytest

from app.db.connection import fetchrow
from app.db.identifiers import new_id
from app.journal.records import (
    HOLD_COLUMNS_SQL,
    HOLD_JOINS_SQL,
    TRANSFER_COLUMNS_SQL,
    TRANSFER_JOINS_SQL,
    Entry,
    entry_id,
    hold_of,
    transfer_id_of,
    transfer_of,
)
from app.journal.status import EntryDirection, HoldStatus, TransferStatus
from tests.bookkeeping import open_account
from tests.journal.orders import capture, carry_out, made, place, post, reverse


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)


async def read_transfer(transfer_id):
    return transfer_of(
        await fetchrow(
            f"SELECT {TRANSFER_COLUMNS_SQL} FROM transfers AS t {TRANSFER_JOINS_SQL} WHERE t.id = $1", transfer_id
        )
    )


async def read_hold(hold_id):
    return hold_of(
        await fetchrow(f"SELECT {HOLD_COLUMNS_SQL} FROM holds AS h {HOLD_JOINS_SQL} WHERE h.id = $1", hold_id)
    )


async def test_reads_a_transfer_exactly_as_it_was_answered(actor, pair):
    (outcome,) = await carry_out(actor, post(actor, *pair, 250, reference="rent", metadata={"é": [1, {"b": None}]}))
    posted = made(outcome)

    assert await read_transfer(posted.id) == posted

    (outcome,) = await carry_out(actor, reverse(actor, posted.id, reason="by mistake"))
    reversal = made(outcome)
    assert await read_transfer(reversal.id) == reversal
    posted.reversed_by_id, posted.reversed, posted.reversal_count = reversal.id, 250, 1
    assert await read_transfer(posted.id) == posted
    assert posted.status is TransferStatus.REVERSED


async def test_reads_a_hold_exactly_as_it_was_answered(actor, pair):
    (outcome,) = await carry_out(actor, place(actor, *pair, 250, reference="rent", metadata={"a": 1}))
    held = made(outcome)
    assert await read_hold(held.id) == held

    (outcome,) = await carry_out(actor, capture(actor, held.id, 100))
    captured = made(outcome)
    assert await read_hold(held.id) == captured
    assert captured.status is HoldStatus.CAPTURED
    assert (await read_transfer(captured.transfer_id)).hold_id == held.id


async def test_shows_each_entry_from_its_own_side(actor, pair):
    (outcome,) = await carry_out(actor, post(actor, *pair, 250))
    posted = made(outcome)
    debit, credit = (Entry(posted, direction) for direction in EntryDirection)

    assert (debit.side.account_id, debit.sequence, debit.balance_after) == (pair[0], 2, 750)
    assert (credit.side.account_id, credit.sequence, credit.balance_after) == (pair[1], 1, 250)


def test_derives_an_entry_s_id_from_its_transfer_s_and_back():
    transfer_id = new_id()
    ids = {direction: entry_id(transfer_id, direction) for direction in EntryDirection}

    assert len({transfer_id, *ids.values()}) == 3
    for direction, derived in ids.items():
        assert transfer_id_of(derived) == (transfer_id, direction)
    assert transfer_id_of(transfer_id) is None
    assert transfer_id_of(UUID(int=transfer_id.int | 0b11)) is None

"""Newest first also among payments of one instant, and no time span ends where an earlier payment can still appear."""

import asyncio
import contextvars
from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.connection import fetchval, pool
from app.db.pages import Page
from app.db.transaction import transaction
from app.journal.carry_out_batch import carry_out_batch
from app.journal.transfer_queries import TransferFilter, list_transfers
from app.payments.queries import PaymentFilter, find_payments, payment_cursors, read_payments
from tests.bookkeeping import open_account
from tests.journal.orders import post
from tests.payments.conftest import a_holder

TOGETHER = 9


@pytest.fixture
async def held(actor, issue):
    """Two ledgers of one holder, and one of nobody's."""
    holder_id = await a_holder(actor)
    return holder_id, [await issue(holder_id=owner) for owner in (holder_id, holder_id, None)]


@pytest.fixture
async def arrived(actor, held, receive):
    """Payments into these ledgers in turn, oldest first; but for the first and the last all have one instant."""
    _, ledgers = held
    ids = [(await receive(ledgers[number % 3], "1.00"))[0].id for number in range(TOGETHER + 2)]
    await pool().execute(
        "UPDATE payments SET created_at = (SELECT created_at FROM payments WHERE id = $1) WHERE id = ANY($2)",
        ids[1],
        ids[1:-1],
    )
    found = await find_payments(actor, ids)
    assert len({one.created_at for one in found.values()}) == 3
    return [found[one] for one in ids]


async def page_by_page(actor, wanted, size, *, descending=True, backward=False):
    """A whole list, in its order, read from its beginning or from its end."""
    seen, cursor = [], None
    while True:
        page = Page(size, descending=descending, backward=backward, **{"before" if backward else "after": cursor})
        found = await read_payments(actor, wanted, page)
        if not found:
            return seen
        assert len(found) <= size
        assert {one.id for one in found}.isdisjoint(one.id for one in seen)
        seen = found + seen if backward else seen + found
        cursor = payment_cursors(wanted, found, descending=descending)[0 if backward else -1]


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("descending", [True, False], ids=["newest-first", "oldest-first"])
async def test_keeps_the_order_of_payments_of_one_instant_in_every_page(actor, held, arrived, descending, backward):
    holder_id, ledgers = held
    way = -1 if descending else 1
    of_holder = replace(actor, holder_id=holder_id)
    for size in (1, 4, 100):
        for asker, wanted, expected in [
            (actor, PaymentFilter(), arrived),
            (actor, PaymentFilter(created_at_gte=arrived[0].created_at), arrived),
            (actor, PaymentFilter(ledger_id=ledgers[1]), arrived[1::3]),
            (of_holder, PaymentFilter(), [one for one in arrived if one.ledger_id != ledgers[2]]),
        ]:
            found = await page_by_page(asker, wanted, size, descending=descending, backward=backward)
            assert [one.id for one in found] == [one.id for one in expected[::way]], (size, wanted)


async def test_lists_payments_of_one_instant_as_the_journal_lists_their_transfers(actor, arrived):
    ids = [one.id for one in await read_payments(actor, PaymentFilter(), Page(100))]
    assert [one.payment_id for one in await list_transfers(actor, TransferFilter(), limit=100)] == ids


async def test_ends_a_time_span_where_an_earlier_payment_can_still_appear(actor, held, receive):
    """A caller who goes on from the last instant seen would miss that one."""
    _, ledgers = held
    payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
    begin = await fetchval("SELECT clock_timestamp()")
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [post(actor, payer, payee)])  # Stamped, and not yet committed.
        arriving = asyncio.get_running_loop().create_task(receive(ledgers[0]), context=contextvars.Context())
        later, _ = await arriving
        for span in (
            {"created_at_gte": begin},
            {"created_at_lt": later.created_at + timedelta(hours=1)},
            {"created_at_gte": begin, "ledger_id": ledgers[0]},
        ):
            assert await read_payments(actor, PaymentFilter(**span), Page(10)) == []
        assert await read_payments(actor, PaymentFilter(), Page(10)) == [later]
    assert await read_payments(actor, PaymentFilter(created_at_gte=begin), Page(10)) == [later]

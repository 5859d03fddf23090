"""An event as it is read, by the customer and by one holder's actor."""

import pytest

from app.db.connection import fetchrow
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.event import EVENT_SQL, Event, event_of
from app.events.record import Resource, record_event
from app.journal.amounts import AmountText
from app.journal.place_hold import PlaceHold, place_hold
from tests.bookkeeping import open_account


async def test_reads_what_was_recorded(actor):
    resource = Resource("holder", new_id(), 2)
    async with transaction() as tx:
        event_id = await record_event(tx, actor, "holder.updated", resource, {"b": 1}, previous={"b": 0})
    row = await fetchrow(f"SELECT {EVENT_SQL} FROM events AS event")
    event = event_of(row, read_by=None)

    assert event == Event(
        customer_id=actor.customer_id,
        id=event_id,
        type="holder.updated",
        resource_type="holder",
        resource_id=resource.id,
        resource_version=2,
        holder_id=None,
        other_holder_id=None,
        body=row["body"],
        via="graphql",
        actor="api_key:test",
        request_id="request-1",
        occurred_at=row["occurred_at"],
    )
    assert event.data == {"b": 1}
    assert event.previous == {"b": 0}


AMOUNT = {"value": "1.00", "minor_units": "100", "asset": "GBP", "scale": 2}


@pytest.fixture
async def parties(actor, make_holder):
    """A payer's and a payee's account and their holders, before anything between them."""
    payer, payee = await make_holder(), await make_holder()
    debit_id = await open_account(actor.customer_id, holder_id=payer, balance=1_000)
    return debit_id, await open_account(actor.customer_id, holder_id=payee), payer, payee


async def newest(read_by):
    row = await fetchrow(
        f"SELECT {EVENT_SQL} FROM events AS event JOIN unnumbered_events AS waiting ON waiting.event_id = event.id"
        " ORDER BY insertion DESC LIMIT 1"
    )
    return event_of(row, read_by=read_by)


async def test_shows_a_holder_of_a_transfer_its_own_side_only(parties, post):
    debit_id, credit_id, payer, payee = parties
    transfer = await post(debit_id, credit_id)
    own_debit = {"id": str(debit_id), "type": "ledger", "balance_after": "9.00", "sequence": "2"}
    own_credit = {"id": str(credit_id), "type": "ledger", "balance_after": "1.00", "sequence": "1"}

    everything = (await newest(None)).data
    assert (everything["id"], everything["amount"]) == (str(transfer.id), AMOUNT)
    assert (everything["debit"], everything["credit"]) == (own_debit, own_credit)
    assert (await newest(payer)).data == {**everything, "credit": {"id": str(credit_id)}}
    assert (await newest(payee)).data == {**everything, "debit": {"id": str(debit_id)}}
    assert (await newest(new_id())).data == {
        **everything,
        "debit": {"id": str(debit_id)},
        "credit": {"id": str(credit_id)},
    }


async def test_shows_a_holder_both_sides_where_both_are_its_own(actor, parties, post):
    debit_id, _, payer, _ = parties
    other_id = await open_account(actor.customer_id, holder_id=payer)
    await post(debit_id, other_id)
    assert (await newest(payer)).data == (await newest(None)).data


async def test_shows_a_holder_of_a_hold_nothing_but_the_id_of_the_other_side(actor, parties):
    debit_id, credit_id, payer, payee = parties
    await place_hold(
        actor,
        PlaceHold(
            debit_id=str(debit_id), credit_id=str(credit_id), amount=AmountText("1.00", "GBP"), idempotency_key="key"
        ),
    )
    everything = (await newest(None)).data
    assert everything["debit"] == {"id": str(debit_id), "type": "ledger"}
    assert (await newest(payer)).data == {**everything, "credit": {"id": str(credit_id)}}
    assert (await newest(payee)).data == {**everything, "debit": {"id": str(debit_id)}}

"""Payments of frozen ledgers: none leaves, none comes in, and what a bank has done already is posted all the same."""

import asyncio
import contextvars

import pytest

from app.controls.freeze import FreezeParty, freeze
from app.db.connection import fetchval
from app.db.transaction import transaction
from app.journal.frozen import FreezeScope
from app.journal.posting_accounts import lock_posting_account, set_frozen
from app.kernel.actor import worker_actor
from app.kernel.errors import InvalidState
from app.payments.counterparty import CounterpartyText
from app.proof.prove_books import prove_books
from tests.bookkeeping import balance_of, nothing_changes
from tests.payments.conftest import TellingBank, account_of, declining, hold_of, stored_payment, transfers_of
from tests.told_events import told_events

DEBITS, CREDITS, ALL = FreezeScope


@pytest.fixture
def frozen(actor):
    """A function that freezes a ledger."""

    async def go(ledger_id, scope=ALL, by=None):
        await freeze(by or actor, FreezeParty(str(ledger_id), "Court order.", scope))

    return go


@pytest.fixture
async def other(make_actor):
    """Another customer."""
    return await make_actor()


@pytest.fixture
async def theirs(other, issue):
    """Another customer's ledger."""
    return await issue(by=other)


async def events_of(payment_id):
    """The bodies of the events of a payment's transfer."""
    events = await told_events("WHERE resource_id = (SELECT id FROM transfers WHERE payment_id = $1)", payment_id)
    return [event["body"] for event in events]


@pytest.mark.parametrize("scope", [DEBITS, ALL])
async def test_sends_nothing(ledger_id, send, frozen, scope):
    await frozen(ledger_id, scope)

    async with nothing_changes():
        with pytest.raises(InvalidState, match="FROZEN") as refused:
            await send(ledger_id)

    assert (refused.value.status, refused.value.path) == ("FROZEN", ("ledger_id",))


async def test_sends_where_only_credits_are_frozen(actor, ledger_id, send, carry_out, frozen):
    await frozen(ledger_id, CREDITS)

    payment, _ = await send(ledger_id)
    await carry_out(payment.id)

    assert (await transfers_of(payment.id))[0]["is_forced"] is False
    assert (await prove_books(actor.customer_id)).is_proven


async def test_takes_the_money_of_a_payment_that_the_bank_sent_and_says_that_it_was_forced(
    actor, ledger_id, send, carry_out, frozen
):
    payment, _ = await send(ledger_id)
    await frozen(ledger_id)

    await carry_out(payment.id)

    assert (await stored_payment(payment.id))["status"] == "ACCEPTED"
    [transfer] = await transfers_of(payment.id)
    [event] = await events_of(payment.id)
    assert transfer["is_forced"] is True
    assert '"forced":true,"posted_at"' in event
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)
    assert (await prove_books(actor.customer_id)).is_proven


async def test_gives_the_money_back_where_the_bank_declines(actor, ledger_id, send, carry_out, frozen):
    payment, _ = await send(ledger_id)
    await frozen(ledger_id)

    await carry_out(payment.id, partner=declining())

    assert (await hold_of(payment.id))["status"] == "RELEASED"
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 1)
    assert (await prove_books(actor.customer_id)).is_proven


@pytest.mark.parametrize("scope", [CREDITS, ALL])
async def test_records_what_comes_in_as_declined(actor, ledger_id, receive, frozen, scope):
    await frozen(ledger_id, scope)

    payment, _ = await receive(ledger_id)

    assert (payment.status, payment.status_reason) == ("DECLINED", "The ledger is FROZEN.")
    assert await transfers_of(payment.id) == []
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 1)


async def test_takes_in_where_only_debits_are_frozen(ledger_id, receive, frozen):
    await frozen(ledger_id, DEBITS)

    payment, _ = await receive(ledger_id)

    assert payment.status == "ACCEPTED"


async def test_sends_back_what_arrives_at_a_frozen_ledger(actor, other, ledger_id, theirs, send, work, frozen):
    await frozen(theirs, CREDITS, by=other)
    iban, _, _ = await account_of(theirs)

    payment, _ = await send(ledger_id, counterparty=CounterpartyText("Grace", iban=iban))
    await work()

    assert await fetchval("SELECT status_reason FROM payments WHERE ledger_id = $1", theirs) == "The ledger is FROZEN."
    assert (await stored_payment(payment.id))["status"] == "ACCEPTED"
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)
    assert await balance_of(other.customer_id, theirs) == (0, 0, 0)


async def test_takes_back_what_a_bank_returns_though_it_is_frozen(
    actor, other, ledger_id, theirs, send, carry_out, work, frozen
):
    await frozen(theirs, CREDITS, by=other)
    iban, _, _ = await account_of(theirs)
    payment, _ = await send(ledger_id, counterparty=CounterpartyText("Grace", iban=iban))
    await carry_out(payment.id)
    await frozen(ledger_id)

    await work()

    returned = await fetchval(
        "SELECT id FROM payments WHERE ledger_id = $1 AND direction = 'IN' ORDER BY created_at DESC LIMIT 1", ledger_id
    )
    [transfer] = await transfers_of(returned)
    assert (transfer["kind"], transfer["is_forced"]) == ("PAYMENT_IN", True)
    assert '"forced":true' in (await events_of(returned))[0]
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)
    assert (await prove_books(actor.customer_id)).is_proven


async def test_sees_that_it_was_frozen_meanwhile(actor, ledger_id, receive):
    """The payment has looked at the ledger, and waits for its account, when that is frozen."""
    async with transaction() as tx:
        await lock_posting_account(tx, actor.customer_id, ledger_id)
        asking = asyncio.create_task(receive(ledger_id), context=contextvars.Context())
        while not await fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not asking.done()
            await asyncio.sleep(0.01)
        await set_frozen(tx, actor.customer_id, ledger_id, CREDITS)
    payment, _ = await asking

    assert (payment.status, payment.status_reason) == ("DECLINED", "The ledger is FROZEN.")


async def test_is_captured_however_the_freeze_and_the_bank_race(actor, issue, receive, send, carry_out, frozen):
    ledger_id = await issue()
    await receive(ledger_id, "10.00")
    payments = [(await send(ledger_id, "1.00", f"key-{n}"))[0].id for n in range(10)]

    await asyncio.gather(
        *(carry_out(one, partner=TellingBank()) for one in payments[:5]),
        frozen(ledger_id),
        *(carry_out(one, partner=TellingBank()) for one in payments[5:]),
    )

    assert {(await stored_payment(one))["status"] for one in payments} == {"ACCEPTED"}
    assert (await balance_of(actor.customer_id, ledger_id))[:2] == (0, 0)
    proof = await prove_books(worker_actor(actor.customer_id).customer_id)
    assert proof.findings.kept == []

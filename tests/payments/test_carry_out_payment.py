"""The worker's part of a payment: the bank is asked, and the held money taken or given back, once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from app.db.connection import fetch, fetchval, pool
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.kernel.actor import worker_actor
from app.kernel.errors import Forbidden, InvalidState, LimitExceeded, NotFound
from app.kernel.money import Money
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.partners.adapters.simulator import Simulator
from app.partners.port import Counterparty, PartnerUnavailable, PaymentRequest, SentPayment
from app.payments.carry_out_payment import carry_out_payment
from app.payments.queries import find_payment
from app.payments.status import PaymentStatus
from tests.bookkeeping import GBP, balance_of, nothing_changes
from tests.payments.conftest import (
    TellingBank,
    account_of,
    customer_name,
    declining,
    hold_of,
    settlement_id,
    stored_payment,
    transfers_of,
    unavailable,
)


@pytest.fixture
async def pending(ledger_id, send):
    """The id of a payment of thirty pounds that nobody has sent yet."""
    payment, _ = await send(ledger_id, reference="Invoice 117", metadata={"invoice": 117})
    return payment.id


async def test_tells_the_bank_all_it_needs(actor, ledger_id, pending, carry_out):
    bank = TellingBank()

    await carry_out(pending, partner=bank)

    assert bank.asked == [
        PaymentRequest(
            payment_id=pending,
            customer_id=actor.customer_id,
            ledger_id=ledger_id,
            product="PayrNet-GBP-1",
            amount=Money(3_000, GBP),
            payer=Counterparty(await customer_name(actor), *await account_of(ledger_id)),
            counterparty=Counterparty("Grace Hopper", "GB33BUKB20201555555555"),
            reference="Invoice 117",
            metadata={"invoice": 117},
        )
    ]


async def test_takes_the_held_money_when_the_bank_accepts(actor, ledger_id, pending, carry_out):
    await carry_out(pending, partner=TellingBank(SentPayment("BANK-117")))

    payment = await find_payment(actor, pending)
    (transfer,) = await transfers_of(pending)
    assert (payment.status, payment.status_reason) == (PaymentStatus.ACCEPTED, None)
    assert (payment.partner_reference, payment.version) == ("BANK-117", 2)
    assert (payment.hold_id, payment.transfer_id) == ((await hold_of(pending))["id"], transfer["id"])
    assert (transfer["kind"], transfer["amount_minor_units"]) == ("PAYMENT_OUT", 3_000)
    assert (transfer["debit_id"], transfer["credit_id"]) == (ledger_id, await settlement_id())
    assert (transfer["hold_id"], transfer["reference"], transfer["metadata"]) == (
        payment.hold_id,
        "Invoice 117",
        {"invoice": 117},
    )
    assert (await hold_of(pending))["status"] == "CAPTURED"
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)


async def test_gives_the_money_back_when_the_bank_declines(actor, ledger_id, pending, carry_out):
    await carry_out(pending, partner=declining())

    payment = await find_payment(actor, pending)
    assert (payment.status, payment.status_reason) == (PaymentStatus.DECLINED, "The account is closed.")
    assert (payment.partner_reference, payment.transfer_id, payment.version) == (None, None, 2)
    assert (await hold_of(pending))["status"] == "RELEASED"
    assert await transfers_of(pending) == []
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 1)


async def test_tells_of_each_status_once_before_what_follows_from_it(pending, carry_out, told):
    await carry_out(pending)

    events = await told(pending)
    (transfer,) = await transfers_of(pending)
    assert [(event.type, event.resource_version, event.previous) for event in events] == [
        ("payment.status.pending", 1, None),
        ("payment.status.accepted", 2, {"status": "PENDING"}),
    ]
    hold = await hold_of(pending)
    data = events[1].data
    assert (data["status"], data["version"]) == ("ACCEPTED", 2)
    assert (data["hold_id"], data["transfer_id"]) == (str(hold["id"]), str(transfer["id"]))
    assert data["partner_reference"] == (await stored_payment(pending))["partner_reference"]
    assert "Grace" not in events[1].body
    assert "GB33" not in events[1].body
    assert [event.type for event in await told(hold["id"])] == ["hold.status.placed", "hold.status.captured"]
    assert [event.type for event in await told(transfer["id"])] == ["transfer.posted"]
    rows = await fetch(
        """
        SELECT entry.type FROM feed_entries AS entry WHERE entry.resource_id = ANY($1) ORDER BY position
        """,
        [pending, hold["id"], transfer["id"]],
    )
    assert [row["type"] for row in rows] == [
        "payment.status.pending",
        "hold.status.placed",
        "payment.status.accepted",
        "hold.status.captured",
        "transfer.posted",
    ]


async def test_tells_why_it_was_declined(pending, carry_out, told):
    await carry_out(pending, partner=declining())

    event = (await told(pending))[1]
    assert (event.type, event.previous) == ("payment.status.declined", {"status": "PENDING"})
    assert (event.data["status_reason"], event.data["transfer_id"]) == ("The account is closed.", None)


async def test_changes_nothing_while_the_bank_is_away(pending, carry_out):
    async with nothing_changes():
        with pytest.raises(PartnerUnavailable):
            await carry_out(pending, partner=unavailable())


# ── twice is once ──


@pytest.mark.parametrize("answers", [TellingBank, declining])
async def test_does_nothing_the_second_time(pending, carry_out, answers):
    await carry_out(pending, partner=answers())
    again = TellingBank()

    async with nothing_changes():
        await carry_out(pending, partner=again)

    assert again.asked == []


async def test_does_nothing_about_a_payment_that_there_is_not(ledger_id, carry_out):
    async with nothing_changes():
        await carry_out(UUID(int=7), partner=TellingBank())


@pytest.mark.parametrize("answers", [TellingBank, declining])
async def test_settles_once_when_several_workers_are_at_it(actor, ledger_id, pending, carry_out, told, answers):
    bank = answers()
    bank.may_answer.clear()
    working = [asyncio.create_task(carry_out(pending, partner=bank)) for _ in range(8)]
    while len(bank.asked) < 8:
        await asyncio.sleep(0)
    bank.may_answer.set()
    await asyncio.gather(*working)

    accepted = answers is TellingBank
    assert len(await told(pending)) == 2
    assert (await stored_payment(pending))["version"] == 2
    assert len(await transfers_of(pending)) == (1 if accepted else 0)
    assert await balance_of(actor.customer_id, ledger_id) == ((7_000, 0, 2) if accepted else (10_000, 0, 1))


async def test_pays_once_though_the_worker_dies_between_the_banks_answer_and_its_own_commit(pending, carry_out, bank):
    first = TellingBank()
    first.may_answer.clear()
    dying = asyncio.create_task(carry_out(pending, partner=_Through(bank, first)))
    await first.asked_event.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    paid = await fetchval("SELECT partner_reference FROM simulator_payments")
    assert (await stored_payment(pending))["status"] == "PENDING"

    await carry_out(pending)

    assert (await stored_payment(pending))["partner_reference"] == paid
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 1


class _Through:
    """Has the bank do its part, then keeps its answer back."""

    def __init__(self, bank, gate):
        self._bank, self._gate = bank, gate

    async def send_payment(self, request):
        answer = await self._bank.send_payment(request)
        await self._gate.send_payment(request)
        return answer


@pytest.mark.thorough
async def test_changes_nothing_while_the_ledger_is_busy_for_long(ledger_id, send, receive, pending, carry_out):
    bank = TellingBank()
    async with nothing_changes(), pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM posting_accounts WHERE id = $1 FOR UPDATE", ledger_id)
        busy = await asyncio.gather(
            send(ledger_id, "1.00", "key-2"), receive(ledger_id), carry_out(pending, partner=bank),
            return_exceptions=True,
        )  # fmt: skip
    assert [type(refusal) for refusal in busy] == [LimitExceeded] * 3
    assert [refusal.path for refusal in busy] == [("ledger_id",)] * 3

    await carry_out(pending, partner=bank)
    assert (await stored_payment(pending))["status"] == "ACCEPTED"


# ── nobody else moves it ──


async def test_lets_no_caller_move_the_hold(actor, pending):
    hold_id = str((await hold_of(pending))["id"])
    for attempt in (
        capture_hold(actor, CaptureHold(hold_id, "key-c")),
        release_hold(actor, ReleaseHold(hold_id, "key-r")),
    ):
        async with nothing_changes():
            with pytest.raises(InvalidState) as refused:
                await attempt
        assert (refused.value.status, refused.value.path) == ("PLACED", ("hold_id",))


async def test_lets_no_caller_reverse_the_transfer(actor, ledger_id, pending, carry_out):
    await carry_out(pending)
    posted = await fetch("SELECT id, kind FROM transfers ORDER BY posted_at")
    assert [row["kind"] for row in posted] == ["PAYMENT_IN", "PAYMENT_OUT"]
    for row in posted:
        async with nothing_changes():
            with pytest.raises(InvalidState) as refused:
                await reverse_transfer(actor, ReverseTransfer(str(row["id"]), f"key-{row['kind']}"))
        assert (refused.value.status, refused.value.path) == ("POSTED", ("transfer_id",))


async def test_keeps_the_ledger_open_until_it_is_settled(actor, issue, receive, send, carry_out):
    ledger_id = await issue()
    await receive(ledger_id, "30.00")
    payment, _ = await send(ledger_id)
    with pytest.raises(InvalidState):
        await close_ledger(actor, CloseLedger(str(ledger_id)))
    await carry_out(payment.id)
    assert (await close_ledger(actor, CloseLedger(str(ledger_id))))[0].status == "CLOSED"


# ── as promised ──


async def test_is_done_by_the_worker(actor, ledger_id, pending, work):
    assert await work() == 1

    assert (await find_payment(actor, pending)).status is PaymentStatus.ACCEPTED
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0


async def test_goes_on_when_the_bank_is_back(actor, ledger_id, send, work):
    payment, _ = await send(ledger_id, metadata={"simulate": "unavailable"})

    await work()
    assert (await find_payment(actor, payment.id)).status is PaymentStatus.PENDING
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 3_000, 1)
    await work.through_all_retries()

    assert (await find_payment(actor, payment.id)).status is PaymentStatus.ACCEPTED
    assert await fetchval("SELECT ask_count FROM simulator_requests WHERE kind = 'PAYMENT'") == 4
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)


async def test_waits_for_a_product_that_the_catalog_has_no_more(actor, ledger_id, pending, catalog):
    bare = Simulator(replace(catalog, products=()), delay_seconds=0)
    async with nothing_changes():
        with pytest.raises(PartnerUnavailable, match="put it back"):
            await carry_out_payment(worker_actor(actor.customer_id), pending, partner_for=lambda _: bare)


async def test_acts_for_its_own_customer_only(make_actor, pending, bank):
    other = await make_actor()
    async with nothing_changes():
        await carry_out_payment(worker_actor(other.customer_id), pending, partner_for=lambda _: bank)
    assert await find_payment(other, pending) is None
    with pytest.raises(Forbidden):
        await find_payment(replace(other, scopes=frozenset()), pending)
    with pytest.raises(NotFound):
        await capture_hold(other, CaptureHold(str((await hold_of(pending))["id"]), "key-c"))

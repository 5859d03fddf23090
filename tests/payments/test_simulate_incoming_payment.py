"""Money arriving from outside."""

import asyncio
import hashlib
import json
from dataclasses import replace
from uuid import UUID

import pytest

from app.db.connection import fetchval, pool
from app.journal.amounts import AmountText
from app.kernel.errors import AssetMismatch, Forbidden, IdempotencyMismatch, Invalid, NotFound
from app.kernel.money import Money
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText
from app.payments.status import PaymentDirection, PaymentStatus
from app.settings import Environment
from tests.bookkeeping import GBP, balance_of, gbp, nothing_changes
from tests.payments.conftest import (
    a_holder,
    in_status,
    settlement_id,
    stored_payment,
    transfers_of,
    while_it_is_closed,
)


async def test_credits_the_ledger_at_once(actor, issue, receive):
    ledger_id = await issue()

    payer = CounterpartyText("Ada Lovelace", uk_bank_account=("20-20-15", "55555555"))
    payment, replayed = await receive(ledger_id, "12.34", counterparty=payer, reference="Rent")

    assert not replayed
    assert (payment.direction, payment.status, payment.status_reason) == (
        PaymentDirection.IN,
        PaymentStatus.ACCEPTED,
        None,
    )
    assert (payment.ledger_id, payment.amount, payment.reference) == (ledger_id, Money(1_234, GBP), "Rent")
    assert payment.counterparty == Counterparty("Ada Lovelace", None, "202015", "55555555")
    assert (payment.hold_id, payment.partner_reference, payment.version) == (None, None, 1)
    (transfer,) = await transfers_of(payment.id)
    assert (transfer["id"], transfer["kind"], transfer["amount_minor_units"]) == (
        payment.transfer_id,
        "PAYMENT_IN",
        1_234,
    )
    assert (transfer["debit_id"], transfer["credit_id"]) == (await settlement_id(), ledger_id)
    assert transfer["reference"] == "Rent"
    assert await balance_of(actor.customer_id, ledger_id) == (1_234, 0, 1)
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0


async def test_tells_of_it_once_without_personal_data(issue, receive, told):
    payment, _ = await receive(await issue(), counterparty=CounterpartyText("Ada Lovelace"))

    (event,) = await told(payment.id)
    assert (event.type, event.resource_version, event.previous) == ("payment.status.accepted", 1, None)
    assert (event.data["direction"], event.data["status"]) == ("IN", "ACCEPTED")
    assert (event.data["hold_id"], event.data["transfer_id"]) == (None, str(payment.transfer_id))
    assert "Ada" not in event.body
    assert [event.type for event in await told(payment.transfer_id)] == ["transfer.posted"]


async def test_names_a_payer_where_nobody_is_named(issue, receive):
    payment, _ = await receive(await issue())
    assert payment.counterparty == Counterparty("Simulated payer")


SIMULATED = CounterpartyText("Simulated payer")


@pytest.mark.parametrize(("first", "second"), [(None, SIMULATED), (SIMULATED, None), (SIMULATED, SIMULATED)])
async def test_takes_no_payer_and_the_simulated_one_for_the_same_content(issue, receive, first, second):
    ledger_id = await issue()
    payment, _ = await receive(ledger_id, key="key-1", counterparty=first)
    async with nothing_changes():
        assert await receive(ledger_id, key="key-1", counterparty=second) == (payment, True)
        with pytest.raises(IdempotencyMismatch):
            await receive(ledger_id, key="key-1", counterparty=CounterpartyText("Ada Lovelace"))


async def test_repeats_what_an_earlier_version_received_from_the_simulated_payer(issue, receive):
    """It hashed the payer that was named; one left out is hashed as ever."""
    ledger_id = await issue()
    payment, _ = await receive(ledger_id, key="key-1", counterparty=SIMULATED)
    payer = {"name": "Simulated payer", "iban": None, "sort_code": None, "account_number": None}
    content = {"ledger_id": str(ledger_id), "amount": "1e2 GBP", "counterparty": payer}
    canonical = json.dumps(["simulateIncomingPayment", content], sort_keys=True)
    hashed = hashlib.sha256(canonical.encode()).digest()
    await pool().execute("UPDATE idempotency_keys SET command_hash = $1 WHERE key = 'key-1'", hashed)
    async with nothing_changes():
        assert await receive(ledger_id, key="key-1", counterparty=SIMULATED) == (payment, True)


@pytest.mark.parametrize("status", ["PENDING", "DECLINED", "CLOSED"])
async def test_records_money_for_a_ledger_that_is_not_ok_as_declined(actor, issue, receive, told, status):
    ledger_id = await in_status(status, actor, issue)

    payment, replayed = await receive(ledger_id, key="key-1")

    assert not replayed
    assert (payment.status, payment.status_reason) == (PaymentStatus.DECLINED, f"The ledger is {status}.")
    assert (payment.hold_id, payment.transfer_id) == (None, None)
    assert await transfers_of(payment.id) == []
    assert await balance_of(actor.customer_id, ledger_id) == (0, 0, 0)
    (event,) = await told(payment.id)
    assert (event.type, event.data["status_reason"]) == ("payment.status.declined", f"The ledger is {status}.")
    async with nothing_changes():
        assert await receive(ledger_id, key="key-1") == (payment, True)


async def test_records_it_as_declined_at_a_ledger_that_is_closed_meanwhile(actor, issue, receive):
    ledger_id = await issue()

    receiving = await while_it_is_closed(actor, ledger_id, lambda: receive(ledger_id))

    payment, replayed = await receiving
    assert (payment.status, payment.status_reason, replayed) == (
        PaymentStatus.DECLINED,
        "The ledger is CLOSED.",
        False,
    )
    assert await fetchval("SELECT count(*) FROM payments") == 1
    assert await balance_of(actor.customer_id, ledger_id) == (0, 0, 0)


async def test_arrives_once_for_the_same_key(actor, issue, receive):
    ledger_id = await issue()
    first, _ = await receive(ledger_id, "10.00", "key-1")

    async with nothing_changes():
        assert await receive(ledger_id, "10", "key-1") == (first, True)
        for other in ({"value": "10.01"}, {"reference": "Rent"}, {"counterparty": CounterpartyText("Ada")}):
            with pytest.raises(IdempotencyMismatch):
                await receive(ledger_id, **{"value": "10.00", "key": "key-1", **other})


async def test_arrives_once_for_many_callers_with_one_key(actor, issue, receive):
    ledger_id = await issue()

    answers = await asyncio.gather(*(receive(ledger_id, "10.00", "key-1") for _ in range(15)))

    assert len({payment.id for payment, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 14
    assert await balance_of(actor.customer_id, ledger_id) == (1_000, 0, 1)


async def test_lets_many_arrive_side_by_side(actor, issue, receive):
    ledger_ids = [await issue() for _ in range(3)]

    await asyncio.gather(*(receive(one, "1.00") for one in ledger_ids * 10))

    for one in ledger_ids:
        assert await balance_of(actor.customer_id, one) == (1_000, 0, 10)


@pytest.mark.parametrize(
    ("wanted", "refusal", "path"),
    [
        ({"amount": AmountText("10.00", "EUR")}, AssetMismatch, ("amount", "asset")),
        ({"amount": gbp("10.001")}, Invalid, ("amount", "value")),
        ({"amount": gbp("0")}, Invalid, ("amount", "value")),
        ({"amount": gbp("9" * 36 + ".99")}, Invalid, ("amount", "value")),
        ({"counterparty": CounterpartyText(" ")}, Invalid, ("counterparty", "name")),
        ({"counterparty": CounterpartyText("Ada", iban="GB00")}, Invalid, ("counterparty", "iban")),
        ({"reference": ""}, Invalid, ("reference",)),
        ({"idempotency_key": ""}, Invalid, ("idempotency_key",)),
        ({"ledger_id": "no-uuid"}, Invalid, ("ledger_id",)),
        ({"ledger_id": str(UUID(int=7))}, NotFound, ("ledger_id",)),
    ],
)
async def test_refuses_what_cannot_be_and_names_the_argument(ledger_id, receive, wanted, refusal, path):
    async with nothing_changes():
        with pytest.raises(refusal) as refused:
            await receive(**{"ledger_id": ledger_id, **wanted})

    assert (type(refused.value), refused.value.path) == (refusal, path)


async def test_refuses_another_asset_also_where_the_ledger_is_not_ok(actor, issue, receive):
    ledger_id = await in_status("CLOSED", actor, issue)
    async with nothing_changes():
        with pytest.raises(AssetMismatch):
            await receive(ledger_id, amount=AmountText("10.00", "EUR"))


async def test_refuses_a_virtual_ledger(issue_gold, receive):
    gold = await issue_gold()
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await receive(gold, amount=AmountText("1", "GOLD"))
    assert refused.value.path == ("ledger_id",)


async def test_is_forbidden_in_live(issue, receive):
    ledger_id = await issue()
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await receive(ledger_id, environment=Environment.LIVE)
    assert refused.value.required_scope is None


async def test_finds_no_ledger_of_another_customer_and_no_settlement_account(make_actor, ledger_id, receive):
    other = await make_actor()
    for named, by in ((ledger_id, other), (await settlement_id(), None)):
        async with nothing_changes():
            with pytest.raises(NotFound):
                await receive(named, by=by)


async def test_asks_for_its_scope(actor, ledger_id, receive):
    blind = replace(actor, scopes=frozenset({"payments:read", "transfers:write", "ledgers:write"}))
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await receive(ledger_id, by=blind)
    assert refused.value.required_scope == "payments:write"


async def test_reaches_one_holder_s_own_ledgers_only_with_its_token(actor, issue, receive):
    holder_id = await a_holder(actor)
    own, foreign = await issue(holder_id=holder_id), await issue()
    token = replace(actor, holder_id=holder_id)
    payment, _ = await receive(own, by=token)
    assert (await stored_payment(payment.id))["status"] == "ACCEPTED"
    async with nothing_changes():
        with pytest.raises(NotFound):
            await receive(foreign, by=token)

"""Sending money: held at once, promised, and nothing at all where it is refused."""

import asyncio
import hashlib
import json
from dataclasses import replace
from uuid import UUID

import pytest

from app.db.connection import fetch, fetchval
from app.journal.amounts import AmountText
from app.kernel.errors import (
    AssetMismatch,
    Forbidden,
    IdempotencyMismatch,
    InsufficientFunds,
    Invalid,
    InvalidState,
    NotFound,
)
from app.kernel.money import Money
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText
from app.payments.status import PaymentDirection, PaymentStatus
from tests.bookkeeping import GBP, balance_of, gbp, nothing_changes
from tests.payments.conftest import (
    GRACE,
    a_holder,
    hold_of,
    in_status,
    settlement_id,
    stored_payment,
    transfers_of,
    while_it_is_closed,
)


async def test_holds_the_money_and_promises_to_send_it(actor, ledger_id, send):
    payment, replayed = await send(ledger_id, reference="Invoice 117", metadata={"invoice": 117})

    assert not replayed
    assert (payment.direction, payment.status, payment.status_reason) == (
        PaymentDirection.OUT,
        PaymentStatus.PENDING,
        None,
    )
    assert (payment.ledger_id, payment.amount) == (ledger_id, Money(3_000, GBP))
    assert payment.counterparty == Counterparty("Grace Hopper", "GB33BUKB20201555555555")
    assert (payment.reference, payment.metadata) == ("Invoice 117", {"invoice": 117})
    assert (payment.transfer_id, payment.partner_reference, payment.version) == (None, None, 1)
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 3_000, 1)

    hold = await hold_of(payment.id)
    assert (hold["id"], hold["status"], hold["amount_minor_units"]) == (payment.hold_id, "PLACED", 3_000)
    assert (hold["debit_id"], hold["credit_id"], hold["expires_at"]) == (ledger_id, await settlement_id(), None)
    assert (hold["reference"], hold["metadata"]) == ("Invoice 117", {"invoice": 117})
    promised = await fetch("SELECT kind, resource_id, request_id FROM outbox_messages")
    assert [tuple(row) for row in promised] == [("send_payment", payment.id, "request-1")]


async def test_tells_of_it_without_personal_data(ledger_id, send, told):
    payment, _ = await send(ledger_id, reference="Invoice 117", metadata={"invoice": 117})

    (event,) = await told(payment.id)
    stored = await stored_payment(payment.id)
    instant = stored["created_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert (event.type, event.resource_version, event.previous) == ("payment.status.pending", 1, None)
    assert event.data == {
        "id": str(payment.id),
        "direction": "OUT",
        "status": "PENDING",
        "status_reason": None,
        "ledger_id": str(ledger_id),
        "amount": {"value": "30.00", "minor_units": "3000", "asset": "GBP", "scale": 2},
        "reference": "Invoice 117",
        "metadata": {"invoice": 117},
        "hold_id": str(payment.hold_id),
        "transfer_id": None,
        "partner_reference": None,
        "created_at": instant,
        "updated_at": instant,
        "version": 1,
    }
    assert [event.type for event in await told(payment.hold_id)] == ["hold.status.placed"]


async def test_tells_of_the_payment_before_its_hold(actor, ledger_id, send):
    payment, _ = await send(ledger_id)

    rows = await fetch("SELECT type FROM unnumbered_events WHERE customer_id = $1 ORDER BY insertion DESC LIMIT 2",
                       payment.customer_id)  # fmt: skip
    assert [row["type"] for row in rows] == ["hold.status.placed", "payment.status.pending"]


async def test_belongs_to_the_holder_of_its_ledger(actor, issue, receive, send, told):
    held = await issue(holder_id=await a_holder(actor))
    await receive(held)
    payment, _ = await send(held)

    (event,) = await told(payment.id)
    assert event.holder_id == await fetchval("SELECT holder_id FROM ledgers WHERE id = $1", held)


async def test_normalizes_the_account_that_it_is_sent_to(ledger_id, send):
    payee = CounterpartyText(" Grace ", iban="gb33 bukb 2020 1555 5555 55", uk_bank_account=("20-20-15", "55555555"))
    payment, _ = await send(ledger_id, counterparty=payee)

    assert payment.counterparty == Counterparty("Grace", "GB33BUKB20201555555555", "202015", "55555555")


# ── the same again ──


async def test_answers_the_same_payment_for_the_same_key_and_changes_nothing(ledger_id, send):
    first, _ = await send(ledger_id, "30.50")

    async with nothing_changes():
        spaced = replace(GRACE, iban="GB33 BUKB 2020 1555 5555 55")
        second, replayed = await send(ledger_id, "30.5", counterparty=spaced, metadata={})

    assert replayed
    assert second == first


async def test_answers_it_as_it_now_is(ledger_id, send, carry_out):
    first, _ = await send(ledger_id)
    await carry_out(first.id)

    second, replayed = await send(ledger_id)

    assert replayed
    assert (second.id, second.status, second.version) == (first.id, PaymentStatus.ACCEPTED, 2)


async def test_answers_it_though_its_ledger_is_empty_or_closed_by_now(actor, issue, receive, send, carry_out):
    ledger_id = await issue()
    await receive(ledger_id, "30.00")
    first, _ = await send(ledger_id)
    assert (await send(ledger_id))[1]
    await carry_out(first.id)
    await close_ledger(actor, CloseLedger(str(ledger_id)))

    second, replayed = await send(ledger_id)

    assert (replayed, second.id) == (True, first.id)


BY_NUMBERS = CounterpartyText("Grace Hopper", uk_bank_account=("202015", "55555555"))
BY_BOTH = replace(BY_NUMBERS, iban=GRACE.iban)


@pytest.mark.parametrize("first", [GRACE, BY_NUMBERS, BY_BOTH])
@pytest.mark.parametrize("second", [GRACE, BY_NUMBERS, BY_BOTH])
async def test_takes_an_account_by_its_iban_and_by_its_numbers_for_the_same(ledger_id, send, first, second):
    payment, _ = await send(ledger_id, counterparty=first)
    async with nothing_changes():
        again, replayed = await send(ledger_id, counterparty=second)
    assert (again.id, replayed) == (payment.id, True)


async def test_keeps_keys_of_when_an_iban_was_hashed_as_it_was_sent(ledger_id, send):
    payment, _ = await send(ledger_id)
    payee = {"name": "Grace Hopper", "iban": GRACE.iban, "sort_code": None, "account_number": None}
    content = {"ledger_id": str(ledger_id), "amount": "3e1 GBP", "counterparty": payee}
    canonical = json.dumps(["sendPayment", content], sort_keys=True)
    hashed = hashlib.sha256(canonical.encode()).digest()
    await fetch("UPDATE idempotency_keys SET command_hash = $1 WHERE operation = 'sendPayment'", hashed)
    again, replayed = await send(ledger_id)
    assert (again.id, replayed) == (payment.id, True)


@pytest.mark.parametrize(
    "other",
    [
        {"value": "30.01"},
        {"counterparty": replace(GRACE, name="Grace")},
        {"counterparty": CounterpartyText("Grace Hopper", uk_bank_account=("202015", "55555556"))},
        {"reference": "Rent"},
        {"metadata": {"simulate": "slow"}},
    ],
)
async def test_refuses_the_same_key_with_other_content(ledger_id, send, other):
    await send(ledger_id)

    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch) as refused:
            await send(ledger_id, **other)

    assert refused.value.path == ("idempotency_key",)


async def test_sends_once_for_many_callers_with_one_key(actor, ledger_id, send):
    answers = await asyncio.gather(*(send(ledger_id) for _ in range(15)))

    assert len({payment.id for payment, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 14
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 3_000, 1)
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 1


async def test_never_holds_more_than_there_is_however_many_ask(actor, ledger_id, send):
    answers = await asyncio.gather(
        *(send(ledger_id, "30.00", f"key-{number}") for number in range(10)), return_exceptions=True
    )

    refusals = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(refusals) == 7
    assert {type(refusal) for refusal in refusals} == {InsufficientFunds}
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 9_000, 1)
    assert await fetchval("SELECT count(*) FROM payments WHERE direction = 'OUT'") == 3


async def test_can_use_the_key_of_a_refused_payment(ledger_id, send):
    with pytest.raises(InsufficientFunds):
        await send(ledger_id, "100.01")

    payment, replayed = await send(ledger_id, "100.00")

    assert (payment.amount, replayed) == (Money(10_000, GBP), False)


# ── refusals change nothing ──


async def test_refuses_more_than_there_is(ledger_id, send):
    await send(ledger_id, "60.00", "key-0")

    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await send(ledger_id, "40.01")

    assert (refused.value.lacking_id, refused.value.available) == (ledger_id, Money(4_000, GBP))
    assert refused.value.path == ("ledger_id",)


@pytest.mark.parametrize(
    ("wanted", "refusal", "path"),
    [
        ({"amount": AmountText("10.00", "EUR")}, AssetMismatch, ("amount", "asset")),
        ({"amount": gbp("10.001")}, Invalid, ("amount", "value")),
        ({"amount": gbp("0.00")}, Invalid, ("amount", "value")),
        ({"amount": gbp("-1")}, Invalid, ("amount", "value")),
        ({"amount": gbp("1e3")}, Invalid, ("amount", "value")),
        ({"amount": gbp("9" * 37)}, Invalid, ("amount", "value")),
        ({"counterparty": replace(GRACE, name="  ")}, Invalid, ("counterparty", "name")),
        ({"counterparty": CounterpartyText("Grace")}, Invalid, ("counterparty",)),
        (
            {"counterparty": CounterpartyText("Grace", iban="GB34BUKB20201555555555")},
            Invalid,
            ("counterparty", "iban"),
        ),
        (
            {"counterparty": CounterpartyText("Grace", uk_bank_account=("2020", "55555555"))},
            Invalid,
            ("counterparty", "uk_bank_account", "sort_code"),
        ),
        (
            {"counterparty": CounterpartyText("Grace", uk_bank_account=("202015", "5555"))},
            Invalid,
            ("counterparty", "uk_bank_account", "account_number"),
        ),
        (
            {"counterparty": replace(GRACE, uk_bank_account=("202015", "55555556"))},
            Invalid,
            ("counterparty", "uk_bank_account"),
        ),
        (
            {
                "counterparty": CounterpartyText(
                    "Grace", iban="DE89370400440532013000", uk_bank_account=("370400", "44053201")
                )
            },
            Invalid,
            ("counterparty", "uk_bank_account"),
        ),
        ({"reference": "x" * 256}, Invalid, ("reference",)),
        ({"metadata": ["no object"]}, Invalid, ("metadata",)),
        ({"idempotency_key": " "}, Invalid, ("idempotency_key",)),
        ({"ledger_id": "no-uuid"}, Invalid, ("ledger_id",)),
        ({"ledger_id": str(UUID(int=7))}, NotFound, ("ledger_id",)),
    ],
)
async def test_refuses_what_cannot_be_and_names_the_argument(ledger_id, send, wanted, refusal, path):
    async with nothing_changes():
        with pytest.raises(refusal) as refused:
            await send(**{"ledger_id": ledger_id, **wanted})

    assert (type(refused.value), refused.value.path) == (refusal, path)


async def test_refuses_a_virtual_ledger(issue_gold, send):
    gold = await issue_gold()

    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await send(gold, amount=AmountText("1", "GOLD"))

    assert refused.value.path == ("ledger_id",)


@pytest.mark.parametrize("status", ["PENDING", "DECLINED", "CLOSED"])
async def test_refuses_a_ledger_that_is_not_ok(actor, issue, send, status):
    ledger_id = await in_status(status, actor, issue)

    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await send(ledger_id)

    assert (refused.value.status, refused.value.path) == (status, ("ledger_id",))


async def test_refuses_a_ledger_that_is_closed_meanwhile(actor, issue, send):
    ledger_id = await issue()

    sending = await while_it_is_closed(actor, ledger_id, lambda: send(ledger_id))

    with pytest.raises(InvalidState) as refused:
        await sending
    assert (refused.value.status, refused.value.path) == ("CLOSED", ("ledger_id",))
    assert await fetchval("SELECT count(*) FROM payments") == 0


async def test_finds_no_ledger_of_another_customer_and_no_settlement_account(make_actor, ledger_id, send):
    other = await make_actor()
    for named, by in ((ledger_id, other), (await settlement_id(), None)):
        async with nothing_changes():
            with pytest.raises(NotFound) as refused:
                await send(named, by=by)
        assert refused.value.path == ("ledger_id",)


async def test_asks_for_its_scope(actor, ledger_id, send):
    blind = replace(actor, scopes=frozenset({"payments:read", "transfers:write", "ledgers:write"}))
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await send(ledger_id, by=blind)
    assert refused.value.required_scope == "payments:write"

    narrow = replace(actor, scopes=frozenset({"payments:write"}))
    assert (await send(ledger_id, by=narrow))[0].status is PaymentStatus.PENDING


async def test_lets_one_holder_send_from_its_own_ledgers_only(actor, issue, receive, send):
    holder_id = await a_holder(actor)
    own, foreign = await issue(holder_id=holder_id), await issue()
    for one in (own, foreign):
        await receive(one)
    token = replace(actor, holder_id=holder_id)
    await send(foreign, key="theirs")

    for key in ("key-1", "theirs"):
        async with nothing_changes():
            with pytest.raises(NotFound) as refused:
                await send(foreign, key=key, by=token)
        assert refused.value.path == ("ledger_id",)
    assert (await send(own, by=token))[0].ledger_id == own


async def test_moves_no_money_yet(ledger_id, send):
    payment, _ = await send(ledger_id)
    assert await transfers_of(payment.id) == []

"""What follows from the event of a transfer for each of its sides."""

import itertools
import json
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.posting_accounts import Book, NormalSide
from app.kernel.money import Unit
from app.webhooks.balance_changes import balance_change_of, balance_changes
from app.webhooks.message_body import message_body
from app.webhooks.status import Payload
from tests.bookkeeping import gbp, open_account
from tests.told_events import told_event


@pytest.fixture
def posted(actor):
    """A function that posts a transfer; answers it and its event."""
    numbers = itertools.count()

    async def post(debit_id, credit_id, value):
        command = PostTransfer(
            debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp(value), idempotency_key=f"key-{next(numbers)}"
        )
        transfer, _ = await post_transfer(actor, command)
        return transfer, await told_event("WHERE resource_id = $1", transfer.id)

    return post


def of_side(event_id, bits):
    return UUID(int=event_id.int | bits)


@pytest.mark.parametrize(("book", "noun"), [(Book.BANK, "ledger"), (Book.VIRTUAL, "ledger"), (Book.WALLET, "wallet")])
async def test_is_a_message_for_each_side(actor, posted, book, noun):
    payer = await open_account(actor.customer_id, book=book, balance=10_000)
    payee = await open_account(actor.customer_id, book=book, allow_negative=True)
    transfer, row = await posted(payer, payee, "30.50")
    event = json.loads(row["body"])
    debit_message, credit_message = of_side(row["id"], 0b01), of_side(row["id"], 0b10)

    assert [(one.message_id, one.type, one.resource_id) for one in balance_changes(row["id"], row["body"])] == [
        (debit_message, f"{noun}.balance_changed", payer),
        (credit_message, f"{noun}.balance_changed", payee),
    ]
    common = {
        "type": f"{noun}.balance_changed",
        "timestamp": event["timestamp"],
        "api_version": "2026-11-20",
        "previous": None,
        "cause": {"via": "graphql", "request_id": event["cause"]["request_id"]},
    }
    amount = {"value": "30.50", "minor_units": "3050", "asset": "GBP", "scale": 2}
    for message_id, account_id, bits, direction, after, sequence in (
        (debit_message, payer, 0b01, "DEBIT", "69.50", 2),
        (credit_message, payee, 0b10, "CREDIT", "30.50", 1),
    ):
        full = json.loads(message_body(Payload.FULL, row["body"], customer_id=new_id(), message_id=message_id))
        assert full == {
            **common,
            "id": str(message_id),
            "resource": {"type": noun, "id": str(account_id), "version": sequence},
            "data": {
                f"{noun}_id": str(account_id),
                "transfer_id": str(transfer.id),
                "entry_id": str(of_side(transfer.id, bits)),
                "direction": direction,
                "amount": amount,
                "balance": {
                    "posted": {"value": after, "minor_units": after.replace(".", ""), "asset": "GBP", "scale": 2}
                },
                "sequence": str(sequence),
            },
        }
        thin = json.loads(message_body(Payload.THIN, row["body"], customer_id=new_id(), message_id=message_id))
        assert thin == {name: value for name, value in full.items() if name not in {"previous", "data"}}


async def test_is_none_for_a_system_account(actor):
    account_id = await open_account(actor.customer_id, balance=5)
    row = await told_event("WHERE type = 'transfer.posted'")
    (change,) = balance_changes(row["id"], row["body"])
    assert (change.message_id, change.resource_id) == (of_side(row["id"], 0b10), account_id)


@pytest.mark.parametrize(
    ("scale", "units", "value", "minor_units"),
    [(0, 7, "7", "7"), (2, 5, "0.05", "5"), (18, 10**38 - 1, "9" * 20 + "." + "9" * 18, "9" * 38)],
)
async def test_tells_balances_exactly(actor, scale, units, value, minor_units):
    await open_account(actor.customer_id, unit=Unit("TOKEN", scale), balance=units)
    row = await told_event("WHERE type = 'transfer.posted'")
    (change,) = balance_changes(row["id"], row["body"])
    body = message_body(Payload.FULL, row["body"], customer_id=actor.customer_id, message_id=change.message_id)
    posted = json.loads(body)["data"]["balance"]["posted"]
    assert posted == {"value": value, "minor_units": minor_units, "asset": "TOKEN", "scale": scale}


async def test_tells_a_negative_balance(actor, posted):
    payer = await open_account(actor.customer_id, book=Book.WALLET, allow_negative=True)
    payee = await open_account(actor.customer_id, book=Book.WALLET, normal_side=NormalSide.DEBIT, allow_negative=True)
    _, row = await posted(payer, payee, "0.05")
    bodies = [
        message_body(Payload.FULL, row["body"], customer_id=actor.customer_id, message_id=change.message_id)
        for change in balance_changes(row["id"], row["body"])
    ]
    assert [json.loads(body)["data"]["balance"]["posted"]["minor_units"] for body in bodies] == ["-5", "-5"]


async def test_is_flat_when_a_notification(actor, posted):
    payer, payee = await open_account(actor.customer_id, balance=100), await open_account(actor.customer_id)
    transfer, row = await posted(payer, payee, "1.00")
    for bits, ledger_id in ((0b01, payer), (0b10, payee)):
        message_id = of_side(row["id"], bits)
        body = message_body(Payload.NOTIFICATION, row["body"], customer_id=actor.customer_id, message_id=message_id)
        assert json.loads(body) == {
            "type": "ledger-changed",
            "notification_id": str(message_id),
            "owner": str(actor.customer_id),
            "created_at": json.loads(row["body"])["timestamp"],
            "ledger_id": str(ledger_id),
            "transaction_id": str(transfer.id),
        }


def test_knows_an_events_own_message_by_its_id():
    event_id = new_id()
    assert balance_change_of(event_id) is None
    assert [balance_change_of(of_side(event_id, bits)).value for bits in (0b01, 0b10)] == ["DEBIT", "CREDIT"]

"""What the events of transfers and holds tell, byte for byte in a transfer's case."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from app.db.identifiers import new_id
from app.events.record import Resource
from app.journal.events import describe_hold, hold_moved, party_type, transfer_posted
from app.journal.posting_accounts import Book
from app.journal.records import Hold, Side, Transfer
from app.journal.status import HoldStatus, TransferKind
from app.kernel.actor import Actor, Via
from app.kernel.clock import rfc3339
from app.kernel.money import Unit

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
ACTOR = Actor(new_id(), frozenset({"*"}), Via.GRAPHQL, "api_key:test", request_id='a "request"')
PAYER = Side(new_id(), Book.BANK, is_system=False, holder_id=new_id())
SETTLEMENT = Side(new_id(), Book.BANK, is_system=True, holder_id=None)
NASTY = 'a "quote", a \\ and a \u2028 and an é\t'


@pytest.fixture
def transfer():
    return Transfer(
        customer_id=ACTOR.customer_id,
        id=new_id(),
        kind=TransferKind.PAYMENT_OUT,
        amount=10**38 - 1,
        unit=Unit("ETH", 18),
        debit=PAYER,
        debit_sequence=7,
        debit_balance_after=-5,
        credit=SETTLEMENT,
        credit_sequence=2**63 - 1,
        credit_balance_after=10**38 - 1,
        hold_id=new_id(),
        payment_id=new_id(),
        reverses_id=None,
        reversed_by_id=None,
        reference=NASTY,
        metadata={"secret": "is not told"},
        is_forced=True,
        posted_at=NOW,
    )


@pytest.fixture
def hold():
    return Hold(
        customer_id=ACTOR.customer_id,
        id=new_id(),
        status=HoldStatus.PLACED,
        amount=1_050,
        captured=0,
        released=0,
        unit=Unit("GBP", 2),
        debit=PAYER,
        credit=SETTLEMENT,
        payment_id=None,
        transfer_id=None,
        expires_at=NOW + timedelta(hours=1),
        reference=NASTY,
        metadata={"a": 1},
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


def test_tells_the_value_date_of_a_transfer(transfer):
    transfer.backdated_to = NOW - timedelta(days=3)
    told = orjson.loads(transfer_posted(transfer, ACTOR, rfc3339(transfer.posted_at)).body)["data"]
    assert (told["effective_at"], told["posted_at"]) == (rfc3339(NOW - timedelta(days=3)), rfc3339(NOW))


def test_tells_of_a_transfer_with_both_sides(transfer):
    event = transfer_posted(transfer, ACTOR, rfc3339(transfer.posted_at))

    assert orjson.loads(event.body) == {
        "id": str(event.id),
        "type": "transfer.posted",
        "timestamp": rfc3339(NOW),
        "api_version": "2026-11-20",
        "resource": {"type": "transfer", "id": str(transfer.id), "version": 1},
        "previous": None,
        "data": {
            "id": str(transfer.id),
            "kind": "PAYMENT_OUT",
            "amount": {
                "value": "9" * 20 + "." + "9" * 18,
                "minor_units": "9" * 38,
                "asset": "ETH",
                "scale": 18,
            },
            "debit": {
                "id": str(PAYER.account_id),
                "type": "ledger",
                "balance_after": "-0.000000000000000005",
                "sequence": "7",
            },
            "credit": {
                "id": str(SETTLEMENT.account_id),
                "type": "system_account",
                "balance_after": "9" * 20 + "." + "9" * 18,
                "sequence": "9223372036854775807",
            },
            "reference": NASTY,
            "hold_id": str(transfer.hold_id),
            "payment_id": str(transfer.payment_id),
            "reverses_id": None,
            "group_id": None,
            "effective_at": rfc3339(NOW),
            "forced": True,
            "posted_at": rfc3339(NOW),
        },
        "cause": {"via": "graphql", "request_id": 'a "request"'},
    }
    assert (event.type, event.actor) == ("transfer.posted", ACTOR)
    assert event.resource == Resource("transfer", transfer.id, 1, PAYER.holder_id)
    assert (event.debit_id, event.credit_id) == (PAYER.account_id, SETTLEMENT.account_id)
    assert event.other_holder_id == SETTLEMENT.holder_id


def test_writes_a_transfer_s_body_as_orjson_would(transfer):
    body = transfer_posted(transfer, ACTOR, rfc3339(transfer.posted_at)).body
    assert orjson.dumps(orjson.loads(body)).decode() == body


def test_tells_of_a_hold_and_where_it_came_from(hold):
    placed = orjson.loads(hold_moved(hold, ACTOR).body)
    assert (placed["type"], placed["previous"]) == ("hold.status.placed", None)
    hold.status, hold.version, hold.transfer_id = HoldStatus.CAPTURED, 2, new_id()
    hold.captured, hold.released = 400, 650
    hold.updated_at = NOW + timedelta(minutes=1)

    event = hold_moved(hold, ACTOR)

    body = orjson.loads(event.body)
    assert event.type == "hold.status.captured"
    assert event.resource == Resource("hold", hold.id, 2, PAYER.holder_id)
    assert (event.debit_id, event.credit_id) == (PAYER.account_id, SETTLEMENT.account_id)
    assert event.other_holder_id == SETTLEMENT.holder_id
    assert body["timestamp"] == rfc3339(hold.updated_at)
    assert body["resource"] == {"type": "hold", "id": str(hold.id), "version": 2}
    assert body["previous"] == {"status": "PLACED"}
    assert (
        body["data"]
        == describe_hold(hold)
        == {
            "id": str(hold.id),
            "status": "CAPTURED",
            "amount": {"value": "10.50", "minor_units": "1050", "asset": "GBP", "scale": 2},
            "captured": {"value": "4.00", "minor_units": "400", "asset": "GBP", "scale": 2},
            "released": {"value": "6.50", "minor_units": "650", "asset": "GBP", "scale": 2},
            "remaining": {"value": "0.00", "minor_units": "0", "asset": "GBP", "scale": 2},
            "debit": {"id": str(PAYER.account_id), "type": "ledger"},
            "credit": {"id": str(SETTLEMENT.account_id), "type": "system_account"},
            "payment_id": None,
            "transfer_id": str(hold.transfer_id),
            "expires_at": rfc3339(NOW + timedelta(hours=1)),
            "reference": NASTY,
            "metadata": {"a": 1},
            "created_at": rfc3339(NOW),
            "updated_at": rfc3339(NOW + timedelta(minutes=1)),
            "version": 2,
        }
    )


@pytest.mark.parametrize(
    ("book", "is_system", "name"),
    [
        (Book.BANK, False, "ledger"),
        (Book.VIRTUAL, False, "ledger"),
        (Book.WALLET, False, "wallet"),
        (Book.BANK, True, "system_account"),
        (Book.WALLET, True, "system_account"),
    ],
)
def test_says_what_stands_behind_a_side(book, is_system, name):
    assert party_type(Side(new_id(), book, is_system, None)) == name

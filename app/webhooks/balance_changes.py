"""A transfer makes one message for each of its sides that is a ledger or wallet.

Its id is the event's id with the side in the last two bits: 01 is the debited side, 10 the credited one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.events.event_types import LEDGER_BALANCE_CHANGED, WALLET_BALANCE_CHANGED
from app.journal.records import DIRECTION_BITS, entry_id
from app.journal.status import EntryDirection

TYPE_OF_SIDE = {"ledger": LEDGER_BALANCE_CHANGED, "wallet": WALLET_BALANCE_CHANGED}
"""Nobody is told about system accounts."""
_SIDE_OF = {EntryDirection.DEBIT: "debit", EntryDirection.CREDIT: "credit"}
_DIRECTION_OF_BITS = {bits: direction for direction, bits in DIRECTION_BITS.items()}


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A transfer credited or debited this ledger or wallet."""

    message_id: UUID
    type: str
    direction: EntryDirection
    resource_type: str
    resource_id: UUID


def balance_changes(event_id: UUID, event_body: str) -> Iterator[BalanceChange]:
    """The balance changes of a transfer's event, the debited side first."""
    data = orjson.loads(event_body)["data"]
    for direction, name in _SIDE_OF.items():
        side = data[name]
        if side["type"] in TYPE_OF_SIDE:
            message_id = UUID(int=event_id.int | DIRECTION_BITS[direction])
            yield BalanceChange(message_id, TYPE_OF_SIDE[side["type"]], direction, side["type"], UUID(side["id"]))


def balance_change_of(message_id: UUID) -> EntryDirection | None:
    """Which side a message is about; None for an event's own message, whose id ends in 00."""
    return _DIRECTION_OF_BITS.get(message_id.int & 0b11)


def balance_changed(event: dict[str, Any], direction: EntryDirection, message_id: UUID) -> dict[str, Any]:
    """The message about one side of a transfer, in the form of an event."""
    transfer = event["data"]
    side = transfer[_SIDE_OF[direction]]
    transfer_id, amount = transfer["id"], transfer["amount"]
    posted = {
        "value": side["balance_after"],
        "minor_units": str(int(side["balance_after"].replace(".", ""))),
        "asset": amount["asset"],
        "scale": amount["scale"],
    }
    return {
        **event,
        "id": str(message_id),
        "type": TYPE_OF_SIDE[side["type"]],
        "resource": {"type": side["type"], "id": side["id"], "version": int(side["sequence"])},
        "previous": None,
        "data": {
            f"{side['type']}_id": side["id"],
            "transfer_id": transfer_id,
            "entry_id": str(entry_id(UUID(transfer_id), direction)),
            "direction": direction.value,
            "amount": amount,
            "balance": {"posted": posted},
            "sequence": side["sequence"],
        },
    }

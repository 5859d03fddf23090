"""How far the demo has come: what its table and its summary are made of."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.cli.demo_receiver import Receipt


@dataclass(slots=True)
class LedgerLine:
    """One ledger, as the webhooks told of it."""

    ledger_id: str
    holder_name: str
    asset: str
    status: str
    iban: str | None = None
    iban_status: str = "NOT_REQUESTED"
    version: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def take(self, receipt: Receipt) -> None:
        """Bring in what a message tells. One that tells of an earlier version only counts."""
        self.milliseconds.append(receipt.milliseconds)
        if receipt.data["version"] < self.version:
            return
        self.version = receipt.data["version"]
        self.status = receipt.data["status"]
        self.iban = receipt.data["iban"]
        self.iban_status = receipt.data["iban_status"]


@dataclass(slots=True)
class Progress:
    """All of it. `expected` holds the ids of the events that the API says there were."""

    step: str = "starting"
    url: str = ""
    lines: dict[str, LedgerLine] = field(default_factory=dict)
    holder_ids: set[str] = field(default_factory=set)
    holder_statuses: dict[str, str] = field(default_factory=dict)
    early: list[Receipt] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)

    def take(self, receipt: Receipt) -> None:
        """Bring in a verified message. It may tell of a ledger before the API's answer did."""
        if receipt.event_type.startswith("holder."):
            self.holder_statuses[receipt.resource_id] = receipt.data["status"]
        elif receipt.resource_id in self.lines:
            self.lines[receipt.resource_id].take(receipt)
        else:
            self.early.append(receipt)

    def add(self, line: LedgerLine) -> None:
        """Add a ledger."""
        self.lines[line.ledger_id] = line
        for receipt in [early for early in self.early if early.resource_id == line.ledger_id]:
            self.early.remove(receipt)
            line.take(receipt)


def summarize(progress: Progress, receipts: dict[str, Receipt], *, unverified: int, repeated: int) -> dict[str, Any]:
    """The demo's outcome. `complete`: every expected webhook arrived and verified, and none came that did not."""
    received = [receipts[event_id] for event_id in progress.expected if event_id in receipts]
    milliseconds = sorted(receipt.milliseconds for receipt in received)
    return {
        "url": progress.url,
        "complete": bool(progress.expected) and len(received) == len(progress.expected) and unverified == 0,
        "ledgers": [
            {
                "id": line.ledger_id,
                "holder": line.holder_name,
                "asset": line.asset,
                "status": line.status,
                "iban": line.iban,
                "webhooks": len(line.milliseconds),
            }
            for line in progress.lines.values()
        ],
        "webhooks": {
            "expected": len(progress.expected),
            "verified": len(received),
            "unverified": unverified,
            "repeated": repeated,
        },
        "milliseconds_from_event_to_receipt": {
            "median": round(median(milliseconds), 1) if milliseconds else None,
            "slowest": round(milliseconds[-1], 1) if milliseconds else None,
        },
    }

"""The demo's progress, for its table and its summary."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from app.demo.receiver import Receipt

BALANCE_CHANGED = "ledger.balance_changed"
ONLY_COUNTED = ("transfer.", "hold.", "account.", "wallet.")


@dataclass(slots=True)
class LedgerLine:
    """One ledger, as the webhooks reported it."""

    ledger_id: str
    holder_name: str
    asset: str
    status: str
    iban: str | None = None
    iban_status: str = "NOT_REQUESTED"
    version: int = 0
    balance: str = ""
    sequence: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def take(self, receipt: Receipt) -> None:
        """Apply a message. One about an earlier version is only counted."""
        self.milliseconds.append(receipt.milliseconds)
        if receipt.event_type == BALANCE_CHANGED:
            self._take_balance(receipt)
        else:
            self._take_status(receipt)

    def _take_balance(self, receipt: Receipt) -> None:
        sequence = int(receipt.data["sequence"])
        if sequence > self.sequence:
            self.sequence = sequence
            self.balance = receipt.data["balance"]["posted"]["value"]

    def _take_status(self, receipt: Receipt) -> None:
        if receipt.data["version"] < self.version:
            return
        self.version = receipt.data["version"]
        self.status = receipt.data["status"]
        self.iban = receipt.data["iban"]
        self.iban_status = receipt.data["iban_status"]


@dataclass(frozen=True, slots=True)
class WalletLine:
    """One wallet of the story, and what it holds in the end."""

    name: str
    currency: str
    balance: str


@dataclass(slots=True)
class Progress:
    """The whole progress. `expected` holds the ids of the messages that should come, from the API's events.

    `resource_ids` are the holds, payments, accounts and wallets of the story, `transfer_ids` its transfers.
    """

    step: str = "starting"
    url: str = ""
    lines: dict[str, LedgerLine] = field(default_factory=dict)
    holder_ids: set[str] = field(default_factory=set)
    holder_statuses: dict[str, str] = field(default_factory=dict)
    early: list[Receipt] = field(default_factory=list)
    resource_ids: set[str] = field(default_factory=set)
    transfer_ids: set[str] = field(default_factory=set)
    wallets: list[WalletLine] = field(default_factory=list)
    payment_statuses: dict[str, str] = field(default_factory=dict)
    balanced: bool | None = None
    expected: set[str] = field(default_factory=set)

    def take(self, receipt: Receipt) -> None:
        """Apply a verified message. It may come before the API's answer about that ledger."""
        if receipt.event_type.startswith("holder."):
            self.holder_statuses[receipt.resource_id] = receipt.data["status"]
        elif receipt.event_type.startswith("payment."):
            # Two messages about one payment may come in the wrong order; only PENDING is followed by another status.
            if self.payment_statuses.get(receipt.resource_id, "PENDING") == "PENDING":
                self.payment_statuses[receipt.resource_id] = receipt.data["status"]
        elif receipt.event_type.startswith(ONLY_COUNTED):
            return
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
        "complete": bool(progress.expected)
        and len(received) == len(progress.expected)
        and unverified == 0
        and progress.balanced is not False,
        "ledgers": [
            {
                "id": line.ledger_id,
                "holder": line.holder_name,
                "asset": line.asset,
                "status": line.status,
                "iban": line.iban,
                "balance": line.balance or None,
                "webhooks": len(line.milliseconds),
            }
            for line in progress.lines.values()
        ],
        "wallets": [{"name": one.name, "currency": one.currency, "balance": one.balance} for one in progress.wallets],
        "money": {"transfers": len(progress.transfer_ids), "balanced": progress.balanced},
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

"""The inputs of the mutations that move money."""

import strawberry

from app.api.graphql.described import described, described_input, optional
from app.api.graphql.money import MoneyInput
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.reply import command_of
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.journal.adjust_hold import AdjustHold
from app.journal.capture_hold import CaptureHold
from app.journal.place_hold import PlaceHold
from app.journal.place_holds import PlaceHolds
from app.journal.post_transfer import PostTransfer
from app.journal.post_transfers import PostTransfers
from app.journal.release_hold import ReleaseHold
from app.journal.reverse_group import ReverseGroup
from app.journal.reverse_transfer import ReverseTransfer
from app.ledgers.credit_virtual_ledger import VirtualMovement

MONEY_KEY = (
    "At most 255 characters of your choice; never forgotten. The same content with the same key is done once: "
    "`order-117`."
)
REFERENCE = "Your own reference, at most 255 characters: `invoice 2026-117`."
EFFECTIVE_AT = (
    "The value date: `2026-10-31T00:00:00Z`. Not in the future, and not in closed books. Null: the instant of posting."
)
MONEY_METADATA = 'Your own fields, at most 16 kB: `{"invoice": "2026-117"}`. Also known as `transaction_meta`.'


@described_input(
    "A transfer. `debitId` and `creditId` name ledgers, or wallets. Between ledgers the debited one pays and the "
    "credited one receives."
)
class PostTransferInput:
    """What postTransfer takes, and each item of postTransfers."""

    idempotency_key: str = described(MONEY_KEY)
    debit_id: strawberry.ID = described(
        f"The ledger that pays, or the wallet to debit: `{EXAMPLE_ID}`. Also known as `ledger_from_id`."
    )
    credit_id: strawberry.ID = described(
        f"The ledger that receives, or the wallet to credit: `{EXAMPLE_ID}`. Also known as `ledger_to_id`."
    )
    amount: MoneyInput = described("How much: more than zero, of the ledgers' asset.")
    effective_at: DateTimeText | None = optional(EFFECTIVE_AT)
    reference: str | None = optional(REFERENCE)
    metadata: JSONValue | None = optional(MONEY_METADATA)

    def to_command(self) -> PostTransfer:
        """The command of the verb."""
        return command_of(PostTransfer, self, amount=self.amount.as_sent())


@described_input("Up to 1,000 transfers, posted in their order.")
class PostTransfersInput:
    transfers: list[PostTransferInput] = described("Between 1 and 1,000 of them.")
    atomic: bool = described(
        "All or none, as a group; items already known by their key count as done: `true`.", default=False
    )
    after: str | None = optional(
        "To keep two requests under way and their order: the key of the last item of the request before, "
        "`row-1000`. These are posted once that one has ended. If it is not under way at this server, or not all "
        "of it was done, nothing happens and the answer is `LIMIT_EXCEEDED`: send these again once it is answered."
    )

    def to_command(self) -> PostTransfers:
        """The command of the verb."""
        return PostTransfers([one.to_command() for one in self.transfers], self.atomic, self.after)


@described_input("A movement of what a virtual ledger holds, into it or out of it.")
class VirtualMovementInput:
    idempotency_key: str = described(MONEY_KEY)
    ledger_id: strawberry.ID = described(f"Which virtual ledger: `{EXAMPLE_ID}`. Also known as `ledger_id`.")
    amount: MoneyInput = described("How much: more than zero, of the ledger's asset.")
    effective_at: DateTimeText | None = optional(EFFECTIVE_AT)
    reference: str | None = optional(REFERENCE)
    metadata: JSONValue | None = optional(MONEY_METADATA)

    def to_command(self) -> VirtualMovement:
        """The command of the verb."""
        return command_of(VirtualMovement, self, amount=self.amount.as_sent())


@described_input("Funds to reserve for a transfer that may follow.")
class PlaceHoldInput:
    idempotency_key: str = described(MONEY_KEY)
    debit_id: strawberry.ID = described(f"The ledger that would pay, or the wallet to debit: `{EXAMPLE_ID}`.")
    credit_id: strawberry.ID = described(f"The ledger that would receive, or the wallet to credit: `{EXAMPLE_ID}`.")
    amount: MoneyInput = described("How much: more than zero, of the ledgers' asset.")
    expires_at: DateTimeText | None = optional("When it is released by itself: `2026-11-21T00:00:00Z`. Null: never.")
    reference: str | None = optional(REFERENCE)
    metadata: JSONValue | None = optional(MONEY_METADATA)

    def to_command(self) -> PlaceHold:
        """The command of the verb."""
        return command_of(PlaceHold, self, amount=self.amount.as_sent())


@described_input("Up to 1,000 holds, placed in their order.")
class PlaceHoldsInput:
    holds: list[PlaceHoldInput] = described("Between 1 and 1,000 of them.")
    atomic: bool = described("All or none; items already known by their key count as done: `true`.", default=False)

    def to_command(self) -> PlaceHolds:
        """The command of the verb."""
        return PlaceHolds([one.to_command() for one in self.holds], self.atomic)


@described_input("A hold whose transfer is to be posted. Without amount: all that remains.")
class CaptureHoldInput:
    idempotency_key: str = described(MONEY_KEY)
    hold_id: strawberry.ID = described(f"Which hold: `{EXAMPLE_ID}`.")
    amount: MoneyInput | None = optional("How much of what remains. Null: all that remains.")
    final: bool = described("Release the rest. `false` keeps it held, for further captures.", default=True)
    effective_at: DateTimeText | None = optional(EFFECTIVE_AT)

    def to_command(self) -> CaptureHold:
        """The command of the verb."""
        amount = None if self.amount is None else self.amount.as_sent()
        return CaptureHold(self.hold_id, self.idempotency_key, amount, self.final, self.effective_at)


@described_input("A hold that is to reserve more, or less.")
class AdjustHoldInput:
    idempotency_key: str = described(MONEY_KEY)
    hold_id: strawberry.ID = described(f"Which hold: `{EXAMPLE_ID}`.")
    amount: MoneyInput = described("Its new amount in all: at least what is captured and released. More needs funds.")

    def to_command(self) -> AdjustHold:
        """The command of the verb."""
        return AdjustHold(self.hold_id, self.idempotency_key, self.amount.as_sent())


@described_input("A hold whose funds are to be given back. Without amount: all that remains.")
class ReleaseHoldInput:
    hold_id: strawberry.ID = described(f"Which hold: `{EXAMPLE_ID}`.")
    idempotency_key: str | None = optional(f"Needed with an amount. {MONEY_KEY}")
    amount: MoneyInput | None = optional("How much of what remains. Null: all that remains.")

    def to_command(self) -> ReleaseHold:
        """The command of the verb."""
        amount = None if self.amount is None else self.amount.as_sent()
        return ReleaseHold(self.hold_id, self.idempotency_key, amount)


@described_input("A transfer that is to be undone by another one, whole or in part.")
class ReverseTransferInput:
    idempotency_key: str = described(MONEY_KEY)
    transfer_id: strawberry.ID = described(f"Which transfer: `{EXAMPLE_ID}`. Also known as `transaction_id`.")
    amount: MoneyInput | None = optional("How much of it. Null: all that is not reversed yet.")
    reason: str | None = optional("Why; it becomes the reversal's reference: `Paid twice.`")

    def to_command(self) -> ReverseTransfer:
        """The command of the verb."""
        amount = None if self.amount is None else self.amount.as_sent()
        return ReverseTransfer(self.transfer_id, self.idempotency_key, self.reason, amount)


@described_input("A group, the transfers of an atomic batch, that is to be undone as one.")
class ReverseGroupInput:
    idempotency_key: str = described(MONEY_KEY)
    group_id: strawberry.ID = described(f"Which group: `{EXAMPLE_ID}`.")
    reason: str | None = optional("Why; it becomes the reversals' reference: `Booked twice.`")

    def to_command(self) -> ReverseGroup:
        """The command of the verb."""
        return ReverseGroup(self.group_id, self.idempotency_key, self.reason)

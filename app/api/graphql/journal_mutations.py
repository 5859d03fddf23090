"""Mutations of transfers, and of virtual ledgers by hand. What they take is in journal_inputs.py."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type, union
from app.api.graphql.errors import RefusalOfBatch, RefusalOfMoney, mutation
from app.api.graphql.journal_inputs import (
    PostTransferInput,
    PostTransfersInput,
    ReverseGroupInput,
    ReverseTransferInput,
    VirtualMovementInput,
)
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.reply import REPLAYED, Asked, Reply, results_of
from app.api.graphql.transfers import Transfer
from app.api.graphql.views import view
from app.journal.carry_out_batch import BATCH_SIZE_MAX
from app.journal.post_transfer import post_transfer
from app.journal.post_transfers import group_of, post_transfers
from app.journal.reverse_group import reverse_group
from app.journal.reverse_transfer import reverse_transfer
from app.ledgers.credit_virtual_ledger import credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger


@described_type("The transfer.")
class TransferSuccess(Reply):
    transfer: Transfer = described("The transfer as it now is.")
    replayed: bool = described(REPLAYED)


TransferResult = Annotated[
    TransferSuccess | RefusalOfMoney, union("TransferResult", "The transfer, or why nothing happened.")
]


@described_type("What became of each transfer.")
class TransfersSuccess(Reply):
    results: list[TransferResult] = described(
        "One for each transfer, in their order: it was posted, or why not. With `atomic` all were."
    )
    group_id: strawberry.ID | None = described(
        f"What the transfers of an atomic batch share: `{EXAMPLE_ID}`. Null where it was not atomic."
    )


@described_type("The group of reversals.")
class GroupSuccess(Reply):
    group_id: strawberry.ID = described(f"What the reversals share: `{EXAMPLE_ID}`.")
    transfers: list[Transfer] = described(
        "The reversals, in the order in which they were posted.", length=BATCH_SIZE_MAX
    )
    replayed: bool = described(REPLAYED)


TransfersResult = Annotated[
    TransfersSuccess | RefusalOfBatch,
    union("TransfersResult", "What became of each transfer, or why nothing happened."),
]


GroupResult = Annotated[
    GroupSuccess | RefusalOfMoney, union("GroupResult", "The group of reversals, or why nothing happened.")
]


@strawberry.type
class JournalMutations:
    """Mutations of transfers."""

    @mutation("Move money between two ledgers, or two wallets. Also known as `inter-ledger`.")
    async def post_transfer(self, info: Info, input: Asked[PostTransferInput]) -> TransferResult:
        return TransferSuccess.of(await post_transfer(info.context.actor, input.to_command()), info.context)

    @mutation("Post up to 1,000 transfers at once, each for itself, or all or none.")
    async def post_transfers(self, info: Info, input: Asked[PostTransfersInput]) -> TransfersResult:
        outcomes = await post_transfers(info.context.actor, input.to_command())
        group_id = group_of(outcomes) if input.atomic else None
        return TransfersSuccess(
            results=results_of(TransferSuccess, outcomes, info.context),
            group_id=None if group_id is None else strawberry.ID(str(group_id)),
        )

    @mutation(
        "Undo a transfer, or a part of it, by another one the other way. Several may, never more than it moved "
        "over all of them."
    )
    async def reverse_transfer(self, info: Info, input: Asked[ReverseTransferInput]) -> TransferResult:
        return TransferSuccess.of(await reverse_transfer(info.context.actor, input.to_command()), info.context)

    @mutation("Undo the transfers of an atomic batch as one: all that is not reversed yet of each, or nothing.")
    async def reverse_group(self, info: Info, input: Asked[ReverseGroupInput]) -> GroupResult:
        group, replayed = await reverse_group(info.context.actor, input.to_command())
        return GroupSuccess(
            group_id=strawberry.ID(str(group.id)),
            transfers=[view(one, info.context) for one in group.transfers],
            replayed=replayed,
        )

    @mutation("Add to a virtual ledger what was taken into the vault. Also known as `manual-credit`.")
    async def credit_virtual_ledger(self, info: Info, input: Asked[VirtualMovementInput]) -> TransferResult:
        return TransferSuccess.of(await credit_virtual_ledger(info.context.actor, input.to_command()), info.context)

    @mutation("Take from a virtual ledger what was given out of the vault. Also known as `manual-debit`.")
    async def debit_virtual_ledger(self, info: Info, input: Asked[VirtualMovementInput]) -> TransferResult:
        return TransferSuccess.of(await debit_virtual_ledger(info.context.actor, input.to_command()), info.context)

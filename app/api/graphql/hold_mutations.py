"""Mutations of holds. What they take is in journal_inputs.py."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type, union
from app.api.graphql.errors import RefusalOfBatch, RefusalOfMoney, mutation
from app.api.graphql.holds import Hold
from app.api.graphql.journal_inputs import (
    AdjustHoldInput,
    CaptureHoldInput,
    PlaceHoldInput,
    PlaceHoldsInput,
    ReleaseHoldInput,
)
from app.api.graphql.reply import REPLAYED, Asked, Reply, results_of
from app.journal.adjust_hold import adjust_hold
from app.journal.capture_hold import capture_hold
from app.journal.place_hold import place_hold
from app.journal.place_holds import place_holds
from app.journal.release_hold import release_hold


@described_type("The hold, after the change.")
class HoldSuccess(Reply):
    hold: Hold = described("The hold as it now is.")
    replayed: bool = described(REPLAYED)


HoldResult = Annotated[HoldSuccess | RefusalOfMoney, union("HoldResult", "The hold, or why nothing happened.")]


@described_type("What became of each hold.")
class HoldsSuccess(Reply):
    results: list[HoldResult] = described(
        "One for each hold, in their order: it was placed, or why not. With `atomic` all were."
    )


HoldsResult = Annotated[
    HoldsSuccess | RefusalOfBatch, union("HoldsResult", "What became of each hold, or why nothing happened.")
]


@strawberry.type
class HoldMutations:
    """Mutations of holds."""

    @mutation("Reserve the funds of a transfer that may follow.")
    async def place_hold(self, info: Info, input: Asked[PlaceHoldInput]) -> HoldResult:
        return HoldSuccess.of(await place_hold(info.context.actor, input.to_command()), info.context)

    @mutation("Place up to 1,000 holds at once, each for itself, or all or none.")
    async def place_holds(self, info: Info, input: Asked[PlaceHoldsInput]) -> HoldsResult:
        outcomes = await place_holds(info.context.actor, input.to_command())
        return HoldsSuccess(results=results_of(HoldSuccess, outcomes, info.context))

    @mutation(
        "Post a hold's transfer, of all that remains or of a part. The rest is released, or stays held for further "
        "captures."
    )
    async def capture_hold(self, info: Info, input: Asked[CaptureHoldInput]) -> HoldResult:
        return HoldSuccess.of(await capture_hold(info.context.actor, input.to_command()), info.context)

    @mutation("Reserve more for a hold's transfers, which needs funds, or less.")
    async def adjust_hold(self, info: Info, input: Asked[AdjustHoldInput]) -> HoldResult:
        return HoldSuccess.of(await adjust_hold(info.context.actor, input.to_command()), info.context)

    @mutation("Give a hold's funds back, all that remain or a part. Repeating it without amount changes nothing.")
    async def release_hold(self, info: Info, input: Asked[ReleaseHoldInput]) -> HoldResult:
        return HoldSuccess.of(await release_hold(info.context.actor, input.to_command()), info.context)

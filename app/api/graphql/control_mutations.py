"""Mutations that freeze ledgers and wallets and grant them overdrafts, and what they take."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.controls import FreezeScope
from app.api.graphql.described import described, described_input, described_type, optional, union
from app.api.graphql.errors import Refusal, mutation
from app.api.graphql.money import MoneyInput
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.partners import catalog_of
from app.api.graphql.posting_parties import PostingParty
from app.api.graphql.reply import IDEMPOTENCY_KEY, REPLAYED, Asked, Reply
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze

PARTY_ID = f"A ledger's or a wallet's id: `{EXAMPLE_ID}`. Also known as `ledger_id`, `wallet_id`."


@described_input("A ledger or a wallet to freeze.")
class FreezeInput:
    id: strawberry.ID = described(PARTY_ID)
    reason: str = described("Why, at most 255 characters: `Court order 2026-117`.")
    scope: FreezeScope = described("What to forbid: `DEBITS`.", default=FreezeScope.ALL)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_input("A ledger or a wallet to unfreeze.")
class UnfreezeInput:
    id: strawberry.ID = described(PARTY_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    reason: str | None = optional("Why: `Court order lifted`.")


@described_input("How far below zero a ledger or a wallet may go.")
class SetOverdraftLimitInput:
    id: strawberry.ID = described(PARTY_ID)
    limit: MoneyInput = described(
        'Zero takes it away: `{ value: "250.00", asset: "GBP" }`. Also known as `overdraft_limit`.'
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_type("The ledger or wallet, after the change.")
class FreezeSuccess(Reply):
    party: PostingParty = described("The ledger or wallet as it now is.")
    replayed: bool = described(REPLAYED)


FreezeResult = Annotated[
    FreezeSuccess | Refusal, union("FreezeResult", "The ledger or wallet, or why nothing happened.")
]


@strawberry.type
class ControlMutations:
    """Mutations that say what a ledger or wallet may do."""

    @mutation(
        "Forbid debits, credits or both, of a ledger or a wallet. Holds placed before may be released, and "
        "captured where nothing frozen moves. Needs the scope `ledgers:freeze`."
    )
    async def freeze(self, info: Info, input: Asked[FreezeInput]) -> FreezeResult:
        command = FreezeParty(input.id, input.reason, input.scope, input.idempotency_key)
        return FreezeSuccess.of(await freeze(info.context.actor, command), info.context)

    @mutation("Allow again what a freeze forbids. Needs the scope `ledgers:freeze`.")
    async def unfreeze(self, info: Info, input: Asked[UnfreezeInput]) -> FreezeResult:
        command = UnfreezeParty(input.id, input.reason, input.idempotency_key)
        return FreezeSuccess.of(await unfreeze(info.context.actor, command), info.context)

    @mutation(
        "Let a ledger or a wallet go below zero, as far as a limit; a ledger only where its product allows it. "
        "Needs the scope `ledgers:freeze`."
    )
    async def set_overdraft_limit(self, info: Info, input: Asked[SetOverdraftLimitInput]) -> FreezeResult:
        command = SetOverdraftLimit(input.id, input.limit.as_sent(), input.idempotency_key)
        catalog = catalog_of(info.context.settings)
        return FreezeSuccess.of(await set_overdraft_limit(info.context.actor, command, catalog=catalog), info.context)

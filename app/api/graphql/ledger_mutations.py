"""Mutations of ledgers, and what they take."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_input, described_type, optional, union
from app.api.graphql.errors import Refusal, mutation
from app.api.graphql.ledger_enums import AssetClass, AssetOwner, LedgerType, LedgerUse
from app.api.graphql.ledgers import Ledger
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.partners import catalog_of
from app.api.graphql.reply import (
    IDEMPOTENCY_KEY,
    IF_VERSION,
    METADATA,
    METADATA_CHANGE,
    REPLAYED,
    Asked,
    Reply,
    command_of,
)
from app.api.graphql.scalars import JSONValue
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.assign_ledger import AssignLedger, assign_ledger
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.update_ledger import UpdateLedger, update_ledger

LEDGER_ID = f"Which ledger: `{EXAMPLE_ID}`. Also known as `ledger_id`."


@described_input("A new ledger behind a partner bank.")
class IssueLedgerInput:
    partner_product: str = described("What to ask of which bank: `PayrNet-GBP-1`. Also known as `partner_product`.")
    asset: str = described("What it holds; the product's: `GBP`. Also known as `asset_type`.")
    primary_uses: list[LedgerUse] = described(
        "What it is for: `[PAYMENTS, FEES]`. Also known as `ledger_primary_use_types`."
    )
    assets_owned_by: AssetOwner = described("Who owns its assets: `ME`. Also known as `ledger_who_owns_assets`.")
    jurisdiction: str = described(
        "ISO 3166-1 code of the country of its terms and conditions: `GB`. "
        "Also known as `ledger_t_and_cs_country_of_jurisdiction`."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    holder_id: strawberry.ID | None = optional(
        f"Leave out to issue an unassigned ledger. Example: `{EXAMPLE_ID}`. Also known as `holder_id`."
    )
    asset_class: AssetClass = described("`CURRENCY`. Also known as `asset_class`.", default=AssetClass.CURRENCY)
    type: LedgerType = described(
        "Whose funds it holds: `SINGLE_USER`. Also known as `ledger_type`.", default=LedgerType.SINGLE_USER
    )
    metadata: JSONValue | None = optional(METADATA + " Also known as `ledger_meta`.")

    def to_command(self) -> IssueLedger:
        """The command of the verb."""
        return command_of(IssueLedger, self, primary_uses=tuple(self.primary_uses), asset_class=self.asset_class.value)


@described_input("A new virtual ledger.")
class IssueVirtualLedgerInput:
    asset: str = described("What it holds: `GOLD`. Also known as `asset_type`.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    holder_id: strawberry.ID | None = optional(
        f"Leave out for an unassigned ledger: `{EXAMPLE_ID}`. Also known as `holder_id`."
    )
    asset_class: AssetClass = described("`COMMODITY`. Also known as `asset_class`.", default=AssetClass.COMMODITY)
    type: LedgerType = described("Whose assets it holds: `SINGLE_USER`.", default=LedgerType.SINGLE_USER)
    metadata: JSONValue | None = optional(METADATA + " Also known as `ledger_meta`.")

    def to_command(self) -> IssueVirtualLedger:
        """The command of the verb."""
        return command_of(IssueVirtualLedger, self, asset_class=self.asset_class.value)


@described_input("A holder for an unassigned ledger.")
class AssignLedgerInput:
    ledger_id: strawberry.ID = described(LEDGER_ID)
    holder_id: strawberry.ID = described(f"Its holder, who must be OK: `{EXAMPLE_ID}`.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_input("A ledger that needs an IBAN.")
class AssignIbanInput:
    ledger_id: strawberry.ID = described(LEDGER_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_input("A change of a ledger.")
class UpdateLedgerInput:
    ledger_id: strawberry.ID = described(LEDGER_ID)
    metadata: JSONValue = described(METADATA_CHANGE + " Also known as `ledger_meta`.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    if_version: int | None = optional(IF_VERSION)


@described_input("A ledger to close for good.")
class CloseLedgerInput:
    ledger_id: strawberry.ID = described(LEDGER_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    reason: str | None = optional("Why: `Moved to another bank.`")


@described_type("The ledger, after the change.")
class LedgerSuccess(Reply):
    ledger: Ledger = described("The ledger as it now is.")
    replayed: bool = described(REPLAYED)


LedgerResult = Annotated[LedgerSuccess | Refusal, union("LedgerResult", "The ledger, or why nothing happened.")]


@strawberry.type
class LedgerMutations:
    """Mutations of ledgers."""

    @mutation("Issue a ledger: PENDING at once, opened at the bank in the background.")
    async def issue_ledger(self, info: Info, input: Asked[IssueLedgerInput]) -> LedgerResult:
        catalog = catalog_of(info.context.settings)
        return LedgerSuccess.of(
            await issue_ledger(info.context.actor, input.to_command(), catalog=catalog), info.context
        )

    @mutation("Issue a virtual ledger: OK at once, no bank.")
    async def issue_virtual_ledger(self, info: Info, input: Asked[IssueVirtualLedgerInput]) -> LedgerResult:
        catalog = catalog_of(info.context.settings)
        return LedgerSuccess.of(
            await issue_virtual_ledger(info.context.actor, input.to_command(), catalog=catalog), info.context
        )

    @mutation("Give an unassigned ledger its holder, once.")
    async def assign_ledger(self, info: Info, input: Asked[AssignLedgerInput]) -> LedgerResult:
        command = AssignLedger(input.ledger_id, input.holder_id, input.idempotency_key)
        return LedgerSuccess.of(await assign_ledger(info.context.actor, command), info.context)

    @mutation("Ask for an IBAN for a EUR ledger; it is obtained in the background.")
    async def assign_iban(self, info: Info, input: Asked[AssignIbanInput]) -> LedgerResult:
        command = AssignIban(input.ledger_id, input.idempotency_key)
        return LedgerSuccess.of(await assign_iban(info.context.actor, command), info.context)

    @mutation("Change a ledger's metadata, key by key.")
    async def update_ledger(self, info: Info, input: Asked[UpdateLedgerInput]) -> LedgerResult:
        command = UpdateLedger(input.ledger_id, input.metadata, input.if_version, input.idempotency_key)
        return LedgerSuccess.of(await update_ledger(info.context.actor, command), info.context)

    @mutation("Close a ledger for good. It must be empty. Repeating it changes nothing.")
    async def close_ledger(self, info: Info, input: Asked[CloseLedgerInput]) -> LedgerResult:
        command = CloseLedger(input.ledger_id, input.reason, input.idempotency_key)
        return LedgerSuccess.of(await close_ledger(info.context.actor, command), info.context)

"""The filters of lists of transfers, holds and entries."""

import strawberry

from app.api.graphql.described import described_input, optional
from app.api.graphql.filter_values import (
    FILTER,
    AmountFilter,
    DateTimeFilter,
    amounts_in,
    id_in,
    metadata_in,
    several_in,
    span_in,
)
from app.api.graphql.journal_enums import EntryDirection, HoldStatus, TransferKind, TransferStatus
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.scalars import JSONValue
from app.journal import entry_queries, hold_queries, transfer_queries
from app.kernel.checks import check_optional_text

LEDGER = f"Of this ledger: `{EXAMPLE_ID}`. Also known as `ledger_id`."
STOPS = (
    "stops at the instant behind which nothing can still appear (`settledUntil`), so that who goes on from the last "
    "`{}` seen misses nothing; `events` is the better way to follow."
)
FOLLOWING = f"Of several ledgers it {STOPS}"
EFFECTIVE_IN = "Taking effect in this time, by the value date; still in the order of posting."
WALLET = f"Of this wallet: `{EXAMPLE_ID}`."


@described_input("Which transfers; what is left out does not matter.")
class TransferFilter:
    ledger_id: strawberry.ID | None = optional(LEDGER)
    wallet_id: strawberry.ID | None = optional(WALLET)
    kind: list[TransferKind] | None = optional("Of these kinds: `[REVERSAL]`.")
    status: list[TransferStatus] | None = optional("In these: `[REVERSED]`.")
    reference: str | None = optional("With exactly this reference: `Invoice 2026-117`.")
    posted_at: DateTimeFilter | None = optional(f"Posted in this time. {FOLLOWING.format('postedAt')}")
    effective_at: DateTimeFilter | None = optional(EFFECTIVE_IN)
    amount: AmountFilter | None = optional('Of so much: `{ gte: "10.00", asset: "GBP" }`.')
    metadata: JSONValue | None = optional('Containment: whose metadata contains this: `{"invoice": "2026-117"}`.')
    group_id: strawberry.ID | None = optional(f"Of this atomic batch: `{EXAMPLE_ID}`.")


@described_input("Which holds; what is left out does not matter.")
class HoldFilter:
    ledger_id: strawberry.ID | None = optional(LEDGER)
    wallet_id: strawberry.ID | None = optional(WALLET)
    status: list[HoldStatus] | None = optional("In these statuses: `[PLACED]`.")
    reference: str | None = optional("With exactly this reference: `Booking 117`.")
    created_at: DateTimeFilter | None = optional(f"Placed in this time. {FOLLOWING.format('createdAt')}")
    amount: AmountFilter | None = optional('Of so much: `{ gte: "10.00", asset: "GBP" }`.')
    metadata: JSONValue | None = optional('Containment: whose metadata contains this: `{"booking": "117"}`.')


@described_input("Which entries; what is left out does not matter.")
class EntryFilter:
    ledger_id: strawberry.ID | None = optional(LEDGER)
    wallet_id: strawberry.ID | None = optional(WALLET)
    holder_id: strawberry.ID | None = optional(
        f"Of all that this holder has: `{EXAMPLE_ID}`. Also known as `holder_id`."
    )
    transfer_id: strawberry.ID | None = optional(f"Of this transfer: `{EXAMPLE_ID}`. Also known as `transaction_id`.")
    direction: EntryDirection | None = optional("Of this side: `DEBIT`. Also known as `ledger_entry_type`.")
    posted_at: DateTimeFilter | None = optional(
        f"Posted in this time. Also known as `starting_at_date`, `to_date`. {FOLLOWING.format('postedAt')}"
    )
    effective_at: DateTimeFilter | None = optional(EFFECTIVE_IN)
    amount: AmountFilter | None = optional('Of so much: `{ gte: "10.00", asset: "GBP" }`.')
    metadata: JSONValue | None = optional(
        'Containment: whose transfer\'s metadata contains this: `{"invoice": "2026-117"}`.'
    )


def wanted_transfers(given: TransferFilter | None) -> transfer_queries.TransferFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    given = given or TransferFilter()
    return transfer_queries.TransferFilter(
        ledger_id=id_in(given.ledger_id, "ledgerId"),
        wallet_id=id_in(given.wallet_id, "walletId"),
        kind=several_in(given.kind, "kind"),
        status=several_in(given.status, "status"),
        reference=check_optional_text(given.reference, (FILTER, "reference")),
        **span_in(given.posted_at, "posted_at"),
        **span_in(given.effective_at, "effective_at"),
        amount=amounts_in(given.amount, is_of_account=(given.ledger_id or given.wallet_id) is not None),
        metadata=metadata_in(given.metadata),
        group_id=id_in(given.group_id, "groupId"),
    )


def wanted_holds(given: HoldFilter | None) -> hold_queries.HoldFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    given = given or HoldFilter()
    return hold_queries.HoldFilter(
        ledger_id=id_in(given.ledger_id, "ledgerId"),
        wallet_id=id_in(given.wallet_id, "walletId"),
        status=several_in(given.status, "status"),
        reference=check_optional_text(given.reference, (FILTER, "reference")),
        **span_in(given.created_at, "created_at"),
        amount=amounts_in(given.amount, is_of_account=(given.ledger_id or given.wallet_id) is not None),
        metadata=metadata_in(given.metadata),
    )


def wanted_entries(given: EntryFilter | None) -> entry_queries.EntryFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value.
    """
    given = given or EntryFilter()
    return entry_queries.EntryFilter(
        ledger_id=id_in(given.ledger_id, "ledgerId"),
        wallet_id=id_in(given.wallet_id, "walletId"),
        holder_id=id_in(given.holder_id, "holderId"),
        transfer_id=id_in(given.transfer_id, "transferId"),
        direction=given.direction,
        **span_in(given.posted_at, "posted_at"),
        **span_in(given.effective_at, "effective_at"),
        amount=amounts_in(given.amount, is_of_account=(given.ledger_id or given.wallet_id) is not None),
        metadata=metadata_in(given.metadata),
    )

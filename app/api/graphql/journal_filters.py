"""The filters of lists of transfers, holds and entries."""

from datetime import datetime
from typing import Any

import strawberry

from app.api.graphql.journal_enums import EntryDirection, HoldStatus, TransferKind, TransferStatus
from app.api.graphql.ledger_inputs import DateTimeFilter
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.scalars import JSONValue
from app.db.identifiers import parse_id
from app.journal import entry_queries, hold_queries, transfer_queries
from app.kernel.checks import check_count, check_metadata, check_optional_text, parse_instant
from app.kernel.errors import Path

LEDGER = f"Of this ledger: `{EXAMPLE_ID}`. Also known as `ledger_id`."
FOLLOWING = (
    "Of several ledgers it stops at the instant behind which nothing can still appear (`settledUntil`), so that who "
    "goes on from the last `{}` seen misses nothing; `events` is the better way to follow."
)
EFFECTIVE_IN = "Taking effect in this time, by the value date; still in the order of posting."
WALLET = f"Of this wallet: `{EXAMPLE_ID}`."


@strawberry.input(description="Which transfers; what is left out does not matter.")
class TransferFilter:
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)
    wallet_id: strawberry.ID | None = strawberry.field(default=None, description=WALLET)
    kind: list[TransferKind] | None = strawberry.field(default=None, description="Of these kinds: `[REVERSAL]`.")
    status: list[TransferStatus] | None = strawberry.field(default=None, description="In these: `[REVERSED]`.")
    reference: str | None = strawberry.field(
        default=None, description="With exactly this reference: `Invoice 2026-117`."
    )
    posted_at: DateTimeFilter | None = strawberry.field(
        default=None, description=f"Posted in this time. {FOLLOWING.format('postedAt')}"
    )
    effective_at: DateTimeFilter | None = strawberry.field(default=None, description=EFFECTIVE_IN)
    metadata: JSONValue | None = strawberry.field(
        default=None, description='Containment: whose metadata contains this: `{"invoice": "2026-117"}`.'
    )
    group_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"Of this atomic batch: `{EXAMPLE_ID}`."
    )


@strawberry.input(description="Which holds; what is left out does not matter.")
class HoldFilter:
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)
    wallet_id: strawberry.ID | None = strawberry.field(default=None, description=WALLET)
    status: list[HoldStatus] | None = strawberry.field(default=None, description="In these statuses: `[PLACED]`.")
    reference: str | None = strawberry.field(default=None, description="With exactly this reference: `Booking 117`.")
    created_at: DateTimeFilter | None = strawberry.field(
        default=None, description=f"Placed in this time. {FOLLOWING.format('createdAt')}"
    )


@strawberry.input(description="Which entries; what is left out does not matter.")
class EntryFilter:
    ledger_id: strawberry.ID | None = strawberry.field(default=None, description=LEDGER)
    wallet_id: strawberry.ID | None = strawberry.field(default=None, description=WALLET)
    holder_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"Of all that this holder has: `{EXAMPLE_ID}`. Also known as `holder_id`."
    )
    transfer_id: strawberry.ID | None = strawberry.field(
        default=None, description=f"Of this transfer: `{EXAMPLE_ID}`. Also known as `transaction_id`."
    )
    direction: EntryDirection | None = strawberry.field(
        default=None, description="Of this side: `DEBIT`. Also known as `ledger_entry_type`."
    )
    posted_at: DateTimeFilter | None = strawberry.field(
        default=None,
        description=f"Posted in this time. Also known as `starting_at_date`, `to_date`. {FOLLOWING.format('postedAt')}",
    )
    effective_at: DateTimeFilter | None = strawberry.field(default=None, description=EFFECTIVE_IN)


def wanted_transfers(given: TransferFilter | None) -> transfer_queries.TransferFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    if given is None:
        return transfer_queries.TransferFilter()
    path = ("filter",)
    posted_at_gte, posted_at_lt = _span(given.posted_at, (*path, "postedAt"))
    effective_at_gte, effective_at_lt = _span(given.effective_at, (*path, "effectiveAt"))
    return transfer_queries.TransferFilter(
        ledger_id=_id(given.ledger_id, (*path, "ledgerId")),
        wallet_id=_id(given.wallet_id, (*path, "walletId")),
        kind=_several(given.kind, (*path, "kind")),
        status=_several(given.status, (*path, "status")),
        reference=check_optional_text(given.reference, (*path, "reference")),
        posted_at_gte=posted_at_gte,
        posted_at_lt=posted_at_lt,
        effective_at_gte=effective_at_gte,
        effective_at_lt=effective_at_lt,
        metadata=None if given.metadata is None else check_metadata(given.metadata, (*path, "metadata")),
        group_id=_id(given.group_id, (*path, "groupId")),
    )


def wanted_holds(given: HoldFilter | None) -> hold_queries.HoldFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value, or too many.
    """
    if given is None:
        return hold_queries.HoldFilter()
    path = ("filter",)
    created_at_gte, created_at_lt = _span(given.created_at, (*path, "createdAt"))
    return hold_queries.HoldFilter(
        ledger_id=_id(given.ledger_id, (*path, "ledgerId")),
        wallet_id=_id(given.wallet_id, (*path, "walletId")),
        status=_several(given.status, (*path, "status")),
        reference=check_optional_text(given.reference, (*path, "reference")),
        created_at_gte=created_at_gte,
        created_at_lt=created_at_lt,
    )


def wanted_entries(given: EntryFilter | None) -> entry_queries.EntryFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed value.
    """
    if given is None:
        return entry_queries.EntryFilter()
    path = ("filter",)
    posted_at_gte, posted_at_lt = _span(given.posted_at, (*path, "postedAt"))
    effective_at_gte, effective_at_lt = _span(given.effective_at, (*path, "effectiveAt"))
    return entry_queries.EntryFilter(
        ledger_id=_id(given.ledger_id, (*path, "ledgerId")),
        wallet_id=_id(given.wallet_id, (*path, "walletId")),
        holder_id=_id(given.holder_id, (*path, "holderId")),
        transfer_id=_id(given.transfer_id, (*path, "transferId")),
        direction=given.direction,
        posted_at_gte=posted_at_gte,
        posted_at_lt=posted_at_lt,
        effective_at_gte=effective_at_gte,
        effective_at_lt=effective_at_lt,
    )


def _id(text: str | None, path: Path) -> Any:
    return None if text is None else parse_id(text, path)


def _several(values: list[Any] | None, path: Path) -> tuple[Any, ...] | None:
    if values is None:
        return None
    check_count(values, path)
    return tuple(values)


def _span(given: DateTimeFilter | None, path: Path) -> tuple[datetime | None, datetime | None]:
    if given is None:
        return None, None
    return (
        None if given.gte is None else parse_instant(given.gte, (*path, "gte")),
        None if given.lt is None else parse_instant(given.lt, (*path, "lt")),
    )

"""Update a holder. If its party or its country changes, it is screened again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.holders.events import HOLDER_NOUN
from app.holders.models import Holder, holder_of
from app.holders.party import (
    AddressDetails,
    CompanyDetails,
    PersonDetails,
    address_columns,
    given_address,
    party_columns,
)
from app.holders.queries import lock_holder
from app.holders.search import search_columns
from app.holders.status import HOLDER, HolderField, HolderStatus
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_email, check_metadata, merge_metadata
from app.kernel.clock import utc_now
from app.kernel.errors import Invalid, InvalidState
from app.lifecycle.advance import advance, change
from app.lifecycle.check_version import check_version
from app.outbox.promise import promise

SCREENED_COLUMNS = ("party", "name", "date_of_birth", "registration_number", "country")


@dataclass(frozen=True, slots=True)
class UpdateHolder:
    """What to change. None keeps a field, `clear` empties it, metadata merges by key, `party` is replaced whole."""

    holder_id: str
    if_version: int | None = None
    party: PersonDetails | CompanyDetails | None = None
    email: str | None = None
    address: AddressDetails | None = None
    metadata: Any = None
    idempotency_key: str | None = None
    clear: Sequence[HolderField] = ()


_STAYS = "UnsetType.UNSET"
"""How an unchanged field is hashed. Kept from when null emptied a field, so that older keys still match."""
_EMPTIED = "emptied"


@dataclass(frozen=True, slots=True)
class _Content:
    """What is hashed with the key: `_STAYS` for an unchanged field, `_EMPTIED` (formerly None) for an emptied one."""

    holder_id: str
    if_version: int | None
    party: Any
    email: Any
    address: Any
    metadata: Any


@whole_use_case
async def update_holder(actor: Actor, command: UpdateHolder) -> tuple[Holder, bool]:
    """The holder after the change, and whether this was a replay. A command that changes nothing writes nothing.

    An OK holder whose party or country changed goes back to PENDING and is screened again. So does a MISSING_DATA one
    after any change, since it may be what was missing.

    :raises Invalid, NotFound, VersionConflict, InvalidState, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("holders:write")
    holder_id = parse_id(command.holder_id, ("holder_id",))
    columns = _columns(command)
    if command.metadata is not None:
        check_metadata(command.metadata, ("metadata",))
    async with transaction() as tx:
        content, *older = _contents(command, str(holder_id))
        existing = await reserve_key(
            tx, actor, "updateHolder", command.idempotency_key, content, holder_id, older=older
        )
        row = await lock_holder(tx, actor, holder_id)
        if existing is not None:
            return holder_of(row), True
        check_version(row, command.if_version, "holder")
        row = await _apply(tx, actor, row, columns, command)
    return holder_of(row), False


def _columns(command: UpdateHolder) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    address = given_address(command.address)
    if command.party is not None:
        columns |= party_columns(command.party, ("party",), today=utc_now().date())
    if address is not None or HolderField.ADDRESS in command.clear:
        columns |= address_columns(address, ("address",))
    if command.email is not None or HolderField.EMAIL in command.clear:
        columns["email"] = None if command.email is None else check_email(command.email, ("email",))
    given = {HolderField.ADDRESS: address, HolderField.EMAIL: command.email}
    for index, field in enumerate(command.clear):
        if given[field] is not None:
            message = f"{field.value} is given and to be emptied at once: leave one of them out."
            raise Invalid(message, path=("clear", str(index)))
    return columns


def _contents(command: UpdateHolder, holder_id: str) -> Iterator[_Content]:
    """What is hashed today, then what the same request was hashed as when null emptied a field and an address without
    parts emptied the address. A client may still repeat such a request; its nulls now count as absent.
    """
    email = _EMPTIED if HolderField.EMAIL in command.clear else command.email or _STAYS
    address = _EMPTIED if HolderField.ADDRESS in command.clear else given_address(command.address) or _STAYS
    metadata = command.metadata or _STAYS
    meant = ((email, command.email), (address, command.address), (metadata, command.metadata))
    for values in product(*((now,) if now == sent else (now, sent) for now, sent in meant)):
        yield _Content(holder_id, command.if_version, command.party or _STAYS, *values)


async def _apply(tx: Transaction, actor: Actor, row: Record, columns: dict[str, Any], command: UpdateHolder) -> Record:
    if columns.get("party", row["party"]) != row["party"]:
        raise InvalidState(
            "A person stays a person and a company a company: create another holder.",
            path=("party",),
            status=row["status"],
        )
    if command.metadata is not None:
        columns["metadata"] = merge_metadata(row["metadata"], command.metadata, ("metadata",))
    changed = {column: value for column, value in columns.items() if row[column] != value}
    if not changed:
        return row
    if "name" in changed or "email" in changed:
        changed |= search_columns(changed.get("name", row["name"]), changed.get("email", row["email"]))
    is_own = row["id"] == row["customer_id"]  # The customer's own holder is never screened.
    # If the holder lacks data, any change may be what was asked for.
    is_lacking = row["status"] == HolderStatus.MISSING_DATA.value
    screened_anew = not is_own and (is_lacking or any(column in changed for column in SCREENED_COLUMNS))
    if screened_anew:
        changed["screening_round"] = row["screening_round"] + 1
    row = await change(tx, actor, HOLDER_NOUN, row, "holder.updated", **changed)
    status = HolderStatus(row["status"])
    if screened_anew and status in {HolderStatus.OK, HolderStatus.MISSING_DATA}:
        row = await advance(
            tx, actor, HOLDER_NOUN, row, HOLDER, HolderStatus.PENDING, status_reason=None, missing_data=[]
        )
        status = HolderStatus.PENDING
    if screened_anew and status is HolderStatus.PENDING:
        await promise(tx, actor, "screen_holder", row["id"])
    return row

"""Create a holder; its screening follows in the background."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.holders.events import HOLDER_NOUN
from app.holders.models import Holder, HolderModel, holder_of
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
from app.holders.status import HolderKind, HolderStatus
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.checks import check_email, check_metadata
from app.kernel.clock import utc_now
from app.kernel.errors import Forbidden
from app.lifecycle.advance import tell
from app.outbox.promise import promise


@dataclass(frozen=True, slots=True)
class CreateHolder:
    """A person or company to become a holder."""

    party: PersonDetails | CompanyDetails
    email: str | None = None
    address: AddressDetails | None = None
    metadata: Any = None
    idempotency_key: str | None = None


@whole_use_case
async def create_holder(actor: Actor, command: CreateHolder, *, given_id: UUID | None = None) -> tuple[Holder, bool]:
    """A new PENDING holder, with its screening promised; and whether this was a replay.

    `given_id` is for the demo data only, where some holders have fixed ids.

    :raises Invalid, IdempotencyMismatch, Forbidden: nothing happened.
    """
    actor.require("holders:write")
    if actor.holder_id is not None:
        raise Forbidden("A holder's own access token creates no holders.", required_scope="holders:write")
    columns = {
        **party_columns(command.party, ("party",), today=utc_now().date()),
        **address_columns(command.address, ("address",)),
        "email": None if command.email is None else check_email(command.email, ("email",)),
        "metadata": {} if command.metadata is None else check_metadata(command.metadata, ("metadata",)),
    }
    columns |= search_columns(columns["name"], columns["email"])
    holder_id = given_id or new_id()
    async with transaction() as tx:
        content = replace(command, address=given_address(command.address), metadata=command.metadata or None)
        existing = await reserve_key(
            tx, actor, "createHolder", command.idempotency_key, content, holder_id, older=(command,)
        )
        if existing is None:
            await _insert(tx, actor, {"id": holder_id, **columns})
        row = await lock_holder(tx, actor, existing or holder_id)
        if existing is None:
            await tell(tx, actor, HOLDER_NOUN, "holder.created", row)
            await promise(tx, actor, "screen_holder", holder_id)
    return holder_of(row), existing is not None


async def _insert(tx: Transaction, actor: Actor, columns: dict[str, Any]) -> None:
    now = await tx.now()
    _ = await HolderModel.create(
        using_db=tx.tortoise,
        customer_id=actor.customer_id,
        kind=HolderKind.ENDUSER.value,
        status=HolderStatus.PENDING.value,
        created_at=now,
        updated_at=now,
        **columns,
    )

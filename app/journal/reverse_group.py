"""Reverse a group, the transfers of an atomic batch, as one: all that is not reversed yet of each, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id, parse_id
from app.idempotency.key import Key, make_key
from app.idempotency.reserve_keys import check_content
from app.journal.books import sees
from app.journal.carry_out_batch import Done, Outcome
from app.journal.coalescer import coalescer
from app.journal.group_queries import find_keyed_group, read_group
from app.journal.instructions import Reverse
from app.journal.records import Transfer
from app.journal.status import TransferStatus
from app.kernel.actor import Actor
from app.kernel.checks import check_optional_text
from app.kernel.errors import BatchRefused, DomainError, Forbidden, InvalidState, NotFound

OPERATION = "reverseGroup"
NAME = "group_id"
TRIES_MAX = 3
"""How often it is tried, since others may reverse transfers of the group between the reading and the reversing."""


@dataclass(slots=True)
class ReverseGroup:
    """Which group, and why; the reason becomes the reversals' reference."""

    group_id: str
    idempotency_key: str
    reason: str | None = None


@dataclass(slots=True)
class Group:
    """The transfers of an atomic batch, in the order in which they were posted."""

    id: UUID
    transfers: list[Transfer]


async def reverse_group(actor: Actor, command: ReverseGroup) -> tuple[Group, bool]:
    """The reversals, which are a group of their own, and whether this was a replay.

    The last transfer is reversed first. What was reversed before is left out. Funds, holds and closed ledgers limit
    each reversal like any transfer, and one refusal refuses all.

    :raises InvalidState: all of it was reversed before, or it is a group of reversals.
    :raises Invalid, NotFound, InsufficientFunds, IdempotencyMismatch, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    group_id = parse_id(command.group_id, (NAME,))
    reason = check_optional_text(command.reason, ("reason",))
    key = make_key(OPERATION, command.idempotency_key, (str(group_id), reason))
    reversals: list[Reverse] = []
    refusal: DomainError | None = None
    for _ in range(TRIES_MAX):
        known = await _made_with(actor, key, reversals)
        if known is not None:
            return known
        try:
            reversals = reversals_of(actor, group_id, await read_group(actor.customer_id, group_id), key, reason)
            outcomes = await coalescer().submit(actor.customer_id, reversals, atomic=True)
        except BatchRefused as refused:
            refusal = refused.cause
            if not (isinstance(refusal, InvalidState) and refusal.existing_id is not None):
                break
        except InvalidState as refused:
            refusal = refused
            break
        else:
            group, replayed = _group_in(outcomes)
            return Group(group.id, await read_group(actor.customer_id, group.id)) if replayed else group, replayed
    assert refusal is not None, "what was tried and not done was refused"
    # Another request with this key may have done it meanwhile.
    known = await _made_with(actor, key, reversals)
    if known is not None:
        return known
    raise refusal


def reversals_of(
    actor: Actor, group_id: UUID, transfers: Sequence[Transfer], key: Key | None, reason: str | None
) -> list[Reverse]:
    """The reversals of all that is not reversed yet of these transfers of a group, the last one first.

    :raises NotFound, Forbidden: it is not the actor's, or not all of it.
    :raises InvalidState: nothing is left to reverse.
    """
    _check_all_seen(actor, transfers, f"There is no group {group_id}.")
    left = [one for one in reversed(transfers) if one.status is not TransferStatus.REVERSED]
    if not left:
        last = transfers[-1]
        message = "All transfers of this group were reversed before."
        raise InvalidState(message, path=(NAME,), status=last.status.value, existing_id=str(last.reversed_by_id))
    own_group_id = new_id()
    reversals = [
        Reverse(
            actor=actor,
            resource_id=new_id(),
            key=None,
            transfer_id=one.id,
            reason=reason,
            group_id=own_group_id,
            name=NAME,
        )
        for one in left
    ]
    # One key for all of them: they are done together, or none of them is.
    reversals[0].key = key
    return reversals


async def _made_with(actor: Actor, key: Key, tried: Sequence[Reverse]) -> tuple[Group, bool] | None:
    """What was made with this key, if anything; no replay if it was made by what this request tried: then the answer
    to the commit was lost.
    """
    known = await find_keyed_group(actor, key)
    if known is None:
        return None
    command_hash, transfer_id, group_id = known
    check_content(command_hash, key.hashes, ("idempotency_key",))
    transfers = await read_group(actor.customer_id, group_id)
    _check_all_seen(actor, transfers, "There is no such group.")
    return Group(group_id, transfers), transfer_id not in {one.resource_id for one in tried}


def _check_all_seen(actor: Actor, transfers: Sequence[Transfer], message: str) -> None:
    seen = [sees(actor, one.debit, one.credit) for one in transfers]
    if not any(seen):
        raise NotFound(message, path=(NAME,))
    if not all(seen):
        raise Forbidden("Only who may read all transfers of a group may reverse it.", path=(NAME,))


def _group_in(outcomes: Sequence[Outcome]) -> tuple[Group, bool]:
    """The group of these reversals, and whether the key was known: then these are not all of it, perhaps."""
    done = [one for one in outcomes if isinstance(one, Done)]
    made = [one.object for one in done if isinstance(one.object, Transfer)]
    assert len(made) == len(outcomes), "an atomic batch is done whole"
    group_id = made[0].group_id
    assert group_id is not None, "each reversal of a group has one"
    return Group(group_id, made), done[0].replayed

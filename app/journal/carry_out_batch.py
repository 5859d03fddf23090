"""The writer of transfers, holds and balances: many instructions of one customer, in one transaction that locks first.

Beside it there is only `post_as_remembered`, for plain transfers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.transaction import Transaction
from app.events import left_out_bodies
from app.events.record import NewEvent
from app.idempotency.key import KeyName
from app.idempotency.reserve_keys import KeyRequest, check_content
from app.journal.books import sees
from app.journal.events import (
    HOLD_ADJUSTED,
    HOLD_CAPTURED,
    HOLD_RELEASED,
    HoldAmounts,
    amounts_of,
    hold_changed,
    hold_moved,
    transfer_posted,
)
from app.journal.instructions import (
    Adjust,
    Capture,
    Instruction,
    OnHold,
    Place,
    Release,
    Reverse,
)
from app.journal.not_open import say_statuses
from app.journal.records import Hold, Transfer
from app.journal.reserve_and_lock import Locked, read_known_objects, request_of, reserve_and_lock
from app.journal.status import HoldStatus
from app.journal.whole_amounts import is_noted, other_hash, whole_taken, whole_told
from app.journal.write_batch import write_batch
from app.kernel.clock import rfc3339
from app.kernel.errors import BatchRefused, DomainError, NotFound

BATCH_SIZE_MAX = 1_000
OTHER_ITEM = "Two items of this batch have this idempotency key and other content: give each a key of its own."


@dataclass(slots=True)
class Done:
    """A transfer or hold as it now is, and whether it was there before this request."""

    object: Transfer | Hold
    replayed: bool = False


Outcome = Done | DomainError


class NothingDone(Exception):
    """Every instruction was refused, or done before: roll back, so that no row gets even a new version."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("every instruction was refused")
        self.outcomes = outcomes


async def carry_out_batch(
    tx: Transaction, customer_id: UUID, instructions: Sequence[Instruction], *, atomic: bool = False
) -> list[Outcome]:
    """Carry out these instructions in order; answers an outcome for each, which may be a refusal.

    The number of statements is fixed, however many instructions there are. A refused instruction changes nothing and
    does not affect the others; with `atomic` one refusal refuses all.

    :raises NothingDone, BatchRefused: roll the transaction back.
    """
    assert len(instructions) <= BATCH_SIZE_MAX, "batches have an upper bound"
    await left_out_bodies.look(tx.fetchval)
    locked = await reserve_and_lock(tx, customer_id, instructions)
    batch = _Batch(locked, await _known_objects(tx, customer_id, instructions, locked))
    outcomes: list[Outcome] = []
    for instruction in instructions:
        try:
            outcomes.append(batch.settle(instruction))
        except DomainError as refusal:
            outcomes.append(refusal)
            if atomic:
                break
    await say_statuses(tx, customer_id, outcomes)
    last = outcomes[-1]
    if atomic and isinstance(last, DomainError):
        raise BatchRefused(len(outcomes) - 1, locked.books.true_afterwards(last)) from last
    if not batch.events and not batch.done:
        raise NothingDone(outcomes)
    await write_batch(
        tx,
        customer_id,
        locked.books,
        batch.events,
        refused_keys=[name for name in locked.reserved if name not in batch.done],
        rebound_keys=batch.rebound_keys(),
    )
    return outcomes


class _Batch:
    """Settles instructions one by one: replays, repeats within the batch, and new ones."""

    def __init__(self, locked: Locked, known_objects: dict[UUID, Transfer | Hold]) -> None:
        self._locked = locked
        self._known_objects = known_objects
        self.done: dict[KeyName, tuple[Instruction, Transfer | Hold]] = {}
        self.events: list[NewEvent] = []
        self._other_hashes: dict[KeyName, bytes | None] = {}
        self._instant = rfc3339(locked.books.now)

    def settle(self, instruction: Instruction) -> Done:
        """Carry out one instruction, unless it was done before.

        :raises DomainError: nothing changed.
        """
        name = None if instruction.key is None else instruction.key.name
        if name is not None:
            replay = self._done_before(instruction, name)
            if replay is not None:
                return replay
        books = self._locked.books
        before = None
        if isinstance(instruction, OnHold):
            settled = books.done_before(instruction)
            if settled is not None:
                if name is not None:
                    self.done[name] = (instruction, settled)
                return Done(settled, replayed=True)
            hold = books.holds.get(instruction.hold_id)
            before = None if hold is None else amounts_of(hold)
        made = books.carry_out(instruction)
        self._tell(instruction, made, before)
        if name is not None:
            self.done[name] = (instruction, made)
            last = books.posted[-1] if books.posted else None
            whole = whole_taken(instruction, made, before, last, self._original(instruction))
            self._other_hashes[name] = other_hash(instruction, whole)
        return Done(made)

    def rebound_keys(self) -> list[KeyRequest]:
        """Keys that were reserved for a refused instruction and then used by another one of the same batch; those of
        instructions that make nothing of their own, bound to the hold that they are about; and those of which another
        form is noted.
        """
        return [
            request_of(instruction.key, instruction.resource_id, _changed_hold(instruction), noted)
            for name, (instruction, made) in self.done.items()
            if instruction.key is not None
            and (
                (noted := self._other_hashes.get(name) if is_noted(instruction, made) else None) is not None
                or _changed_hold(instruction) is not None
                or self._locked.reserved.get(name) is not instruction
            )
        ]

    def _done_before(self, instruction: Instruction, name: KeyName) -> Done | None:
        assert instruction.key is not None
        in_batch = self.done.get(name)
        if in_batch is not None:
            earlier, made_before = in_batch
            assert earlier.key is not None
            other = self._other_hashes.get(name)
            _check_replay(earlier.key.command_hash, made_before, instruction, noted=other, in_batch=True)
            return Done(made_before, replayed=True)
        known = self._locked.known.get(name)
        if known is None:
            return None
        books = self._locked.books
        # Earlier instructions of this batch may have changed it.
        touched = books.holds.get(known.resource_id) or books.transfers.get(known.resource_id)
        made = touched or self._known_objects.get(known.resource_id)
        captured: Transfer | None = None
        if isinstance(instruction, OnHold):
            captured = made if isinstance(made, Transfer) else None
            made = books.holds.get(instruction.hold_id)
        told = other_hash(instruction, whole_told(instruction, made, captured, self._original(instruction)))
        made = _check_replay(known.content_hash, made, instruction, noted=known.other_hash, told=told)
        # The key holds our own id: the answer to our commit was lost, and this is the same request again.
        return Done(made, replayed=known.resource_id != instruction.resource_id)

    def _original(self, instruction: Instruction) -> Transfer | None:
        """The transfer that a reversal is about."""
        return self._locked.books.transfers.get(instruction.transfer_id) if isinstance(instruction, Reverse) else None

    def _tell(self, instruction: Instruction, made: Transfer | Hold, before: HoldAmounts | None) -> None:
        if isinstance(made, Hold):
            self.events.append(_event_of_hold(instruction, made, before))
            if not isinstance(instruction, Capture):
                return
            made_transfer = self._locked.books.posted[-1]
        else:
            made_transfer = made
        self.events.append(transfer_posted(made_transfer, instruction.actor, self._instant))


def _changed_hold(instruction: Instruction) -> UUID | None:
    """The hold that an instruction changes without making anything of its own."""
    return instruction.hold_id if isinstance(instruction, Release | Adjust) else None


def _event_of_hold(instruction: Instruction, made: Hold, before: HoldAmounts | None) -> NewEvent:
    if before is not None and made.status is HoldStatus.PLACED:
        match instruction:
            case Capture():
                return hold_changed(made, instruction.actor, HOLD_CAPTURED, before)
            case Release():
                return hold_changed(made, instruction.actor, HOLD_RELEASED, before)
            case Adjust():
                return hold_changed(made, instruction.actor, HOLD_ADJUSTED, before)
    return hold_moved(made, instruction.actor)


def _check_replay(
    known_hash: bytes,
    made: Transfer | Hold | None,
    instruction: Instruction,
    *,
    noted: bytes | None = None,
    told: bytes | None = None,
    in_batch: bool = False,
) -> Transfer | Hold:
    """What was made with a key, if the request may have it. `noted` is the hash of the earlier request's other form,
    `told` that of this request's other form, where they have one.

    :raises IdempotencyMismatch: the request asks for something else.
    :raises NotFound: it does not belong to the holder of the request's actor.
    """
    assert instruction.key is not None
    path = (*instruction.path, "idempotency_key")
    hashes = (*instruction.key.hashes, told)
    if noted is None or noted not in hashes:
        check_content(known_hash, hashes, path, OTHER_ITEM if in_batch else None)
    assert made is not None, "the same content names the same objects"
    if not sees(instruction.actor, made.debit, made.credit):
        raise NotFound("There is no such ledger, wallet, hold or transfer.", path=path)
    return made


async def _known_objects(
    tx: Transaction, customer_id: UUID, instructions: Sequence[Instruction], locked: Locked
) -> dict[UUID, Transfer | Hold]:
    """What was made with known keys: of captures, their transfers. Holds that are locked are not read again."""
    holds: set[UUID] = set()
    transfers: set[UUID] = set()
    for asked in instructions:
        known = None if asked.key is None else locked.known.get(asked.key.name)
        if known is not None and (isinstance(asked, Capture) or not isinstance(asked, OnHold)):
            (holds if isinstance(asked, Place) else transfers).add(known.resource_id)
    return await read_known_objects(tx, customer_id, hold_ids=holds, transfer_ids=transfers)

"""The only writer of transfers, holds and balances: many instructions of one customer, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.transaction import Transaction
from app.events.record import NewEvent
from app.idempotency.key import KeyName, hash_of
from app.idempotency.reserve_keys import KeyRequest, check_content
from app.journal.amounts import exact
from app.journal.books import sees
from app.journal.events import hold_moved, transfer_posted
from app.journal.instructions import (
    CAPTURE_OPERATION,
    Capture,
    Instruction,
    Place,
    Release,
    capture_content,
)
from app.journal.not_open import say_statuses
from app.journal.records import Hold, Transfer
from app.journal.reserve_and_lock import Locked, read_known_objects, request_of, reserve_and_lock
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
        self._instant = rfc3339(locked.books.now)

    def settle(self, instruction: Instruction) -> Done:
        """Carry out one instruction, unless it was done before.

        :raises DomainError: nothing changed.
        """
        name = None if instruction.key is None else instruction.key.name
        if name is not None:
            before = self._done_before(instruction, name)
            if before is not None:
                return before
        books = self._locked.books
        if isinstance(instruction, Release):
            released = books.released_before(instruction)
            if released is not None:
                if name is not None:
                    self.done[name] = (instruction, released)
                return Done(released, replayed=True)
        made = books.carry_out(instruction)
        self._tell(instruction, made)
        if name is not None:
            self.done[name] = (instruction, made)
        return Done(made)

    def rebound_keys(self) -> list[KeyRequest]:
        """Keys that were reserved for a refused instruction and then used by another one of the same batch."""
        return [
            request_of(instruction.key, instruction.resource_id)
            for name, (instruction, _) in self.done.items()
            if instruction.key is not None and self._locked.reserved.get(name) is not instruction
        ]

    def _done_before(self, instruction: Instruction, name: KeyName) -> Done | None:
        assert instruction.key is not None
        in_batch = self.done.get(name)
        if in_batch is not None:
            earlier, made_before = in_batch
            assert earlier.key is not None
            _check_replay(earlier.key.command_hash, made_before, instruction, in_batch=True)
            return Done(made_before, replayed=True)
        known = self._locked.known.get(name)
        if known is None:
            return None
        books = self._locked.books
        made: Transfer | Hold | None
        if isinstance(instruction, Capture | Release):
            made = books.holds.get(instruction.hold_id)
        else:
            # Earlier instructions of this batch may have changed it.
            touched = books.holds.get(known.resource_id) or books.transfers.get(known.resource_id)
            made = touched or self._known_objects.get(known.resource_id)
        made = _check_replay(known.content_hash, made, instruction)
        # The key holds our own id: the answer to our commit was lost, and this is the same request again.
        return Done(made, replayed=known.resource_id != instruction.resource_id)

    def _tell(self, instruction: Instruction, made: Transfer | Hold) -> None:
        if isinstance(made, Hold):
            self.events.append(hold_moved(made, instruction.actor))
            if not isinstance(instruction, Capture):
                return
            made_transfer = self._locked.books.posted[-1]
        else:
            made_transfer = made
        self.events.append(transfer_posted(made_transfer, instruction.actor, self._instant))


def _hash_of_whole(instruction: Instruction, made: Transfer | Hold | None) -> bytes | None:
    """For a capture of the whole hold, the hash of its other form: with the amount, or without one. Else None."""
    if not isinstance(instruction, Capture) or not isinstance(made, Hold):
        return None
    whole = exact(made.amount, made.unit)
    if instruction.amount is None:
        return hash_of(CAPTURE_OPERATION, capture_content(made.id, whole, instruction.effective_at))
    if instruction.amount.canonical() != whole.canonical():
        return None
    return hash_of(CAPTURE_OPERATION, capture_content(made.id, None, instruction.effective_at))


def _check_replay(
    command_hash: bytes, made: Transfer | Hold | None, instruction: Instruction, *, in_batch: bool = False
) -> Transfer | Hold:
    """What was made with a key, if the request may have it.

    :raises IdempotencyMismatch: the request asks for something else.
    :raises NotFound: it does not belong to the holder of the request's actor.
    """
    assert instruction.key is not None
    path = (*instruction.path, "idempotency_key")
    hashes = (*instruction.key.hashes, _hash_of_whole(instruction, made))
    check_content(command_hash, hashes, path, OTHER_ITEM if in_batch else None)
    assert made is not None, "the same content names the same objects"
    if not sees(instruction.actor, made.debit, made.credit):
        raise NotFound("There is no such ledger, wallet, hold or transfer.", path=path)
    return made


async def _known_objects(
    tx: Transaction, customer_id: UUID, instructions: Sequence[Instruction], locked: Locked
) -> dict[UUID, Transfer | Hold]:
    """What was made with known keys. Holds are not read again: they are locked already."""
    holds: set[UUID] = set()
    transfers: set[UUID] = set()
    for asked in instructions:
        known = None if asked.key is None else locked.known.get(asked.key.name)
        if known is not None and not isinstance(asked, Capture | Release):
            (holds if isinstance(asked, Place) else transfers).add(known.resource_id)
    return await read_known_objects(tx, customer_id, hold_ids=holds, transfer_ids=transfers)

"""Post plain transfers by what is remembered of their accounts, in one round trip; or by what is read first, in two.

Batches are decided in memory as ever, and written by one statement that commits by itself, if all of their accounts are
as expected and all of their keys are new. A statement may write the batches of many customers: those that it cannot
write are left out, and the others go again. Whatever else there is, the batch that locks first decides.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import asyncpg

from app.db.away import DATABASE_UNUSABLE
from app.db.connection import by_key_pool
from app.db.guarded_statement import INSTANT_LATER, NOT_YET, GuardedStatement
from app.events import left_out_bodies
from app.events.record import NewEvent
from app.idempotency.reserve_keys import KeyRequest
from app.journal.books import Books
from app.journal.compare_accounts import AccountsHaveChanged, add_guarded, changed_accounts, read_accounts
from app.journal.events import transfer_posted
from app.journal.instructions import Instruction, Movement, Post
from app.journal.memory import AccountName, Memory, Remembered, Way, Went
from app.journal.records import Transfer
from app.journal.reserve_and_lock import request_of
from app.journal.write_batch import add_posted
from app.kernel.errors import DomainError

TRIES_MAX = 3
"""How often the batches of several customers are tried together, each time without those that could not be written."""

_as_number = attrgetter("int")
"""Orders ids as PostgreSQL does, faster than they compare themselves."""


@dataclass(slots=True)
class _Batch:
    """One customer's plain transfers, the accounts they name in order, and the way to go."""

    customer_id: UUID
    posts: Sequence[Post]
    names: Sequence[AccountName]
    way: Way


@dataclass(slots=True, kw_only=True)
class _Decided:
    """A batch that is decided and can be written: what it goes by, and what it leaves."""

    batch: _Batch
    expected: Mapping[AccountName, Remembered]
    left: Mapping[AccountName, Remembered]
    read: Mapping[AccountName, Remembered]
    books: Books
    events: Sequence[NewEvent]
    written: asyncio.Future[bool]


async def post_as_remembered(memory: Memory, asked: Mapping[UUID, Sequence[Instruction]]) -> dict[UUID, list[Transfer]]:
    """Post batches, one of each customer. Answers the transfers of those that were written, in the order of their
    instructions. Of the others nothing happened: they have to lock first.

    :raises Exception: the outcome of all of them is unknown, or the database refused a row of one; asking again with
        the same keys shows it.
    """
    with suppress(*DATABASE_UNUSABLE):  # Then bodies are stored, and if the database is away, what follows tells it.
        await left_out_bodies.look(by_key_pool().fetchval)
    batches = [
        _Batch(customer_id, posts, names := _names_of(customer_id, posts), memory.way_of(names))
        for customer_id in sorted(asked, key=_as_number)
        if (posts := plain_posts(asked[customer_id])) is not None
    ]
    decided: list[_Decided] = []
    try:
        await _decide(memory, [batch for batch in batches if batch.way is not Way.LOCK], decided)
        if locked := len(batches) - len(decided):
            memory.counts[Went.LOCKED] += locked
        return await _write_what_can_be(memory, decided)
    finally:
        for one in decided:
            if not one.written.done():
                memory.counts[Went.CHANGED] += 1
                one.written.set_result(False)
                memory.forget_if(one.left)


def _names_of(customer_id: UUID, posts: Sequence[Post]) -> list[AccountName]:
    return [(customer_id, account_id) for account_id in sorted(sides_of(posts), key=_as_number)]


def sides_of(instructions: Iterable[Instruction]) -> set[UUID]:
    """The posting accounts that these instructions name."""
    return {side for one in instructions if isinstance(one, Movement) for side in (one.debit_id, one.credit_id)}


def plain_posts(instructions: Sequence[Instruction]) -> list[Post] | None:
    """The instructions, if they are transfers that depend on nothing but their two accounts, each with a key of its
    own: none has a value date, and none is forced. Else None.
    """
    posts = [
        one
        for one in instructions
        if type(one) is Post and one.key is not None and one.effective_at is None and not one.is_forced
    ]
    if len(posts) < len(instructions) or len({one.key.name for one in posts if one.key}) < len(posts):
        return None
    return posts


async def _decide(memory: Memory, batches: Sequence[_Batch], decided: list[_Decided]) -> None:
    """Decide these batches, and remember what each leaves. Nothing is awaited in between, so that of two calls only the
    later one waits for the other.
    """
    async with AsyncExitStack() as reading:
        read: dict[AccountName, Remembered] = {}
        if unknown := [batch for batch in batches if _unread(memory, batch)]:
            for batch in unknown:  # In the order of customers, so that no two calls wait for each other.
                await reading.enter_async_context(memory.reading(batch.customer_id))
            if unread := [name for batch in unknown for name in _unread(memory, batch)]:
                read = await read_accounts(unread)
            memory.note_quiet(read)
        decided.extend(one for batch in batches if (one := _decided(memory, batch, read)) is not None)


def _unread(memory: Memory, batch: _Batch) -> list[AccountName]:
    known = memory.known(batch.names, batch.way)
    return [name for name in batch.names if name not in known]


def _decided(memory: Memory, batch: _Batch, all_read: Mapping[AccountName, Remembered]) -> _Decided | None:
    """Decide the batch and remember what it leaves. None if anything is refused: that is decided by locked rows."""
    read = {name: all_read[name] for name in batch.names if name in all_read} if all_read else {}
    if read and memory.way_of(batch.names) is Way.LOCK:
        return None
    # What was remembered meanwhile is newer.
    known = {**read, **memory.known(batch.names, batch.way)}
    if len(known) < len(batch.names):
        # It was not read, since its batch was under way. That has ended since, and left what is remembered.
        known |= memory.left(name for name in batch.names if name not in known)
    if len(known) < len(batch.names):
        _leave_to_lock(memory, [name for name in batch.names if name not in known])
        return None
    accounts = {name[1]: known[name].account.copied() for name in batch.names}
    books, events = Books(accounts, {}, {}, NOT_YET), []
    try:
        for post in batch.posts:
            transfer = books.carry_out(post)
            assert isinstance(transfer, Transfer)
            events.append(transfer_posted(transfer, post.actor, INSTANT_LATER))
    except DomainError:
        _leave_to_lock(memory, [(batch.customer_id, side) for side in (post.debit_id, post.credit_id)])
        return None
    forced = [name for name in batch.names if accounts[name[1]].forced_below]
    if forced:  # Each posting changes how much it is.
        _leave_to_lock(memory, forced)
        return None
    written = asyncio.get_running_loop().create_future()
    left = {name: Remembered(accounts[name[1]], known[name].fixed, written, known[name].quiet) for name in batch.names}
    memory.remember(left)
    return _Decided(
        batch=batch,
        expected={name: known[name] for name in batch.names},
        left=left,
        read=read,
        books=books,
        events=events,
        written=written,
    )


def _leave_to_lock(memory: Memory, names: Collection[AccountName]) -> None:
    """These accounts made the batch lock; the next few with them begin with that."""
    memory.was_wrong(names, names)


async def _write_what_can_be(memory: Memory, decided: Sequence[_Decided]) -> dict[UUID, list[Transfer]]:
    left = decided
    for _ in range(TRIES_MAX):
        left = [one for one in left if await _are_written(one.expected)]
        if not left:
            break
        try:
            at = await _write(left)
        except AccountsHaveChanged as changed:
            memory.was_wrong(changed.accounts, {name for one in left for name in one.read})
            left = [one for one in left if one.batch.customer_id not in changed.customer_ids]
        else:
            return {one.batch.customer_id: _is_written(memory, one, at) for one in left}
    return {}


def _is_written(memory: Memory, decided: _Decided, at: datetime) -> list[Transfer]:
    memory.counts[Went.READ if decided.read else Went.REMEMBERED] += 1
    decided.written.set_result(True)
    memory.was_right(decided.batch.names, decided.batch.way)
    for transfer in decided.books.posted:
        transfer.posted_at = at
    return decided.books.posted


async def _are_written(expected: Mapping[AccountName, Remembered]) -> bool:
    """Whether the batches that left the accounts like this were written, once they have ended."""
    batches = {one.written for one in expected.values() if one.written is not None}
    under_way = [batch for batch in batches if not batch.done()]
    if under_way:
        await asyncio.wait(under_way)
    return all(batch.result() for batch in batches)


async def _write(batches: Sequence[_Decided]) -> datetime:
    statement = GuardedStatement()
    for one in batches:
        statement.of(one.batch.customer_id)
        add_guarded(statement, _keys_of(one.batch.posts), one.expected)
        add_posted(statement, one.books, one.events)
    try:
        return await statement.run_alone()
    except asyncpg.UndefinedObjectError as error:
        changed = changed_accounts(error)
        if changed is None:
            raise
        raise changed from error


def _keys_of(posts: Sequence[Post]) -> list[KeyRequest]:
    keys = [request_of(post.key, post.resource_id) for post in posts if post.key is not None]
    return sorted(keys, key=lambda one: one.name)

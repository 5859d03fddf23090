"""Post plain transfers by what is remembered of their accounts, in one round trip; or by what is read first, in two.

A batch is decided in memory as ever, and written by one statement that commits by itself, if all of its accounts are as
expected and all of its keys are new. Whatever else there is, the batch that locks first decides.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import asyncpg

from app.db.guarded_statement import INSTANT_LATER, NOT_YET, GuardedStatement
from app.events.record import NewEvent
from app.idempotency.reserve_keys import KeyRequest
from app.journal.books import Books
from app.journal.compare_accounts import AccountsHaveChanged, add_guard, changed_accounts, read_accounts
from app.journal.events import transfer_posted
from app.journal.instructions import Instruction, Movement, Post
from app.journal.memory import AccountName, Memory, Remembered, Way, Went
from app.journal.records import Transfer
from app.journal.reserve_and_lock import request_of
from app.journal.write_batch import add_posted
from app.kernel.errors import DomainError

_as_number = attrgetter("int")
"""Orders ids as PostgreSQL does, faster than they compare themselves."""


@dataclass(slots=True, kw_only=True)
class _Decided:
    """A batch that is decided and can be written: what it goes by, and what it leaves."""

    customer_id: UUID
    posts: Sequence[Post]
    expected: Mapping[AccountName, Remembered]
    left: Mapping[AccountName, Remembered]
    read: Mapping[AccountName, Remembered]
    books: Books
    events: Sequence[NewEvent]
    written: asyncio.Future[bool]


async def post_as_remembered(
    memory: Memory, customer_id: UUID, instructions: Sequence[Instruction]
) -> list[Transfer] | None:
    """The transfers, in the order of their instructions. None: nothing happened; the batch has to lock first.

    :raises Exception: the outcome is unknown, or the database refused a row; asking again with the same keys shows it.
    """
    posts = plain_posts(instructions)
    if posts is None:
        return None
    names = [(customer_id, account_id) for account_id in sorted(sides_of(posts), key=_as_number)]
    way = memory.way_of(names)
    decided = None if way is Way.LOCK else await _decide(memory, way, posts, names)
    if decided is None:
        memory.counts[Went.LOCKED] += 1
        return None
    went = Went.CHANGED
    try:
        if not await _are_written(decided.expected):
            return None
        at = await _write(decided)
    except AccountsHaveChanged as changed:
        memory.was_wrong([(customer_id, account_id) for account_id in changed.account_ids], decided.read)
        return None
    else:
        went = Went.READ if decided.read else Went.REMEMBERED
        decided.written.set_result(True)
    finally:
        memory.counts[went] += 1
        if not decided.written.done():
            decided.written.set_result(False)
            memory.forget_if(decided.left)
    memory.was_right(names, way)
    for transfer in decided.books.posted:
        transfer.posted_at = at
    return decided.books.posted


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


async def _decide(memory: Memory, way: Way, posts: list[Post], names: list[AccountName]) -> _Decided | None:
    customer_id = names[0][0]
    known = memory.known(names, way)
    if len(known) == len(names):
        return _decided(memory, posts, names, known, {})
    async with memory.reading(customer_id):
        known = memory.known(names, way)
        unread = [name[1] for name in names if name not in known]
        read = await read_accounts(customer_id, unread) if unread else {}
        memory.note_quiet(read)
        if memory.way_of(names) is Way.LOCK:
            return None
        # What was remembered meanwhile is newer.
        return _decided(memory, posts, names, {**read, **memory.known(names, way)}, read)


def _decided(
    memory: Memory,
    posts: list[Post],
    names: list[AccountName],
    known: Mapping[AccountName, Remembered],
    read: Mapping[AccountName, Remembered],
) -> _Decided | None:
    """Decide the batch and remember what it leaves. None if anything is refused: that is decided by locked rows."""
    if len(known) < len(names):
        _leave_to_lock(memory, [name for name in names if name not in known])
        return None
    accounts = {account_id: known[customer_id, account_id].account.copied() for customer_id, account_id in names}
    books, events = Books(accounts, {}, {}, NOT_YET), []
    try:
        for post in posts:
            transfer = books.carry_out(post)
            assert isinstance(transfer, Transfer)
            events.append(transfer_posted(transfer, post.actor, INSTANT_LATER))
    except DomainError:
        _leave_to_lock(memory, [(names[0][0], side) for side in (post.debit_id, post.credit_id)])
        return None
    forced = [name for name in names if accounts[name[1]].forced_below]
    if forced:  # Each posting changes how much it is.
        _leave_to_lock(memory, forced)
        return None
    written = asyncio.get_running_loop().create_future()
    left = {name: Remembered(accounts[name[1]], known[name].fixed, written, known[name].quiet) for name in names}
    memory.remember(left)
    expected = {name: known[name] for name in names}
    return _Decided(
        customer_id=names[0][0],
        posts=posts,
        expected=expected,
        left=left,
        read=read,
        books=books,
        events=events,
        written=written,
    )


def _leave_to_lock(memory: Memory, names: Collection[AccountName]) -> None:
    """These accounts made the batch lock; the next few with them begin with that."""
    memory.was_wrong(names, names)


async def _are_written(expected: Mapping[AccountName, Remembered]) -> bool:
    """Whether the batches that left the accounts like this were written, once they have ended."""
    batches = {one.written for one in expected.values() if one.written is not None}
    under_way = [batch for batch in batches if not batch.done()]
    if under_way:
        await asyncio.wait(under_way)
    return all(batch.result() for batch in batches)


async def _write(decided: _Decided) -> datetime:
    statement = GuardedStatement(decided.customer_id)
    add_guard(statement, _keys_of(decided.posts), decided.expected)
    add_posted(statement, decided.books, decided.events)
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

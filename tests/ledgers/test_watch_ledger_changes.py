"""Changes of ledgers as they happen: the same for everybody as they would read for themselves, and one look for all."""

import asyncio
import itertools
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest

from app.db.notifications import notifications
from app.events import changes as changes_feed
from app.events import feed_watch, shared_feed
from app.events.feed import last_position
from app.events.feed_place import FeedPlace, feed_place
from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, post_transfer
from app.ledgers import ledger_changes, watch_ledger_changes
from app.ledgers.ledger_changes import follow_ledger_changes
from app.ledgers.update_ledger import UpdateLedger, update_ledger
from tests.bookkeeping import fund


@pytest.fixture
async def streams(database):
    """A function that opens a stream of changes."""
    await notifications().at(database, application_name="quaestor-tests").start()
    async with AsyncExitStack() as stack:

        async def open_stream(actor, *, after=None, ledger_id=None):
            changes = watch_ledger_changes.watch_ledger_changes(
                actor, after=None if after is None else FeedPlace(after), ledger_id=ledger_id, backup_poll_seconds=3600
            )
            return await stack.enter_async_context(aclosing(changes))

        yield open_stream
    await notifications().stop()


@pytest.fixture
def post(actor):
    """A function that moves gold between two ledgers."""
    numbers = itertools.count()

    async def post(debit_id, credit_id, value):
        command = PostTransfer(
            debit_id=str(debit_id),
            credit_id=str(credit_id),
            amount=AmountText(value, "GOLD"),
            idempotency_key=f"key-{next(numbers)}",
        )
        await post_transfer(actor, command)

    return post


async def waiting(actor, count):
    """Wait until so many followers of this customer have nothing left to do."""
    async with asyncio.timeout(120):
        while True:
            watch = feed_watch._watches.get(actor.customer_id)
            followers = [one for feed in watch._feeds.values() for one in feed._followers] if watch else []
            if sum(one._is_waiting for one in followers) == count:
                return
            await asyncio.sleep(0.01)


async def test_tells_everybody_what_they_would_read_themselves(
    actor, make_holder, issue_virtual, post, streams, monkeypatch
):
    """The customer and two holders, of all ledgers and of one; some slow, some behind."""
    monkeypatch.setattr(shared_feed, "KEPT_MAX", 6)
    monkeypatch.setattr(shared_feed, "HANDED_MAX", 3)
    monkeypatch.setattr(watch_ledger_changes, "PAGE_MAX", 4)
    monkeypatch.setattr(watch_ledger_changes, "OWN_PAGE_MAX", 5)
    monkeypatch.setattr(changes_feed, "ENTRIES_PER_LOOK_MIN", 3)
    ada, grace = await make_holder(), await make_holder()
    ledgers = [await issue_virtual(holder_id) for holder_id in (ada, grace)] + [await issue_virtual()]
    for ledger_id in ledgers:
        await fund(actor.customer_id, ledger_id, 1_000)
    begin = await last_position(actor)
    watchers = [
        (who, ledger_id)
        for who in (actor, replace(actor, holder_id=ada), replace(actor, holder_id=grace))
        for ledger_id in (None, ledgers[0], ledgers[2])
    ]
    heard = [[] for _ in watchers]

    async def listen(place, changes):
        async for change in changes:
            heard[place].append((feed_place(change.cursor, ()).position, change.type, change.ledger.id))
            await asyncio.sleep(place % 3 * 0.01)

    tasks = [
        asyncio.create_task(listen(place, await streams(who, after=begin if place % 2 else None, ledger_id=ledger_id)))
        for place, (who, ledger_id) in enumerate(watchers)
    ]
    await waiting(actor, len(watchers))
    for number in range(10):
        await post(ledgers[number % 3], ledgers[(number + 1) % 3], "0.0001")
        await update_ledger(actor, UpdateLedger(str(ledgers[number % 3]), {"number": number}))
    pages = [
        await follow_ledger_changes(who, after=begin, limit=1_000, ledger_id=ledger_id) for who, ledger_id in watchers
    ]
    expected = [
        [(feed_place(change.cursor, ()).position, change.type, change.ledger.id) for change in page.changes]
        for page in pages
    ]
    async with asyncio.timeout(120):
        while [len(one) for one in heard] != [len(one) for one in expected]:
            await asyncio.sleep(0.01)
    assert heard == expected
    assert [len(one) for one in expected] == [30, 11, 9, 11, 11, 0, 10, 0, 0]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_reads_ledgers_once_and_only_those_that_somebody_watches(actor, issue_virtual, streams, monkeypatch):
    asked = []
    find_ledgers = ledger_changes.find_ledgers

    async def counted(actor, ledger_ids):
        asked.append(set(ledger_ids))
        return await find_ledgers(actor, ledger_ids)

    watched, other = await issue_virtual(), await issue_virtual()
    opened = [await streams(actor, ledger_id=watched) for _ in range(20)]
    coming = [asyncio.ensure_future(anext(changes)) for changes in opened]
    await waiting(actor, 20)
    monkeypatch.setattr(ledger_changes, "find_ledgers", counted)
    await update_ledger(actor, UpdateLedger(str(other), {"a": 1}))
    await update_ledger(actor, UpdateLedger(str(watched), {"a": 2}))
    changes = [await change for change in coming]
    assert {(change.type, change.ledger.id, change.ledger.metadata["a"]) for change in changes} == {
        ("ledger.updated", watched, 2)
    }
    assert asked == [{watched}]

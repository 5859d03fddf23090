import asyncio

import pytest

from app.db.connection import pool
from app.events.feed import feed_position
from app.ledgers.ledger_changes import read_ledger_changes
from app.ledgers.update_ledger import UpdateLedger, update_ledger


async def test_tells_of_each_ledger_once_per_page_by_its_newest_change(actor, issue):
    first, second = await issue(), await issue()
    await update_ledger(actor, UpdateLedger(str(first), {"a": 1}))
    page = await read_ledger_changes(actor, after=0, limit=100)
    assert [(change.ledger.id, change.type) for change in page.changes] == [
        (second, "ledger.created"),
        (first, "ledger.updated"),
    ]
    assert page.changes[1].ledger.metadata == {"a": 1}
    assert (page.has_more, feed_position(page.changes[1].cursor, ())) == (False, page.position)


async def test_pages_without_skipping(actor, issue):
    ledger_ids = [await issue() for _ in range(10)]
    found, position, pages = [], 0, 0
    while True:
        page = await read_ledger_changes(actor, after=position, limit=3)
        if not page.changes:
            break
        found += [change.ledger.id for change in page.changes]
        assert page.has_more is (len(found) < 10)
        position, pages = page.position, pages + 1
    assert (found, pages) == (ledger_ids, 4)


async def test_stays_where_it_is_on_an_empty_page(actor, issue):
    await issue()
    end = (await read_ledger_changes(actor, after=0, limit=10)).position
    empty = await read_ledger_changes(actor, after=end, limit=10)
    assert (empty.changes, empty.position, empty.has_more) == ([], end, False)


async def test_moves_past_a_page_whose_ledgers_appear_again_later(actor, issue):
    """A page of one ledger's many changes holds it once, and still goes on behind all of them."""
    ledger_id = await issue()
    for number in range(8):
        await update_ledger(actor, UpdateLedger(str(ledger_id), {"n": number}))
    positions, position = [], 0
    while (page := await read_ledger_changes(actor, after=position, limit=2)).changes:
        assert [change.ledger.id for change in page.changes] == [ledger_id]
        position = page.position
        positions.append(position)
    assert len(positions) == 5


async def test_begins_where_it_is_told(actor, issue, read):
    await issue()
    late = await issue()
    since = (await read(late)).created_at
    page = await read_ledger_changes(actor, after=0, limit=10, since=since)
    assert [change.ledger.id for change in page.changes] == [late]


async def test_tells_nobody_of_another_customers_ledgers(actor, other_actor, issue):
    await issue()
    assert (await read_ledger_changes(other_actor, after=0, limit=10)).changes == []


@pytest.mark.timeout(120)
async def test_skips_nothing_however_late_others_commit(actor, issue):
    """Writers that commit in another order than they wrote, while a reader goes on behind what it has seen."""
    writers, ledgers_each = 8, 15
    writing = [asyncio.create_task(write_slowly(actor, issue, ledgers_each)) for _ in range(writers)]
    seen, position = [], 0
    while True:
        finished = all(task.done() for task in writing)
        page = await read_ledger_changes(actor, after=position, limit=5)
        seen += [(change.ledger.id, change.type) for change in page.changes]
        position = page.position
        if finished and not page.changes:
            break
        await asyncio.sleep(0)
    written = {ledger_id for task in writing for ledger_id in task.result()}
    assert len(written) == writers * ledgers_each
    assert {ledger_id for ledger_id, _ in seen} == written
    last = dict(seen)
    assert set(last.values()) == {"ledger.updated"}


async def write_slowly(actor, issue, count):
    """Ledgers, each made and then changed; now and then the commit waits for a lock."""
    made = []
    for number in range(count):
        ledger_id = await issue()
        if number % 3 == 0:
            async with pool().acquire() as connection, connection.transaction():
                await connection.execute("SELECT 1 FROM ledgers WHERE id = $1 FOR UPDATE", ledger_id)
                changing = asyncio.create_task(update_ledger(actor, UpdateLedger(str(ledger_id), {"n": number})))
                await asyncio.sleep(0.02)
            await changing
        else:
            await update_ledger(actor, UpdateLedger(str(ledger_id), {"n": number}))
        made.append(ledger_id)
    return made

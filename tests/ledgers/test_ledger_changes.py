import asyncio
import itertools
import random
from dataclasses import replace

import pytest

from app.db.connection import pool
from app.events import changes
from app.events.feed import last_position
from app.events.feed_place import FeedPlace, feed_place
from app.journal.amounts import AmountText
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.errors import Forbidden
from app.ledgers.ledger_changes import follow_ledger_changes, read_ledger_changes
from app.ledgers.update_ledger import UpdateLedger, update_ledger
from tests.bookkeeping import fund, open_account


async def test_tells_of_each_ledger_once_per_page_by_its_newest_change(actor, issue):
    first, second = await issue(), await issue()
    await update_ledger(actor, UpdateLedger(str(first), {"a": 1}))
    page = await read_ledger_changes(actor, after=FeedPlace(0), limit=100)
    assert [(change.ledger.id, change.type) for change in page.changes] == [
        (second, "ledger.created"),
        (first, "ledger.updated"),
    ]
    assert page.changes[1].ledger.metadata == {"a": 1}
    assert (page.has_more, feed_place(page.changes[1].cursor, ()).position) == (False, page.position)


async def test_pages_without_skipping(actor, issue):
    ledger_ids = [await issue() for _ in range(10)]
    found, position, pages = [], 0, 0
    while True:
        page = await read_ledger_changes(actor, after=FeedPlace(position), limit=3)
        if not page.changes:
            break
        found += [change.ledger.id for change in page.changes]
        assert page.has_more is (len(found) < 10)
        position, pages = page.position, pages + 1
    assert (found, pages) == (ledger_ids, 4)


async def test_stays_where_it_is_on_an_empty_page(actor, issue):
    await issue()
    end = (await read_ledger_changes(actor, after=FeedPlace(0), limit=10)).position
    empty = await read_ledger_changes(actor, after=FeedPlace(end), limit=10)
    assert (empty.changes, empty.position, empty.has_more) == ([], end, False)


async def test_moves_past_a_page_whose_ledgers_appear_again_later(actor, issue):
    """A page of one ledger's many changes holds it once, and still goes on behind all of them."""
    ledger_id = await issue()
    for number in range(8):
        await update_ledger(actor, UpdateLedger(str(ledger_id), {"n": number}))
    positions, position = [], 0
    while (page := await read_ledger_changes(actor, after=FeedPlace(position), limit=2)).changes:
        assert [change.ledger.id for change in page.changes] == [ledger_id]
        position = page.position
        positions.append(position)
    assert len(positions) == 5


async def test_begins_where_it_is_told(actor, issue, read):
    await issue()
    late = await issue()
    since = (await read(late)).created_at
    page = await read_ledger_changes(actor, after=FeedPlace(0), limit=10, since=since)
    assert [change.ledger.id for change in page.changes] == [late]


async def test_tells_nobody_of_another_customers_ledgers(actor, other_actor, issue):
    await issue()
    assert (await read_ledger_changes(other_actor, after=FeedPlace(0), limit=10)).changes == []


@pytest.fixture
def post(actor):
    """A function that moves gold between two ledgers; answers the transfer."""
    numbers = itertools.count()

    async def move(debit_id, credit_id, value="0.0001"):
        command = PostTransfer(
            debit_id=str(debit_id),
            credit_id=str(credit_id),
            amount=AmountText(value, "GOLD"),
            idempotency_key=f"key-{next(numbers)}",
        )
        transfer, _ = await post_transfer(actor, command)
        return transfer

    return move


def told(page):
    return [(feed_place(change.cursor, ()).position, change.type, change.ledger.id) for change in page.changes]


class TestCreditsAndDebits:
    @pytest.fixture
    async def gold(self, actor, issue_virtual):
        """Two ledgers, one with money in it, and the position before anything moves between them."""
        payer, payee = await issue_virtual(), await issue_virtual()
        await fund(actor.customer_id, payer, 1_000)
        return payer, payee, await last_position(actor)

    async def test_are_changes_of_both_ledgers_as_they_now_are(self, actor, gold, post):
        payer, payee, start = gold
        transfer = await post(payer, payee, "0.01")
        page = await read_ledger_changes(actor, after=FeedPlace(start), limit=10)
        assert told(page) == [
            (start + 1, "ledger.balance_changed", payer),
            (start + 2, "ledger.balance_changed", payee),
        ]
        assert [change.ledger.posted_minor_units for change in page.changes] == [900, 100]
        assert {change.occurred_at for change in page.changes} == {transfer.posted_at}
        assert (page.position, page.has_more) == (start + 2, False)

    async def test_pages_of_one_neither_stall_nor_skip(self, actor, gold, post):
        payer, payee, start = gold
        await post(payer, payee)
        await post(payee, payer)
        found, position = [], start
        while True:
            page = await read_ledger_changes(actor, after=FeedPlace(position), limit=1)
            found += told(page)
            position = page.position
            if not page.has_more:
                break
        assert [(place - start, ledger_id) for place, _, ledger_id in found] == [
            (1, payer),
            (2, payee),
            (3, payee),
            (4, payer),
        ]
        assert told(await read_ledger_changes(actor, after=FeedPlace(position), limit=1)) == []

    async def test_go_on_with_the_credited_side_after_the_debited_one(self, actor, gold, post):
        payer, payee, start = gold
        await post(payer, payee)
        pages = [
            await read_ledger_changes(actor, after=FeedPlace(start + 1), limit=10),
            await follow_ledger_changes(actor, after=start + 1, limit=10),
        ]
        assert [[ledger_id for *_, ledger_id in told(page)] for page in pages] == [[payee], [payee]]

    async def test_stand_in_a_page_once_for_each_ledger(self, actor, gold, post):
        payer, payee, start = gold
        for _ in range(3):
            await post(payer, payee)
        await update_ledger(actor, UpdateLedger(str(payer), {"a": 1}))
        assert told(await read_ledger_changes(actor, after=FeedPlace(start), limit=10)) == [
            (start + 6, "ledger.balance_changed", payee),
            (start + 7, "ledger.updated", payer),
        ]

    async def test_are_followed_one_by_one(self, actor, gold, post, issue_virtual):
        payer, payee, start = gold
        other = await issue_virtual()
        await post(payer, payee)
        await post(payee, other)
        await post(payer, other)
        await update_ledger(actor, UpdateLedger(str(payee), {"a": 1}))
        page = await follow_ledger_changes(actor, after=start, limit=100, ledger_id=payee)
        assert [(place - start, name) for place, name, _ in told(page)] == [
            (4, "ledger.balance_changed"),
            (5, "ledger.balance_changed"),
            (9, "ledger.updated"),
        ]
        assert {ledger_id for *_, ledger_id in told(page)} == {payee}
        everything = await follow_ledger_changes(actor, after=start, limit=100)
        assert [ledger_id for *_, ledger_id in told(everything)][2:] == [
            payer,
            payee,
            payee,
            other,
            payer,
            other,
            payee,
        ]

    async def test_are_none_where_there_is_no_ledger(self, actor, gold, issue_virtual):
        """From a system account, and between posting accounts of no ledger."""
        _, payee, start = gold
        await fund(actor.customer_id, payee, 5)
        await open_account(actor.customer_id, balance=5)
        page = await read_ledger_changes(actor, after=FeedPlace(start), limit=10)
        assert told(page) == [(start + 2, "ledger.balance_changed", payee)]
        assert not page.has_more

    async def test_are_not_held_funds(self, actor, gold):
        payer, payee, start = gold
        await place_hold(
            actor,
            PlaceHold(
                debit_id=str(payer), credit_id=str(payee), amount=AmountText("0.01", "GOLD"), idempotency_key="key"
            ),
        )
        assert told(await read_ledger_changes(actor, after=FeedPlace(start), limit=10)) == []

    async def test_are_told_without_the_right_to_read_transfers(self, actor, gold, post):
        payer, payee, start = gold
        await post(payer, payee)
        narrow = replace(actor, scopes=frozenset({"ledgers:read"}))
        assert [
            ledger_id for *_, ledger_id in told(await read_ledger_changes(narrow, after=FeedPlace(start), limit=10))
        ] == [
            payer,
            payee,
        ]
        with pytest.raises(Forbidden):
            await read_ledger_changes(replace(actor, scopes=frozenset({"transfers:read"})), after=0, limit=10)

    async def test_tell_one_holders_actor_of_its_own_side(self, actor, make_holder, issue_virtual, post):
        payer_holder, payee_holder = await make_holder(), await make_holder()
        payer, payee = await issue_virtual(payer_holder), await issue_virtual(payee_holder)
        await fund(actor.customer_id, payer, 1_000)
        start = await last_position(actor)
        await post(payer, payee)
        await post(payer, payee)
        for holder_id, ledger_id, places in ((payer_holder, payer, [1, 3]), (payee_holder, payee, [2, 4])):
            narrowed = replace(actor, holder_id=holder_id)
            each = told(await follow_ledger_changes(narrowed, after=start, limit=10))
            assert each == [(start + place, "ledger.balance_changed", ledger_id) for place in places]
            assert told(await read_ledger_changes(narrowed, after=FeedPlace(start), limit=10)) == each[1:]

    async def test_begin_where_they_are_told_to(self, actor, gold, post):
        payer, payee, start = gold
        await post(payer, payee)
        late = await post(payer, payee)
        page = await read_ledger_changes(actor, after=FeedPlace(0), limit=10, since=late.posted_at)
        assert [place for place, *_ in told(page)] == [start + 3, start + 4]

    async def test_looks_on_past_what_is_of_no_ledger_and_says_where_it_stopped(self, actor, gold, post, monkeypatch):
        monkeypatch.setattr(changes, "ENTRIES_PER_LOOK_MIN", 3)
        payer, payee, start = gold
        for _ in range(4):
            await open_account(actor.customer_id, balance=5)
        await post(payer, payee)
        page = await read_ledger_changes(actor, after=FeedPlace(start), limit=1)
        assert (told(page), page.position, page.has_more) == (
            [(start + 9, "ledger.balance_changed", payer)],
            start + 9,
            True,
        )
        monkeypatch.setattr(changes, "LOOKS_MAX", 1)
        page = await read_ledger_changes(actor, after=FeedPlace(start), limit=1)
        assert (page.changes, page.position, page.has_more) == ([], start + 6, True)
        page = await read_ledger_changes(actor, after=FeedPlace(page.position), limit=1)
        assert [place for place, *_ in told(page)] == [start + 9]


@pytest.mark.thorough
@pytest.mark.parametrize("limit", [1, 7])
async def test_skips_no_credit_or_debit_while_many_post(actor, issue_virtual, post, limit):
    """A reader that pages on while eight writers post sees each ledger's last balance."""
    ledgers = [await issue_virtual() for _ in range(8)]
    for ledger_id in ledgers:
        await fund(actor.customer_id, ledger_id, 1_000)
    position = await last_position(actor)
    dice = random.Random(limit)

    async def write():
        for _ in range(15):
            await post(*dice.sample(ledgers, 2))

    writing = asyncio.gather(*(write() for _ in range(8)))
    seen, places = {}, []
    while True:
        finished = writing.done()
        page = await read_ledger_changes(actor, after=FeedPlace(position), limit=limit)
        for change in page.changes:
            seen[change.ledger.id] = change.ledger
        places += [place for place, *_ in told(page)]
        position = page.position
        if finished and not page.has_more:
            break
        await asyncio.sleep(0)
    await writing
    assert set(seen) == set(ledgers)
    rows = await pool().fetch("SELECT id, sequence FROM posting_accounts WHERE id = ANY($1)", ledgers)
    assert {ledger.id: ledger.sequence for ledger in seen.values()} == {row["id"]: row["sequence"] for row in rows}
    assert places == sorted(places)
    if limit == 1:
        assert len(places) == len(set(places)) == 8 * 15 * 2


async def test_skips_nothing_however_late_others_commit(actor, issue):
    """Writers that commit in another order than they wrote, while a reader goes on behind what it has seen."""
    writers, ledgers_each = 8, 15
    writing = [asyncio.create_task(write_slowly(actor, issue, ledgers_each)) for _ in range(writers)]
    seen, position = [], 0
    while True:
        finished = all(task.done() for task in writing)
        page = await read_ledger_changes(actor, after=FeedPlace(position), limit=5)
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

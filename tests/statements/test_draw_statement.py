"""A statement: what it says, where it ends, and how one follows another."""

import asyncio
import contextvars
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pypdfium2
import pytest

from app.db.connection import fetchval, pool
from app.journal.balances_at import BalanceDate
from app.journal.close_books import CloseBooks, close_books
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden, Invalid
from app.kernel.money import Unit
from app.statements import queries
from app.statements.draw_statement import DoesNotAddUp, Span, draw_statement
from app.statements.formats.table import FORMATS
from app.statements.spool import Spool
from tests.statements.books import TICK, drawn, move, open_wallets

HOUR = timedelta(hours=1)
WRITERS = 10


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def wallets(actor):
    return await open_wallets(actor, Unit("GBP", 2))


async def clock():
    return await fetchval("SELECT clock_timestamp()")


async def test_says_what_was_there_and_what_came_and_went(actor, wallets):
    first = await move(actor, *wallets, 500)
    second = await move(actor, *reversed(wallets), 200)
    liability, asset = wallets

    statement, lines = await drawn(actor, liability, first.posted_at, None)
    assert (statement.opening, statement.closing, statement.debits, statement.credits) == (0, -300, 500, 200)
    assert [(line.transfer_id, line.direction, line.amount, line.balance) for line in lines] == [
        (str(first.id), "DEBIT", 500, -500),
        (str(second.id), "CREDIT", 200, -300),
    ]
    assert statement.entry_count == 2
    assert statement.is_final
    of_asset, _ = await drawn(actor, asset, first.posted_at, None)
    assert of_asset.closing == -300  # Debits are above zero there.


async def test_leaves_out_what_happened_at_its_end(actor, wallets):
    first, second = await move(actor, *wallets, 500), await move(actor, *wallets, 200)
    statement, lines = await drawn(actor, wallets[0], first.posted_at, second.posted_at)
    assert (len(lines), statement.closing, statement.end) == (1, -500, second.posted_at)
    statement, lines = await drawn(actor, wallets[0], second.posted_at, second.posted_at + TICK)
    assert (len(lines), statement.opening, statement.closing) == (1, -500, -700)


@pytest.mark.parametrize("page_size", [1, 2, 3])
@pytest.mark.parametrize("by", BalanceDate)
async def test_reads_page_by_page(actor, wallets, monkeypatch, page_size, by):
    monkeypatch.setattr(queries, "PAGE_SIZE", page_size)
    start = await clock() - timedelta(days=3)
    same = start + HOUR
    for amount, at in ((1, None), (2, same), (4, same), (8, start), (16, None)):
        await move(actor, *wallets, amount, effective_at=at)
    statement, lines = await drawn(actor, wallets[0], start, None, by)
    expected = [1, 2, 4, 8, 16] if by is BalanceDate.POSTED else [8, 2, 4, 1, 16]
    assert [line.amount for line in lines] == expected
    assert lines[-1].balance == statement.closing == -31


async def test_tells_of_value_dates_and_whether_they_can_still_change(actor, wallets):
    start = await clock() - timedelta(days=2)
    end = start + timedelta(days=1)
    await move(actor, *wallets, 500, effective_at=start + HOUR)
    open_, _ = await drawn(actor, wallets[0], start, end, BalanceDate.EFFECTIVE)
    posted, _ = await drawn(actor, wallets[0], start, end)
    assert (open_.is_final, open_.closing, posted.is_final, posted.closing) == (False, -500, True, 0)

    for through, is_final in ((end - TICK - TICK, False), (end - TICK, True)):
        await close_books(actor, CloseBooks(rfc3339(through)))
        closed, _ = await drawn(actor, wallets[0], start, end, BalanceDate.EFFECTIVE)
        assert closed.is_final is is_final, through
    following, _ = await drawn(actor, wallets[0], end, None, BalanceDate.EFFECTIVE)
    assert (following.opening, following.is_final) == (-500, False)


async def test_ends_where_something_may_still_be_posted(actor, wallets):
    await move(actor, *wallets, 500)
    async with pool().acquire() as connection, connection.transaction():
        began, _ = await connection.fetchrow("SELECT now(), pg_current_xact_id()")
        statement, _ = await drawn(actor, wallets[0], began - HOUR, began + HOUR)
        assert statement.end <= began


@pytest.mark.parametrize("end", [-1, 0])
async def test_refuses_to_end_before_it_begins(actor, wallets, end):
    at = await clock() - HOUR
    with pytest.raises(Invalid) as refused:
        await draw_statement(actor, wallets[0], Span(at, at + end * TICK))
    assert refused.value.path == ("to",)


async def test_refuses_to_begin_in_the_future(actor, wallets):
    with pytest.raises(Invalid, match="not in the future") as refused:
        await draw_statement(actor, wallets[0], Span(await clock() + HOUR))
    assert refused.value.path == ("from",)


async def test_is_nobody_elses(actor, make_actor, wallets):
    other = await make_actor()
    span = Span(await clock() - HOUR)
    assert await draw_statement(other, wallets[0], span) is None
    holder = replace(actor, holder_id=other.customer_id)
    assert await draw_statement(holder, wallets[0], span) is None


@pytest.mark.parametrize("scopes", [{"accounts:read"}, {"transfers:read", "ledgers:read"}])
async def test_takes_both_scopes(actor, wallets, scopes):
    with pytest.raises(Forbidden):
        await draw_statement(replace(actor, scopes=frozenset(scopes)), wallets[0], Span(await clock() - HOUR))


async def test_refuses_what_does_not_add_up(actor, wallets):
    first = await move(actor, *wallets, 500)
    await move(actor, *wallets, 200)
    await pool().execute("UPDATE transfers SET debit_balance_after = -400 WHERE id = $1", first.id)
    with pytest.raises(DoesNotAddUp, match=f"after transfer {first.id} is -400 minor units") as refused:
        await drawn(actor, wallets[0], first.posted_at - HOUR, None)
    assert "make it -500" in refused.value.message
    with pytest.raises(DoesNotAddUp, match="at the end is -400"):
        await drawn(actor, wallets[0], first.posted_at - HOUR, first.posted_at + TICK)


def apart(work):
    """In a task that knows of no transaction of this one."""
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())


@pytest.mark.thorough
async def test_chains_while_ten_writers_post(actor):
    """Each begins where the one before ended: nothing is repeated or left out."""
    accounts = await open_wallets(actor, Unit("GBP", 2), count=4)
    begin = await clock()
    posted = []

    async def write(number):
        for turn in range(25):
            pair = (accounts[0], accounts[1 + (number + turn) % 3])
            sides = pair if turn % 2 else reversed(pair)
            transfer = await move(actor, *sides, 1 + number, reference=f"r{number}.{turn}.")
            posted.append(str(transfer.id))

    writers = [apart(write(number)) for number in range(WRITERS)]
    chain = [await drawn(actor, accounts[0], begin, None)]
    while not all(writer.done() for writer in writers):
        chain.append(await drawn(actor, accounts[0], chain[-1][0].end, None))
    await asyncio.gather(*writers)
    chain.append(await drawn(actor, accounts[0], chain[-1][0].end, None))

    told = [line.transfer_id for _, lines in chain for line in lines]
    assert len(told) == len(set(told)) == len(posted) == WRITERS * 25
    assert set(told) == set(posted)
    assert all(one.closing == following.opening for (one, _), (following, _) in pairwise(chain))
    assert sum(bool(lines) for _, lines in chain) > 3
    references = sorted(line.reference for _, lines in chain for line in lines)
    for name in FORMATS:
        assert sorted(found for link in chain for found in REFERENCE.findall(text_of(name, *link))) == references, name


REFERENCE = re.compile(r"r\d+\.\d+\.")


def text_of(name, statement, lines):
    """A statement as text, each reference of its entries once."""
    with Spool() as spool:
        spool.add(lines)
        FORMATS[name].check(statement, spool)
        content = b"".join(FORMATS[name].write(statement, spool))
    if name == "pdf":
        with pypdfium2.PdfDocument(content) as document:
            return "".join(page.get_textpage().get_text_range() for page in document)
    # camt.053 has it as an id and as text, MT940 in two fields.
    return re.sub(r"<EndToEndId>.*?</EndToEndId>|NTRF[^/]*|\r\n", "", content.decode())

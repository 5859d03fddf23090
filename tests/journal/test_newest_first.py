"""Newest first is the journal's own order, also among what was posted together and has one instant."""

import asyncio

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.journal.entry_queries import EntryFilter, entry_cursors, list_entries
from app.journal.hold_queries import HoldFilter, hold_cursors, list_holds
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.post_transfers import PostTransfers, post_transfers
from app.journal.status import EntryDirection
from app.journal.transfer_queries import TransferFilter, list_transfers, transfer_cursors
from tests.bookkeeping import gbp, open_account
from tests.journal.history import make_holder, read_all
from tests.journal.orders import locked, until_waiting

COUNT = 120


class Books:
    """A customer whose ledgers are two of one holder's and one of nobody's."""

    def __init__(self, actor, holder_id, accounts):
        self.actor = actor
        self.holder_id = holder_id
        self.accounts = accounts

    def commands(self, kind, count=COUNT):
        """Round about, so that each account is debited and credited."""
        for number in range(count):
            debit, credit = self.accounts[number % 3], self.accounts[(number + 1 + number % 2) % 3]
            yield kind(
                debit_id=str(debit),
                credit_id=str(credit),
                amount=gbp("0.01"),
                idempotency_key=f"{kind.__name__}-{new_id()}",
                reference=str(number),
            )


@pytest.fixture
async def books(make_actor):
    actor = await make_actor()
    holder_id = await make_holder(actor.customer_id, "Ada")
    accounts = [
        await open_account(actor.customer_id, balance=10_000, holder_id=owner) for owner in (holder_id, holder_id, None)
    ]
    return Books(actor, holder_id, accounts)


async def listed(listing, cursors, actor, wanted, size):
    return (await read_all(listing, cursors, actor, wanted, size=size))[0]


@pytest.mark.parametrize("atomic", [True, False])
async def test_keeps_the_order_of_a_batch(books, atomic):
    outcomes = await post_transfers(books.actor, PostTransfers(list(books.commands(PostTransfer)), atomic=atomic))
    posted = [outcome.object for outcome in outcomes]
    assert len({one.posted_at for one in posted}) == 1
    newest_first = [one.id for one in reversed(posted)]
    all_of_it = TransferFilter(posted_at_gte=posted[0].posted_at)
    for size in (7, 500):
        found = await listed(list_transfers, transfer_cursors, books.actor, all_of_it, size)
        assert [one.id for one in found] == newest_first
    for account_id in books.accounts:
        of_one = TransferFilter(ledger_id=account_id, posted_at_gte=posted[0].posted_at)
        found = await listed(list_transfers, transfer_cursors, books.actor, of_one, 7)
        entries = await listed(
            list_entries,
            entry_cursors,
            books.actor,
            EntryFilter(ledger_id=account_id, posted_at_gte=posted[0].posted_at),
            7,
        )
        assert [one.id for one in found] == [entry.transfer.id for entry in entries]
        assert [one.id for one in found] == [
            one.id for one in reversed(posted) if account_id in (one.debit.account_id, one.credit.account_id)
        ]


@pytest.mark.parametrize("of_one_holder", [True, False])
async def test_keeps_each_ledger_s_sequence_in_the_entries_of_several(books, of_one_holder):
    await post_transfers(books.actor, PostTransfers(list(books.commands(PostTransfer))))
    holder_id = books.holder_id if of_one_holder else None
    wanted = EntryFilter(holder_id=holder_id)
    entries = await listed(list_entries, entry_cursors, books.actor, wanted, 11)
    for account_id in books.accounts[: 2 if of_one_holder else 3]:
        own = [entry.sequence for entry in entries if entry.side.account_id == account_id]
        assert own == list(range(len(own), 0, -1))
        assert len(own) > COUNT / 2
    in_turn = [
        number
        for number in range(COUNT - 1, -1, -1)
        for entry in entries
        if entry.transfer.reference == str(number) and entry.direction is EntryDirection.CREDIT
    ]
    assert [
        int(entry.transfer.reference)
        for entry in entries
        if entry.direction is EntryDirection.CREDIT and entry.transfer.reference
    ] == in_turn


async def test_keeps_the_order_in_which_requests_of_one_batch_came(books):
    # While the first waits for its lock the others gather, and make one batch.
    async with locked(books.actor.customer_id, books.accounts[0]):
        first, *others = books.commands(PostTransfer, 30)
        asked = [asyncio.create_task(post_transfer(books.actor, first))]
        await until_waiting()
        asked += [asyncio.create_task(post_transfer(books.actor, command)) for command in others]
        await asyncio.sleep(0)
    posted = [transfer for transfer, _ in await asyncio.gather(*asked)]
    assert len({one.posted_at for one in posted}) < 30
    found = await list_transfers(books.actor, TransferFilter(posted_at_gte=posted[0].posted_at), limit=100)
    assert [one.id for one in found] == [one.id for one in reversed(posted)]


async def test_keeps_the_order_of_holds_that_were_placed_together(books):
    async with locked(books.actor.customer_id, *books.accounts):
        commands = list(books.commands(PlaceHold, 60))
        asked = [asyncio.create_task(place_hold(books.actor, command)) for command in commands]
        await until_waiting()
    placed = [hold for hold, _ in await asyncio.gather(*asked)]
    assert len({one.created_at for one in placed}) < 60
    for size in (7, 100):
        found = await listed(list_holds, hold_cursors, books.actor, HoldFilter(), size)
        assert [one.id for one in found] == [one.id for one in reversed(placed)]


async def test_keeps_an_account_s_sequence_when_the_database_s_clock_was_set_back(books):
    """As if it had been an hour ahead: no batch after that one may have its instant."""
    payer, payee, _ = books.accounts
    await pool().execute("UPDATE posting_accounts SET last_posted_at = now() + interval '1 hour' WHERE id = $1", payer)
    posted = []
    for command in list(books.commands(PostTransfer, 20)):
        command.debit_id, command.credit_id = str(payer), str(payee)
        posted.append((await post_transfer(books.actor, command))[0])
    assert len({one.posted_at for one in posted}) == 20
    found = await list_transfers(books.actor, TransferFilter(), limit=20)
    assert [one.debit_sequence for one in found] == list(range(21, 1, -1))

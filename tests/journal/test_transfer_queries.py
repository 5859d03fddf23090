"""Reading transfers: exactly those of the filter and the actor, newest first, page by page."""

import itertools
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.journal.hold_queries import HoldFilter, hold_cursors, list_holds
from app.journal.posting_accounts import Book
from app.journal.records import Side
from app.journal.status import TransferKind, TransferStatus
from app.journal.transfer_queries import (
    TransferFilter,
    find_transfer,
    find_transfers,
    list_transfers,
    transfer_cursors,
)
from app.kernel.errors import Forbidden, Invalid
from tests.bookkeeping import open_account
from tests.journal.history import GOLD, amounts, is_alike, is_in, read_all, write_history
from tests.journal.orders import carry_out, made, post, reverse

SIZES = (1, 2, 3, 7, 100)


@pytest.fixture
async def history(make_actor):
    """One customer's history beside another's that is the same."""
    await write_history(await make_actor())
    return await write_history(await make_actor())


def is_met(row, wanted, accounts):
    """Whether a row meets a filter, said plainly."""
    wallets = {accounts["wallet"], accounts["asset"]}
    sides = {row["debit_id"], row["credit_id"]}
    status = TransferStatus.REVERSED if row["is_reversed"] else TransferStatus.POSTED
    effective_at = row["effective_at"] or row["posted_at"]
    named = {account_id for account_id in (wanted.ledger_id, wanted.wallet_id) if account_id is not None}
    return (
        (wanted.ledger_id is None or wanted.ledger_id in set(accounts.values()) - wallets)
        and (wanted.wallet_id is None or wanted.wallet_id in wallets)
        and named <= sides
        and (wanted.kind is None or row["kind"] in wanted.kind)
        and (wanted.status is None or status in wanted.status)
        and (wanted.reference is None or row["reference"] == wanted.reference)
        and (wanted.reference_in_any_case is None or is_alike(row["reference"], wanted.reference_in_any_case))
        and (wanted.group_id is None or row["group_id"] == wanted.group_id)
        and (wanted.posted_at_gte is None or row["posted_at"] >= wanted.posted_at_gte)
        and (wanted.posted_at_lt is None or row["posted_at"] < wanted.posted_at_lt)
        and (wanted.effective_at_gte is None or effective_at >= wanted.effective_at_gte)
        and (wanted.effective_at_lt is None or effective_at < wanted.effective_at_lt)
        and is_in(wanted.amount, row["amount_minor_units"], row)
        and (wanted.metadata is None or contains(row["metadata"], wanted.metadata))
    )


def contains(whole, part):
    """Containment of JSON, as far as these tests go."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(contains(one, value) for one in whole) for value in part)
    return whole == part


def is_seen(row, actor):
    """Whether one of a row's sides is the actor's."""
    return actor.holder_id in {None, row["debit_holder_id"], row["credit_holder_id"]}


async def assert_lists(history, actor, wanted, *, count=None):
    """That a list has exactly the rows that meet its filter, in order, whatever the size of its pages."""
    rows = [row for row in await history.transfers() if is_met(row, wanted, history.accounts) and is_seen(row, actor)]
    if count is not None:
        assert len(rows) == count, (wanted, len(rows))
    for size in SIZES:
        found, pages = await read_all(list_transfers, transfer_cursors, actor, wanted, size=size)
        assert [one.id for one in found] == [row["id"] for row in rows], (wanted, size)
        assert pages == len(rows) // size
    return rows


def filters_of(history):
    """A value for every filter, and how many of the 31 transfers it lets through."""
    of, instants = history.accounts, sorted({row["posted_at"] for row in history.rows})
    return [
        ({}, 31),
        ({"amount": amounts("1.05", "1.10", "GBP")}, 6),
        ({"amount": amounts("1.0501", "1.10999", "GBP")}, 5),
        ({"amount": amounts("1.07", "1.07", "GBP")}, 1),
        ({"amount": amounts("1.101", "1.109", "GBP")}, 0),
        ({"amount": amounts("0.0006", None, "GOLD")}, 2),
        ({"amount": amounts(None, None, "GOLD")}, 4),
        ({"amount": amounts("0", None, "XYZ")}, 0),
        ({"ledger_id": of["gold"], "amount": amounts(None, "0.00055")}, 2),
        ({"ledger_id": of["ada"]}, 13),
        ({"ledger_id": of["nobody"]}, 9),
        ({"ledger_id": of["gold"]}, 4),
        ({"ledger_id": of["idle"]}, 0),
        ({"ledger_id": of["wallet"]}, 0),
        ({"ledger_id": history.vault_id}, 0),
        ({"ledger_id": new_id()}, 0),
        ({"wallet_id": of["wallet"]}, 6),
        ({"wallet_id": of["asset"]}, 6),
        ({"wallet_id": of["ada"]}, 0),
        ({"wallet_id": of["wallet"], "ledger_id": of["ada"]}, 0),
        ({"kind": (TransferKind.INTER_LEDGER,)}, 19),
        ({"kind": (TransferKind.WALLET,)}, 6),
        ({"kind": (TransferKind.REVERSAL,)}, 2),
        ({"kind": (TransferKind.VIRTUAL_CREDIT, TransferKind.VIRTUAL_DEBIT)}, 4),
        ({"kind": (TransferKind.VIRTUAL_CREDIT, TransferKind.WALLET)}, 9),
        ({"kind": (TransferKind.PAYMENT_IN,)}, 0),
        ({"kind": ()}, 0),
        ({"status": (TransferStatus.REVERSED,)}, 2),
        ({"status": (TransferStatus.POSTED,)}, 29),
        ({"status": (TransferStatus.POSTED, TransferStatus.REVERSED)}, 31),
        ({"status": ()}, 0),
        ({"reference": "Rent"}, 7),
        ({"reference": "Mistake"}, 1),
        ({"reference": "rent"}, 0),
        ({"reference_in_any_case": "rent"}, 7),
        ({"group_id": history.group_id}, 2),
        ({"group_id": of["ada"]}, 0),
        ({"posted_at_gte": instants[1]}, 16),
        ({"posted_at_lt": instants[1]}, 15),
        ({"posted_at_gte": instants[1], "posted_at_lt": instants[2]}, 5),
        ({"effective_at_gte": instants[1]}, 16),
        ({"effective_at_lt": instants[1]}, 15),
        ({"posted_at_gte": instants[-1] + timedelta(microseconds=1)}, 0),
        ({"metadata": {"round": 1}}, 15),
        ({"metadata": {"round": 2}}, 2),
        ({"metadata": {"nested": {"tags": ["b"]}}}, 1),
        ({"metadata": {}}, 31),
        ({"metadata": {"round": "1"}}, 0),
        ({"ledger_id": of["ada"], "reference": "Rent"}, 2),
        ({"ledger_id": of["ada"], "metadata": {"round": 1}}, 9),
        ({"ledger_id": of["bob"], "kind": (TransferKind.REVERSAL,)}, 1),
        ({"ledger_id": of["bob"], "status": (TransferStatus.REVERSED,)}, 1),
        ({"kind": (TransferKind.INTER_LEDGER,), "reference": "Rent", "posted_at_gte": instants[2]}, 2),
    ]


@pytest.fixture
async def rows(history):
    history.rows = await history.transfers()
    return history.rows


async def test_lists_what_meets_the_filter_newest_first_page_by_page(history, rows):
    tried = filters_of(history)
    assert {name for given, _ in tried for name in given} == set(TransferFilter.__slots__)
    for given, count in tried:
        await assert_lists(history, history.actor, TransferFilter(**given), count=count)


async def test_lists_for_one_holder_only_transfers_with_a_side_of_its_own(history, rows):
    mine = await assert_lists(history, history.ada, TransferFilter())
    assert len(mine) == 21
    for given, _ in filters_of(history):
        wanted = TransferFilter(**given)
        if wanted.ledger_id in (history.accounts["bob"], history.accounts["nobody"]):
            # Not even what it has in common with its own.
            assert await list_transfers(history.ada, wanted, limit=100) == []
        else:
            await assert_lists(history, history.ada, wanted)


async def test_neither_repeats_nor_misses_while_transfers_arrive(history, rows):
    async def arrive():
        sides = (history.accounts["ada"], history.accounts["bob"])
        made(*await carry_out(history.actor, post(history.actor, *sides, reference="Rent", metadata={"round": 1})))

    for given in ({}, {"ledger_id": history.accounts["ada"]}, {"reference": "Rent"}, {"metadata": {"round": 1}}):
        wanted = TransferFilter(**given)
        before = [row["id"] for row in await history.transfers() if is_met(row, wanted, history.accounts)]
        found, after = [], None
        while len(found) < len(before):
            page = await list_transfers(history.actor, wanted, limit=2, after=after)
            found += [one.id for one in page]
            after = transfer_cursors(wanted, page)[-1]
            await arrive()
        assert found == before


async def test_answers_a_transfer_in_full(history, rows):
    row = next(row for row in rows if row["kind"] == "VIRTUAL_CREDIT" and row["amount_minor_units"] == 7)
    found = await find_transfer(history.actor, row["id"])
    assert found is not None
    assert (found.id, found.kind, found.status) == (row["id"], TransferKind.VIRTUAL_CREDIT, TransferStatus.POSTED)
    assert (found.amount, found.unit) == (7, GOLD)
    assert found.debit == Side(history.vault_id, Book.VIRTUAL, is_system=True, holder_id=None)
    assert found.credit == Side(history.accounts["gold"], Book.VIRTUAL, is_system=False, holder_id=history.ada_id)
    assert (found.debit_sequence, found.debit_balance_after) == (3, 18)
    assert (found.credit_sequence, found.credit_balance_after) == (3, 18)
    assert found.posted_at == row["posted_at"]


async def test_says_what_reverses_what(history, rows):
    reversal = next(row for row in rows if row["reference"] == "Mistake")
    found = await find_transfers(history.actor, [reversal["id"], reversal["reverses_id"]])
    original = found[reversal["reverses_id"]]
    assert (original.status, original.reversed_by_id) == (TransferStatus.REVERSED, reversal["id"])
    assert (found[reversal["id"]].status, found[reversal["id"]].reverses_id) == (TransferStatus.POSTED, original.id)


async def test_finds_none_of_another_customers_and_none_of_another_holders(history, rows, make_actor):
    ids = [row["id"] for row in rows]
    other = await make_actor()
    assert await find_transfers(other, ids) == {}
    assert await find_transfer(other, ids[0]) is None
    assert await list_transfers(other, TransferFilter(), limit=100) == []
    assert await list_transfers(other, TransferFilter(ledger_id=history.accounts["ada"]), limit=100) == []
    assert set(await find_transfers(history.ada, ids)) == {row["id"] for row in rows if is_seen(row, history.ada)}
    assert await find_transfer(history.actor, new_id()) is None
    nobody = replace(history.actor, holder_id=new_id())
    assert await list_transfers(nobody, TransferFilter(), limit=100) == []


async def test_refuses_the_cursor_of_another_list(history, rows):
    (transfer,) = await list_transfers(history.actor, TransferFilter(), limit=1)
    (hold,) = await list_holds(history.actor, HoldFilter(), limit=1)
    foreign = [
        transfer_cursors(TransferFilter(reference="Rent"), [transfer])[0],
        transfer_cursors(TransferFilter(status=()), [transfer])[0],
        hold_cursors(HoldFilter(), [hold])[0],
        "abc",
    ]
    for cursor in foreign:
        with pytest.raises(Invalid) as refused:
            await list_transfers(history.actor, TransferFilter(), limit=1, after=cursor)
        assert refused.value.path == ("after",)


async def test_needs_the_scope(history, rows):
    narrow = replace(history.actor, scopes=frozenset({"ledgers:read", "transfers:write", "payments:read"}))
    for reading in (
        find_transfers(narrow, [UUID(int=0)]),
        find_transfer(narrow, UUID(int=0)),
        list_transfers(narrow, TransferFilter(), limit=1),
    ):
        with pytest.raises(Forbidden) as refused:
            await reading
        assert refused.value.required_scope == "transfers:read"


@pytest.fixture
async def actor_of_parts(make_actor):
    """A transfer in each status, by it; the one that is REVERSED was so in two parts."""
    actor = await make_actor()
    pair = [await open_account(actor.customer_id, allow_negative=True) for _ in range(2)]
    ids = {}
    for status in TransferStatus:
        ids[status] = made(*await carry_out(actor, post(actor, *pair, 10))).id
    for status in (TransferStatus.REVERSED, TransferStatus.REVERSED, TransferStatus.PARTLY_REVERSED):
        made(*await carry_out(actor, reverse(actor, ids[status], minor_units=5)))
    return actor, ids


async def test_tells_apart_what_is_reversed_wholly_and_in_part(actor_of_parts):
    actor, ids = actor_of_parts
    names = list(TransferStatus)
    for statuses in itertools.chain.from_iterable(itertools.combinations(names, size) for size in range(4)):
        found = await list_transfers(actor, TransferFilter(status=statuses, kind=(TransferKind.INTER_LEDGER,)), limit=9)
        assert [one.id for one in found] == [ids[status] for status in reversed(names) if status in statuses]
        assert {one.status for one in found} == set(statuses)

"""Reading holds: exactly those of the filter and the actor, newest first, page by page."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.journal.hold_queries import HoldFilter, find_hold, find_holds, hold_cursors, list_holds
from app.journal.posting_accounts import Book
from app.journal.records import Side
from app.journal.status import HoldStatus
from app.journal.transfer_queries import TransferFilter, list_transfers, transfer_cursors
from app.kernel.errors import Forbidden, Invalid
from tests.bookkeeping import GBP
from tests.journal.history import amounts, is_alike, is_in, read_all, write_history
from tests.journal.orders import carry_out, made, place

SIZES = (1, 2, 3, 7, 100)


@pytest.fixture
async def history(make_actor):
    """One customer's history beside another's that is the same."""
    await write_history(await make_actor())
    return await write_history(await make_actor())


def whole(row):
    """The amount of a hold, as placed or adjusted."""
    parts = (row["captured_minor_units"] or 0) + (row["released_minor_units"] or 0)
    return row["amount_minor_units"] + (parts if row["status"] == "PLACED" else 0)


def is_met(row, wanted, accounts):
    """Whether a row meets a filter, said plainly."""
    wallets = {accounts["wallet"], accounts["asset"]}
    named = {account_id for account_id in (wanted.ledger_id, wanted.wallet_id) if account_id is not None}
    return (
        (wanted.ledger_id is None or wanted.ledger_id in set(accounts.values()) - wallets)
        and (wanted.wallet_id is None or wanted.wallet_id in wallets)
        and named <= {row["debit_id"], row["credit_id"]}
        and (wanted.status is None or row["status"] in wanted.status)
        and (wanted.reference is None or row["reference"] == wanted.reference)
        and (wanted.reference_in_any_case is None or is_alike(row["reference"], wanted.reference_in_any_case))
        and (wanted.created_at_gte is None or row["created_at"] >= wanted.created_at_gte)
        and (wanted.created_at_lt is None or row["created_at"] < wanted.created_at_lt)
        and is_in(wanted.amount, whole(row), row)
        and (wanted.metadata is None or all(row["metadata"].get(key) == one for key, one in wanted.metadata.items()))
    )


def is_seen(row, actor):
    return actor.holder_id in {None, row["debit_holder_id"], row["credit_holder_id"]}


async def assert_lists(history, actor, wanted, *, count=None):
    """That a list has exactly the rows that meet its filter, in order, whatever the size of its pages."""
    rows = [row for row in await history.holds() if is_met(row, wanted, history.accounts) and is_seen(row, actor)]
    if count is not None:
        assert len(rows) == count, (wanted, len(rows))
    for size in SIZES:
        found, pages = await read_all(list_holds, hold_cursors, actor, wanted, size=size)
        assert [one.id for one in found] == [row["id"] for row in rows], (wanted, size)
        assert pages == len(rows) // size


async def filters_of(history):
    """A value for every filter, and how many of the 11 holds it lets through."""
    of, last = history.accounts, (await history.holds())[0]["created_at"]
    return [
        ({}, 11),
        ({"ledger_id": of["ada"]}, 7),
        ({"ledger_id": of["gold"]}, 0),
        ({"ledger_id": of["wallet"]}, 0),
        ({"ledger_id": history.vault_id}, 0),
        ({"wallet_id": of["asset"]}, 2),
        ({"wallet_id": of["ada"]}, 0),
        ({"status": (HoldStatus.PLACED,)}, 8),
        ({"status": (HoldStatus.CAPTURED,)}, 2),
        ({"status": (HoldStatus.CAPTURED, HoldStatus.RELEASED)}, 3),
        ({"status": (HoldStatus.EXPIRED,)}, 0),
        ({"status": ()}, 0),
        ({"reference": "Booking"}, 6),
        ({"reference_in_any_case": "BOOKING"}, 6),
        ({"amount": amounts("0.15", "0.50", "GBP")}, 6),
        ({"amount": amounts("0.10", "0.10", "GBP")}, 1),
        ({"amount": amounts(None, "0.5", "GOLD")}, 0),
        ({"wallet_id": of["asset"], "amount": amounts("0.15", None)}, 1),
        ({"metadata": {"payer": "ada"}}, 4),
        ({"metadata": {"payer": "ada", "n": 2}}, 1),
        ({"metadata": {"n": "2"}}, 0),
        ({"created_at_gte": last}, 1),
        ({"created_at_lt": last}, 10),
        ({"created_at_gte": last + timedelta(microseconds=1)}, 0),
        ({"ledger_id": of["ada"], "status": (HoldStatus.PLACED,), "reference": "Booking"}, 3),
    ]


async def test_lists_what_meets_the_filter_newest_first_page_by_page(history):
    tried = await filters_of(history)
    assert {name for given, _ in tried for name in given} == set(HoldFilter.__slots__)
    for given, count in tried:
        await assert_lists(history, history.actor, HoldFilter(**given), count=count)


async def test_lists_for_one_holder_only_holds_with_a_side_of_its_own(history):
    await assert_lists(history, history.ada, HoldFilter(), count=7)
    await assert_lists(history, history.ada, HoldFilter(ledger_id=history.accounts["ada_too"]), count=2)
    assert await list_holds(history.ada, HoldFilter(ledger_id=history.accounts["bob"]), limit=100) == []


async def test_neither_repeats_nor_misses_while_holds_arrive(history):
    sides = (history.accounts["ada"], history.accounts["bob"])
    before = [row["id"] for row in await history.holds()]
    found, after = [], None
    while len(found) < len(before):
        page = await list_holds(history.actor, HoldFilter(), limit=2, after=after)
        found += [one.id for one in page]
        after = hold_cursors(HoldFilter(), page)[-1]
        made(*await carry_out(history.actor, place(history.actor, *sides)))
    assert found == before


async def test_answers_a_hold_in_full(history):
    row = next(row for row in await history.holds() if row["status"] == "CAPTURED" and row["book"] == "BANK")
    found = await find_hold(history.actor, row["id"])
    assert found is not None
    assert (found.id, found.status, found.amount, found.unit) == (row["id"], HoldStatus.CAPTURED, 10, GBP)
    assert found.debit == Side(history.accounts["ada"], Book.BANK, is_system=False, holder_id=history.ada_id)
    assert found.credit == Side(history.accounts["bob"], Book.BANK, is_system=False, holder_id=history.bob_id)
    transfer = next(one for one in await history.transfers() if one["hold_id"] == row["id"])
    assert (found.transfer_id, transfer["amount_minor_units"]) == (transfer["id"], 4)
    assert (found.version, found.updated_at) == (2, transfer["posted_at"])


async def test_finds_none_of_another_customers_and_none_of_another_holders(history, make_actor):
    rows = await history.holds()
    ids = [row["id"] for row in rows]
    other = await make_actor()
    assert await find_holds(other, ids) == {}
    assert await find_hold(other, ids[0]) is None
    assert await list_holds(other, HoldFilter(), limit=100) == []
    assert set(await find_holds(history.ada, ids)) == {row["id"] for row in rows if is_seen(row, history.ada)}
    assert await find_hold(history.actor, new_id()) is None


async def test_refuses_the_cursor_of_another_list(history):
    (hold,) = await list_holds(history.actor, HoldFilter(), limit=1)
    (transfer,) = await list_transfers(history.actor, TransferFilter(), limit=1)
    for cursor in (
        hold_cursors(HoldFilter(reference="Booking"), [hold])[0],
        transfer_cursors(TransferFilter(), [transfer])[0],
        "abc",
    ):
        with pytest.raises(Invalid) as refused:
            await list_holds(history.actor, HoldFilter(), limit=1, after=cursor)
        assert refused.value.path == ("after",)


async def test_needs_the_scope(history):
    narrow = replace(history.actor, scopes=frozenset({"ledgers:read", "transfers:write"}))
    for reading in (
        find_holds(narrow, [UUID(int=0)]),
        find_hold(narrow, UUID(int=0)),
        list_holds(narrow, HoldFilter(), limit=1),
    ):
        with pytest.raises(Forbidden) as refused:
            await reading
        assert refused.value.required_scope == "transfers:read"

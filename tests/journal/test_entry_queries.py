"""Reading entries: exactly those of the filter and the actor, newest first, page by page; never a system account's."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.journal.entry_queries import EntryFilter, entries_of, entry_cursors, find_entries, list_entries
from app.journal.records import entry_id
from app.journal.status import EntryDirection
from app.journal.transfer_queries import TransferFilter, find_transfer, list_transfers, transfer_cursors
from app.kernel.errors import Forbidden, Invalid
from tests.journal.history import amounts, is_in, read_all, write_history
from tests.journal.orders import carry_out, made, post

SIZES = (1, 2, 3, 7, 100)
DEBIT, CREDIT = EntryDirection.DEBIT, EntryDirection.CREDIT
BITS = {DEBIT: 1, CREDIT: 2}


@pytest.fixture
async def history(make_actor):
    """One customer's history beside another's that is the same."""
    await write_history(await make_actor())
    made_ = await write_history(await make_actor())
    made_.rows = await made_.transfers()
    return made_


async def all_entries(history):
    """Both sides of every transfer, plainly."""
    return [
        {
            "id": UUID(int=row["id"].int + BITS[direction]),
            "transfer_id": row["id"],
            "direction": direction,
            "account_id": row[f"{side}_id"],
            "holder_id": row[f"{side}_holder_id"],
            "is_system": row[f"{side}_is_system"],
            "sequence": row[f"{side}_sequence"],
            "balance_after": row[f"{side}_balance_after"],
            "posted_at": row["posted_at"],
            "effective_at": row["effective_at"] or row["posted_at"],
            "metadata": row["metadata"],
            **{name: row[name] for name in ("amount_minor_units", "asset", "scale")},
        }
        for row in await history.transfers()
        for direction, side in ((DEBIT, "debit"), (CREDIT, "credit"))
    ]


def is_met(entry, wanted, accounts):
    """Whether an entry meets a filter, said plainly."""
    wallets = {accounts["wallet"], accounts["asset"]}
    return (
        not entry["is_system"]
        and (wanted.ledger_id is None or entry["account_id"] == wanted.ledger_id not in wallets)
        and (wanted.wallet_id is None or entry["account_id"] == wanted.wallet_id in wallets)
        and (wanted.holder_id is None or entry["holder_id"] == wanted.holder_id)
        and (wanted.transfer_id is None or entry["transfer_id"] == wanted.transfer_id)
        and (wanted.direction is None or entry["direction"] is wanted.direction)
        and (wanted.posted_at_gte is None or entry["posted_at"] >= wanted.posted_at_gte)
        and (wanted.posted_at_lt is None or entry["posted_at"] < wanted.posted_at_lt)
        and (wanted.effective_at_gte is None or entry["effective_at"] >= wanted.effective_at_gte)
        and (wanted.effective_at_lt is None or entry["effective_at"] < wanted.effective_at_lt)
        and (wanted.metadata is None or all(entry["metadata"].get(key) == one for key, one in wanted.metadata.items()))
        and is_in(wanted.amount, entry["amount_minor_units"], entry)
        and not (wanted.of_ledgers and entry["account_id"] in wallets)
    )


def order_of(wanted):
    """What a list is ordered by: within one account by its sequence, over several by time."""
    one_account = wanted.transfer_id is None and (wanted.ledger_id or wanted.wallet_id)
    return (lambda entry: entry["sequence"]) if one_account else (lambda entry: (entry["posted_at"], entry["id"]))


async def assert_lists(history, actor, wanted, *, count=None):
    """That a list has exactly the entries that meet its filter, in order, whatever the size of its pages."""
    entries = [
        entry
        for entry in await all_entries(history)
        if is_met(entry, wanted, history.accounts) and actor.holder_id in {None, entry["holder_id"]}
    ]
    entries.sort(key=order_of(wanted), reverse=True)
    if count is not None:
        assert len(entries) == count, (wanted, len(entries))
    for size in SIZES:
        found, pages = await read_all(list_entries, entry_cursors, actor, wanted, size=size)
        assert [one.id for one in found] == [entry["id"] for entry in entries], (wanted, size)
        assert pages == len(entries) // size
    told = [(one.sequence, one.balance_after, one.direction, one.side.account_id) for one in found]
    assert told == [
        (entry["sequence"], entry["balance_after"], entry["direction"], entry["account_id"]) for entry in entries
    ]


def filters_of(history):
    """A value for every filter, and how many of the 58 entries it lets through."""
    of, instants = history.accounts, sorted({row["posted_at"] for row in history.rows})
    gold = next(row for row in history.rows if row["kind"] == "VIRTUAL_CREDIT")
    plain = next(row for row in history.rows if row["kind"] == "INTER_LEDGER")
    return [
        ({}, 58),
        ({"amount": amounts("1.05", "1.10", "GBP")}, 12),
        ({"amount": amounts("1.0501", "1.10999", "GBP")}, 10),
        ({"amount": amounts("1.07", "1.07", "GBP")}, 2),
        ({"amount": amounts("1.101", "1.109", "GBP")}, 0),
        ({"amount": amounts("0.0006", None, "GOLD")}, 2),
        ({"amount": amounts(None, None, "GOLD")}, 4),
        ({"amount": amounts("0", None, "XYZ")}, 0),
        ({"ledger_id": of["gold"], "amount": amounts(None, "0.00055")}, 2),
        ({"ledger_id": of["ada"]}, 13),
        ({"ledger_id": of["gold"]}, 4),
        ({"ledger_id": of["idle"]}, 0),
        ({"ledger_id": of["wallet"]}, 0),
        ({"ledger_id": history.vault_id}, 0),
        ({"ledger_id": new_id()}, 0),
        ({"wallet_id": of["asset"]}, 6),
        ({"wallet_id": of["ada"]}, 0),
        ({"wallet_id": history.vault_id}, 0),
        ({"holder_id": history.ada_id}, 24),
        ({"holder_id": history.bob_id}, 19),
        ({"holder_id": new_id()}, 0),
        ({"transfer_id": plain["id"]}, 2),
        ({"transfer_id": gold["id"]}, 1),
        ({"transfer_id": new_id()}, 0),
        ({"metadata": {"round": 2}}, 4),
        ({"ledger_id": of["nobody"], "metadata": {"round": 2}}, 2),
        ({"metadata": {"round": 3}}, 0),
        ({"direction": DEBIT}, 28),
        ({"direction": CREDIT}, 30),
        ({"posted_at_gte": instants[1]}, 28),
        ({"posted_at_lt": instants[1]}, 30),
        ({"posted_at_gte": instants[1], "posted_at_lt": instants[2]}, 10),
        ({"effective_at_gte": instants[1]}, 28),
        ({"effective_at_lt": instants[1]}, 30),
        ({"posted_at_gte": instants[-1] + timedelta(microseconds=1)}, 0),
        ({"ledger_id": of["ada"], "direction": DEBIT}, 9),
        ({"ledger_id": of["ada"], "posted_at_gte": instants[1]}, 4),
        ({"ledger_id": of["ada"], "holder_id": history.ada_id}, 13),
        ({"ledger_id": of["ada"], "holder_id": history.bob_id}, 0),
        ({"ledger_id": of["ada"], "wallet_id": of["wallet"]}, 0),
        ({"ledger_id": plain["debit_id"], "transfer_id": plain["id"]}, 1),
        ({"ledger_id": of["gold"], "transfer_id": plain["id"]}, 0),
        ({"ledger_id": history.vault_id, "transfer_id": gold["id"]}, 0),
        ({"holder_id": history.ada_id, "transfer_id": gold["id"]}, 1),
        ({"holder_id": history.bob_id, "direction": CREDIT, "posted_at_lt": instants[1]}, 6),
        ({"transfer_id": plain["id"], "direction": CREDIT}, 1),
        ({"transfer_id": gold["id"], "direction": DEBIT}, 0),
        ({"of_ledgers": True}, 46),
    ]


async def test_lists_what_meets_the_filter_newest_first_page_by_page(history):
    tried = filters_of(history)
    assert {name for given, _ in tried for name in given} == set(EntryFilter.__slots__)
    for given, count in tried:
        await assert_lists(history, history.actor, EntryFilter(**given), count=count)


async def test_lists_for_one_holder_only_the_sides_of_its_own(history):
    await assert_lists(history, history.ada, EntryFilter(), count=24)
    for given, _ in filters_of(history):
        await assert_lists(history, history.ada, EntryFilter(**given))


async def test_counts_one_accounts_entries_down_without_a_gap(history):
    found = await list_entries(history.actor, EntryFilter(ledger_id=history.accounts["ada"]), limit=100)
    assert [entry.sequence for entry in found] == list(range(13, 0, -1))


async def test_neither_repeats_nor_misses_while_transfers_arrive(history):
    async def arrive():
        made(*await carry_out(history.actor, post(history.actor, history.accounts["ada"], history.accounts["bob"])))

    for given in ({}, {"ledger_id": history.accounts["ada"]}, {"holder_id": history.ada_id}, {"direction": DEBIT}):
        wanted = EntryFilter(**given)
        met = [entry for entry in await all_entries(history) if is_met(entry, wanted, history.accounts)]
        before = [entry["id"] for entry in sorted(met, key=order_of(wanted), reverse=True)]
        found, after = [], None
        while len(found) < len(before):
            page = await list_entries(history.actor, wanted, limit=5, after=after)
            found += [one.id for one in page]
            after = entry_cursors(wanted, page)[-1]
            await arrive()
        assert found == before


async def test_derives_an_entrys_id_from_its_transfers(history):
    row = next(row for row in history.rows if row["kind"] == "INTER_LEDGER")
    debit, credit = entry_id(row["id"], DEBIT), entry_id(row["id"], CREDIT)
    assert (debit.int - row["id"].int, credit.int - row["id"].int) == (0b01, 0b10)
    found = await find_entries(history.actor, [debit, credit, row["id"], new_id(), entry_id(new_id(), DEBIT)])
    assert {one: entry.direction for one, entry in found.items()} == {debit: DEBIT, credit: CREDIT}
    assert found[debit].side.account_id == row["debit_id"]
    assert found[credit].balance_after == row["credit_balance_after"]


async def test_finds_no_entry_of_a_system_account_another_customer_or_another_holder(history, make_actor):
    gold = next(row for row in history.rows if row["kind"] == "VIRTUAL_CREDIT")
    rent = next(row for row in history.rows if row["reference"] == "Rent" and row["metadata"] == {"round": 2})
    ids = [entry_id(row["id"], direction) for row in (gold, rent) for direction in (DEBIT, CREDIT)]
    assert list(await find_entries(history.actor, ids)) == ids[1:]
    assert list(await find_entries(history.ada, ids)) == [ids[1], ids[2]]
    assert await find_entries(await make_actor(), ids) == {}
    assert await list_entries(await make_actor(), EntryFilter(transfer_id=rent["id"]), limit=10) == []


async def test_shows_those_of_a_transfer_that_the_actor_may_read(history):
    gold = next(row for row in history.rows if row["kind"] == "VIRTUAL_CREDIT")
    rent = next(row for row in history.rows if row["reference"] == "Rent" and row["metadata"] == {"round": 2})
    blind = replace(history.actor, scopes=frozenset({"ledgers:read", "transfers:write"}))
    for row, actor, directions in (
        (rent, history.actor, [DEBIT, CREDIT]),
        (rent, history.ada, [DEBIT]),
        (rent, replace(history.actor, holder_id=history.bob_id), []),
        (gold, history.actor, [CREDIT]),
        (gold, history.ada, [CREDIT]),
        (rent, blind, []),
    ):
        transfer = await find_transfer(history.actor, row["id"])
        assert [entry.direction for entry in entries_of(actor, transfer)] == directions


async def test_refuses_the_cursor_of_another_list(history):
    of_one = EntryFilter(ledger_id=history.accounts["ada"])
    (entry,) = await list_entries(history.actor, of_one, limit=1)
    (transfer,) = await list_transfers(history.actor, TransferFilter(), limit=1)
    (of_one_cursor,), (cursor,) = entry_cursors(of_one, [entry]), entry_cursors(EntryFilter(), [entry])
    for wanted, foreign in (
        (EntryFilter(), of_one_cursor),
        (of_one, cursor),
        (EntryFilter(holder_id=history.ada_id), cursor),
        (EntryFilter(), transfer_cursors(TransferFilter(), [transfer])[0]),
        (EntryFilter(), "abc"),
    ):
        with pytest.raises(Invalid) as refused:
            await list_entries(history.actor, wanted, limit=1, after=foreign)
        assert refused.value.path == ("after",)


@pytest.mark.parametrize("sequence", [0, -1, 2**63, 10**30])
async def test_refuses_a_forged_cursor(history, sequence):
    of_one = EntryFilter(ledger_id=history.accounts["ada"])
    (entry,) = await list_entries(history.actor, of_one, limit=1)
    entry.transfer.credit_sequence = entry.transfer.debit_sequence = sequence
    (forged,) = entry_cursors(of_one, [entry])
    with pytest.raises(Invalid) as refused:
        await list_entries(history.actor, of_one, limit=1, after=forged)
    assert refused.value.path == ("after",)


async def test_needs_the_scope(history):
    narrow = replace(history.actor, scopes=frozenset({"ledgers:read", "transfers:write"}))
    for reading in (find_entries(narrow, [UUID(int=1)]), list_entries(narrow, EntryFilter(), limit=1)):
        with pytest.raises(Forbidden) as refused:
            await reading
        assert refused.value.required_scope == "transfers:read"

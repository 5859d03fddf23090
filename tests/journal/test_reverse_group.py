"""Groups: the transfers of an atomic batch, and reversing them as one."""

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.journal import reverse_group as module
from app.journal.carry_out_batch import Done
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.post_transfers import PostTransfers, group_of, post_transfers
from app.journal.reverse_group import ReverseGroup, reverse_group
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import TransferKind, TransferStatus
from app.journal.transfer_queries import TransferFilter, find_transfers, list_transfers
from app.kernel.errors import Forbidden, IdempotencyMismatch, InsufficientFunds, Invalid, InvalidState, NotFound
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.journal.orders import assert_books_balance


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def accounts(actor):
    """One with 100.00, and two with nothing."""
    return [await open_account(actor.customer_id, balance=balance) for balance in (10_000, 0, 0)]


def item(debit, credit, amount, key):
    return PostTransfer(debit_id=str(debit), credit_id=str(credit), amount=gbp(amount), idempotency_key=key)


@pytest.fixture
async def group(actor, accounts):
    """From the first to the second, and from there to the third: 30.00, 20.00 and 10.00. Answers the transfers."""
    first, second, third = accounts
    items = [
        item(first, second, "30.00", "one"),
        item(second, third, "20.00", "two"),
        item(third, first, "10.00", "three"),
    ]
    outcomes = await post_transfers(actor, PostTransfers(items, atomic=True))
    return [outcome.object for outcome in outcomes]


async def balances(actor, accounts):
    return [(await balance_of(actor.customer_id, one))[0] for one in accounts]


def reversing(group, key="reverse", reason=None):
    return ReverseGroup(str(group[0].group_id), key, reason)


async def test_gives_the_transfers_of_an_atomic_batch_one_group(actor, accounts, group):
    assert group[0].group_id is not None
    assert {one.group_id for one in group} == {group[0].group_id}
    listed = await list_transfers(actor, TransferFilter(group_id=group[0].group_id), limit=10)
    assert [one.id for one in listed] == [one.id for one in reversed(group)]
    assert await list_transfers(actor, TransferFilter(group_id=new_id()), limit=10) == []
    alone = await post_transfers(actor, PostTransfers([item(*accounts[:2], "1.00", "alone")]))
    single, _ = await post_transfer(actor, item(*accounts[:2], "1.00", "single"))
    assert (alone[0].object.group_id, single.group_id, group_of(alone)) == (None, None, None)


async def test_names_the_group_of_what_it_posted_or_of_what_was_known(actor, accounts, group):
    same = [item(*accounts[:2], "30.00", "one"), item(*accounts[1:], "20.00", "two")]
    async with nothing_changes():
        again = await post_transfers(actor, PostTransfers(same, atomic=True))
    assert [outcome.replayed for outcome in again] == [True, True]
    assert group_of(again) == group[0].group_id
    await post_transfer(actor, item(*accounts[:2], "1.00", "single"))
    some = await post_transfers(
        actor, PostTransfers([item(*accounts[:2], "1.00", "single"), item(*accounts[:2], "2.00", "new")], atomic=True)
    )
    assert group_of(some) == some[1].object.group_id not in {None, group[0].group_id}
    async with nothing_changes():
        mixed = await post_transfers(actor, PostTransfers([same[0], item(*accounts[:2], "2.00", "new")], atomic=True))
    assert group_of(mixed) is None


async def test_reverses_all_of_it_the_last_one_first(actor, accounts, group):
    made, replayed = await reverse_group(actor, reversing(group, reason=" booked twice "))

    assert replayed is False
    assert made.id not in {None, group[0].group_id}
    assert [one.reverses_id for one in made.transfers] == [one.id for one in reversed(group)]
    assert {(one.kind, one.group_id, one.reference) for one in made.transfers} == {
        (TransferKind.REVERSAL, made.id, "booked twice")
    }
    found = await find_transfers(actor, [one.id for one in group])
    assert {one.status for one in found.values()} == {TransferStatus.REVERSED}
    assert await balances(actor, accounts) == [10_000, 0, 0]
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE operation = 'reverseGroup'") == 1
    listed = await list_transfers(actor, TransferFilter(group_id=made.id), limit=10)
    assert [one.id for one in listed] == [one.id for one in reversed(made.transfers)]
    await assert_books_balance()


async def test_reverses_once_for_the_same_key(actor, group):
    first, _ = await reverse_group(actor, reversing(group))
    async with nothing_changes():
        assert await reverse_group(actor, reversing(group)) == (first, True)
        with pytest.raises(IdempotencyMismatch) as refused:
            await reverse_group(actor, reversing(group, reason="other content"))
        assert refused.value.path == ("idempotency_key",)
        with pytest.raises(InvalidState) as refused:
            await reverse_group(actor, reversing(group, "another key"))
    last = (await find_transfers(actor, [group[-1].id]))[group[-1].id]
    assert (refused.value.status, refused.value.existing_id) == ("REVERSED", str(last.reversed_by_id))
    assert refused.value.path == ("group_id",)


async def test_leaves_out_what_was_reversed_before(actor, accounts, group):
    await reverse_transfer(actor, ReverseTransfer(str(group[2].id), "a"))
    await reverse_transfer(actor, ReverseTransfer(str(group[1].id), "b", amount=gbp("14.00")))

    made, _ = await reverse_group(actor, reversing(group))

    assert [(one.reverses_id, one.amount) for one in made.transfers] == [(group[1].id, 600), (group[0].id, 3_000)]
    assert await balances(actor, accounts) == [10_000, 0, 0]
    await assert_books_balance()


async def test_reverses_nothing_where_one_transfer_cannot_be(actor, accounts, group):
    first, second, _ = accounts
    await post_transfer(actor, item(second, first, "5.00", "spend"))
    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await reverse_group(actor, reversing(group))
    assert (refused.value.lacking_id, refused.value.path) == (second, ("group_id",))
    assert refused.value.available.minor_units == 500
    await post_transfer(actor, item(first, second, "5.00", "give back"))
    await reverse_group(actor, reversing(group))
    assert await balances(actor, accounts) == [10_000, 0, 0]


async def test_reverses_no_group_of_reversals(actor, group):
    made, _ = await reverse_group(actor, reversing(group))
    async with nothing_changes():
        with pytest.raises(InvalidState) as refused:
            await reverse_group(actor, ReverseGroup(str(made.id), "again"))
    assert (refused.value.path, refused.value.message) == (("group_id",), "A reversal cannot be reversed.")


async def test_refuses_what_cannot_be(make_actor, actor, group):
    other = await make_actor()
    async with nothing_changes():
        for who, command, refusal, path in (
            (other, reversing(group), NotFound, ("group_id",)),
            (actor, ReverseGroup(str(new_id()), "a"), NotFound, ("group_id",)),
            (actor, ReverseGroup(str(group[0].id), "a"), NotFound, ("group_id",)),
            (actor, ReverseGroup("x", "a"), Invalid, ("group_id",)),
            (actor, reversing(group, " "), Invalid, ("idempotency_key",)),
            (actor, reversing(group, reason="x" * 256), Invalid, ("reason",)),
            (replace(actor, scopes=frozenset({"transfers:read"})), reversing(group), Forbidden, ()),
        ):
            with pytest.raises(refusal) as refused:
                await reverse_group(who, command)
            assert refused.value.path == path


async def test_asks_for_a_holder_who_may_read_and_move_all_of_it(actor):
    mine, theirs = new_id(), new_id()
    for holder_id in (mine, theirs):
        await pool().execute(
            "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
            " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Example', now(), now())",
            actor.customer_id,
            holder_id,
        )
    own = [await open_account(actor.customer_id, holder_id=mine, balance=1_000) for _ in range(2)]
    foreign = [await open_account(actor.customer_id, holder_id=theirs, balance=1_000) for _ in range(2)]
    token = replace(actor, holder_id=mine)

    async def posted(*pairs):
        items = [item(*pair, "1.00", str(new_id())) for pair in pairs]
        return [one.object for one in await post_transfers(actor, PostTransfers(items, atomic=True))]

    unseen, partly = await posted(foreign), await posted(own, foreign)
    sent, received = await posted((own[0], foreign[0])), await posted((foreign[0], own[0]), (own[0], own[1]))
    async with nothing_changes():
        for group, refusal in ((unseen, NotFound), (partly, Forbidden), (sent, Forbidden)):
            with pytest.raises(refusal) as refused:
                await reverse_group(token, reversing(group))
            assert refused.value.path == ("group_id",)
    await reverse_group(token, reversing(received))
    await reverse_group(actor, reversing(partly, "all of it"))
    async with nothing_changes():
        stranger = replace(actor, holder_id=new_id())
        with pytest.raises(NotFound):
            await reverse_group(stranger, reversing(received))
        with pytest.raises(Forbidden):
            await reverse_group(token, reversing(partly, "all of it"))


async def test_goes_on_with_the_rest_where_another_request_reverses_a_transfer_meanwhile(actor, group, monkeypatch):
    read, tries = module.read_group, []

    async def reading(customer_id, group_id):
        found = await read(customer_id, group_id)
        if not tries:
            await reverse_transfer(actor, ReverseTransfer(str(group[0].id), "meanwhile"))
        tries.append(group_id)
        return found

    # The money of the first one comes back out of what the others give back.
    await reverse_transfer(actor, ReverseTransfer(str(group[2].id), "c"))
    await reverse_transfer(actor, ReverseTransfer(str(group[1].id), "b"))
    monkeypatch.setattr(module, "read_group", reading)
    with pytest.raises(InvalidState) as refused:
        await reverse_group(actor, reversing(group))
    assert (refused.value.status, len(tries)) == ("REVERSED", 2)


@pytest.mark.parametrize("count", [1, 3])
async def test_is_done_once_for_many_callers_with_one_key(actor, accounts, count):
    items = [item(*accounts[:2], "1.00", str(n)) for n in range(count)]
    group = [one.object for one in await post_transfers(actor, PostTransfers(items, atomic=True))]

    answers = await asyncio.gather(*(reverse_group(actor, reversing(group)) for _ in range(20)))

    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 19
    assert {one.id for one, _ in answers} == {answers[0][0].id}
    assert {len(one.transfers) for one, _ in answers} == {count}
    assert await fetchval("SELECT count(*) FROM transfers WHERE kind = 'REVERSAL'") == count
    await assert_books_balance()


async def test_answers_what_was_made_with_its_key_while_it_read_the_group(actor, group, monkeypatch):
    """The key was new when it was looked for, and all is reversed when the group is read."""
    read, made = module.read_group, []

    async def reading(customer_id, group_id):
        if not made:
            made.append(None)
            made.append((await reverse_group(actor, reversing(group)))[0])
        return await read(customer_id, group_id)

    monkeypatch.setattr(module, "read_group", reading)

    assert await reverse_group(actor, reversing(group)) == (made[1], True)


async def test_reverses_a_group_of_a_thousand(actor, accounts):
    items = [item(*accounts[:2], "0.01", str(n)) for n in range(1_000)]
    outcomes = await post_transfers(actor, PostTransfers(items, atomic=True))
    assert all(isinstance(one, Done) for one in outcomes)

    made, _ = await reverse_group(actor, ReverseGroup(str(group_of(outcomes)), "reverse"))

    assert len(made.transfers) == 1_000
    assert await balances(actor, accounts) == [10_000, 0, 0]
    rows = await fetch("SELECT count(*) AS count FROM transfers WHERE group_id IS NOT NULL GROUP BY group_id")
    assert [row["count"] for row in rows] == [1_000, 1_000]

"""A batch touches nothing of another customer, and a token of one holder only what is that holder's own."""

import dataclasses

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.instructions import Post
from app.journal.status import TransferKind
from app.kernel.errors import (
    Forbidden,
    NotFound,
)
from tests.bookkeeping import nothing_changes, open_account
from tests.journal.orders import (
    capture,
    carry_out,
    expire,
    kinds,
    made,
    place,
    post,
    release,
    reverse,
)

pytestmark = pytest.mark.postgres15


async def test_touches_nothing_of_another_customer(make_actor, actor, payer, payee):
    held = made((await carry_out(actor, place(actor, payer, payee, 5)))[0])
    posted = made((await carry_out(actor, post(actor, payer, payee, 5)))[0])
    other = await make_actor()
    own = await open_account(other.customer_id, balance=10)

    async with nothing_changes():
        outcomes = await carry_out(
            other,
            post(other, payer, payee),
            post(other, own, payee),
            post(other, payer, own),
            place(other, own, payee),
            capture(other, held.id, key="key-1"),
            release(other, held.id),
            expire(other, held.id),
            reverse(other, posted.id, "key-2"),
        )
    assert kinds(outcomes) == [NotFound] * 8


async def test_does_not_know_system_accounts(actor, payer):
    system_id = await fetchval("SELECT id FROM posting_accounts WHERE is_system")
    assert system_id is not None
    stranger = new_id()

    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            post(actor, payer, system_id),
            post(actor, system_id, payer),
            place(actor, payer, system_id),
            post(actor, payer, system_id, system_id=new_id()),
            post(actor, payer, stranger),
        )

    assert kinds(outcomes) == [NotFound] * 5
    assert [outcome.path for outcome in outcomes[:3]] == [
        ("credit_id",),
        ("debit_id",),
        ("credit_id",),
    ]
    assert outcomes[0].message == f"There is no ledger or wallet {system_id}."
    assert outcomes[4].message == outcomes[0].message.replace(str(system_id), str(stranger))


class Family:
    """Two holders with a ledger each, and their tokens."""

    def __init__(self, actor, ledgers, tokens):
        self.actor = actor
        self.ada, self.ben = ledgers
        self.ada_s, self.ben_s = tokens


@pytest.fixture
async def family(actor):
    holders = [new_id(), new_id()]
    for holder_id in holders:
        await pool().execute(
            "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
            " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now())",
            actor.customer_id,
            holder_id,
        )
    ledgers = [await open_account(actor.customer_id, holder_id=holder_id, balance=1_000) for holder_id in holders]
    return Family(actor, ledgers, [dataclasses.replace(actor, holder_id=holder_id) for holder_id in holders])


async def test_lets_a_holder_s_token_name_only_its_own(family, payee):
    async with nothing_changes():
        outcomes = await carry_out(
            family.actor,
            post(family.ben_s, family.ada, family.ben),
            post(family.ada_s, family.ada, family.ben),
            post(family.ada_s, family.ada, payee),
            place(family.ben_s, family.ada, family.ben),
        )
    assert kinds(outcomes) == [NotFound] * 4
    own = await open_account(family.actor.customer_id, holder_id=family.ada_s.holder_id)
    assert kinds(await carry_out(family.actor, post(family.ada_s, family.ada, own))) == [True]


async def test_shows_a_holder_s_token_no_hold_or_transfer_of_others(family, payee):
    posted, held, gone = (
        made(outcome)
        for outcome in await carry_out(
            family.actor,
            post(family.actor, family.ada, payee, 5),
            place(family.actor, family.ada, payee, 5),
            place(family.actor, family.ada, payee, 5),
        )
    )
    await carry_out(family.actor, release(family.actor, gone.id))

    async with nothing_changes():
        outcomes = await carry_out(
            family.actor,
            reverse(family.ben_s, posted.id, "key-1"),
            capture(family.ben_s, held.id, key="key-2"),
            release(family.ben_s, held.id),
            release(family.ben_s, gone.id),
            release(family.ben_s, gone.id, "key-3"),
            expire(family.ben_s, held.id),
        )
    assert kinds(outcomes) == [NotFound] * 6
    assert kinds(await carry_out(family.actor, release(family.actor, gone.id))) == ["replayed"]


async def test_lets_no_holder_s_token_move_a_hold_between_two_holders(family):
    """Who pays could take back what is promised to the other, who is paid could take it early."""
    held, gone = (
        made(outcome)
        for outcome in await carry_out(
            family.actor, *(place(family.actor, family.ada, family.ben, 5) for _ in range(2))
        )
    )
    await carry_out(family.actor, release(family.actor, gone.id))

    async with nothing_changes():
        outcomes = await carry_out(
            family.actor,
            capture(family.ben_s, held.id, key="key-1"),
            release(family.ben_s, held.id),
            release(family.ben_s, gone.id),
            capture(family.ada_s, held.id, key="key-1"),
            release(family.ada_s, held.id),
            release(family.ada_s, gone.id),
        )
    assert kinds(outcomes) == [Forbidden] * 6
    assert kinds(await carry_out(family.actor, capture(family.actor, held.id, key="key-1"))) == [True]


async def test_lets_a_holder_s_token_move_a_hold_between_its_own(family):
    own = await open_account(family.actor.customer_id, holder_id=family.ada_s.holder_id)
    placed = await carry_out(family.ada_s, *(place(family.ada_s, family.ada, own, 5) for _ in range(2)))
    first, second = map(made, placed)
    moved = await carry_out(
        family.ada_s, capture(family.ada_s, first.id, key="key-1"), release(family.ada_s, second.id)
    )
    assert kinds(moved) == [True, True]


async def test_answers_no_holder_s_token_with_what_another_s_key_has_made(family, payee):
    orders = {
        "post": lambda actor: post(actor, family.ada, payee, 5, "key-1"),
        "place": lambda actor: place(actor, family.ada, payee, 5, "key-1"),
    }
    outcomes = await carry_out(family.actor, *(order(family.actor) for order in orders.values()))
    hold_id = made(outcomes[1]).id
    await carry_out(family.actor, capture(family.actor, hold_id, key="key-1"))

    async with nothing_changes():
        outcomes = await carry_out(
            family.actor,
            *(order(family.ben_s) for order in orders.values()),
            capture(family.ben_s, hold_id, key="key-1"),
        )
    assert kinds(outcomes) == [NotFound] * 3
    same_batch = await carry_out(
        family.actor,
        post(family.actor, family.ada, payee, 5, "key-2"),
        post(family.ben_s, family.ada, payee, 5, "key-2"),
        post(family.ada_s, family.ada, payee, 5, "key-2"),
    )
    assert kinds(same_batch) == [True, NotFound, "replayed"]


async def test_lets_a_holder_s_token_give_back_but_take_nothing(family):
    to_ben = made((await carry_out(family.actor, post(family.actor, family.ada, family.ben, 5)))[0])

    async with nothing_changes():
        (refused,) = await carry_out(family.actor, reverse(family.ada_s, to_ben.id, "key-1"))
    assert isinstance(refused, Forbidden)
    assert kinds(await carry_out(family.actor, reverse(family.ben_s, to_ben.id, "key-1"))) == [True]


async def test_lets_no_holder_s_token_take_back_what_was_debited(family):
    """The other side is our own: nobody's to take from."""
    system_id = await fetchval("SELECT id FROM posting_accounts WHERE is_system")
    debit = post(family.actor, family.ada, system_id, 5, kind=Post, system_id=system_id)
    debit.kind = TransferKind.VIRTUAL_DEBIT
    debited = made((await carry_out(family.actor, debit))[0])

    async with nothing_changes():
        (refused,) = await carry_out(family.actor, reverse(family.ada_s, debited.id, "key-1"))
    assert isinstance(refused, Forbidden)
    assert kinds(await carry_out(family.actor, reverse(family.actor, debited.id, "key-1"))) == [True]

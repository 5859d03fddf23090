"""The engine: each instruction of a batch for itself, in order, and each key once."""

import asyncio
import dataclasses
from uuid import UUID

import asyncpg
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.amounts import TOTAL_MAX
from app.journal.carry_out_batch import BATCH_SIZE_MAX, Done, NothingDone, carry_out_batch
from app.journal.instructions import Post
from app.journal.posting_accounts import Book, NormalSide
from app.journal.reserve_and_lock import MICROSECOND
from app.journal.status import HoldStatus, TransferKind, TransferStatus
from app.kernel.errors import (
    BatchRefused,
    Forbidden,
    IdempotencyMismatch,
    InsufficientFunds,
    Invalid,
    InvalidState,
    NotFound,
)
from app.kernel.money import Unit
from tests.bookkeeping import balance_of, every_row, nothing_changes, open_account
from tests.journal.orders import (
    assert_books_balance,
    capture,
    carry_out,
    expire,
    locked,
    made,
    place,
    post,
    release,
    reverse,
    rows_changed,
    until_waiting,
)

pytestmark = pytest.mark.postgres15


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def payer(actor):
    return await open_account(actor.customer_id, balance=1_000)


@pytest.fixture
async def payee(actor):
    return await open_account(actor.customer_id)


def kinds(outcomes):
    """What came out of each: `True` for new, `"replayed"`, or the refusal's class."""
    return [
        ("replayed" if outcome.replayed else True) if isinstance(outcome, Done) else type(outcome)
        for outcome in outcomes
    ]


# Each for itself


async def test_decides_each_in_order_against_what_those_before_it_left(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payee, payer, 1),
        post(actor, payer, payee, 1_000),
        post(actor, payer, payee, 1),
        post(actor, payee, payer, 600),
        post(actor, payee, payer, 401),
        post(actor, payer, payee, 600),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, InsufficientFunds, True, InsufficientFunds, True]
    assert outcomes[2].available.minor_units == 0
    assert outcomes[4].available.minor_units == 400
    assert await balance_of(actor.customer_id, payer) == (0, 0, 4)
    assert await balance_of(actor.customer_id, payee) == (1_000, 0, 3)
    await assert_books_balance()


async def test_writes_exactly_the_rows_of_what_was_accepted(actor, payer, payee):
    before = await every_row()

    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 1, "one"),
        post(actor, payer, new_id(), 1, "lost"),
        post(actor, payer, payee, 1_000, "too much"),
        place(actor, payer, payee, 1, "hold"),
        capture(actor, new_id(), key="no hold"),
        post(actor, payer, payee, 2, "two"),
    )

    assert kinds(outcomes) == [True, NotFound, InsufficientFunds, True, NotFound, True]
    assert await rows_changed(before) == {
        "events": (3, 0),
        "holds": (1, 0),
        "idempotency_keys": (3, 0),
        "posting_accounts": (2, 2),
        "transfers": (2, 0),
        "unnumbered_events": (3, 0),
    }
    keys = await fetch("SELECT key, resource_id FROM idempotency_keys ORDER BY key")
    assert [(row["key"], row["resource_id"]) for row in keys] == [
        ("hold", outcomes[3].object.id),
        ("one", outcomes[0].object.id),
        ("two", outcomes[5].object.id),
    ]


async def test_changes_nothing_where_all_are_refused(actor, payer, payee):
    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            post(actor, payer, payee, 1_001, "too much"),
            post(actor, payer, new_id(), 1, "lost"),
            place(actor, payer, payee, 1_001, "hold too much"),
            reverse(actor, new_id(), "no transfer"),
            release(actor, new_id(), "no hold"),
            release(actor, new_id()),
            expire(actor, new_id()),
        )

    assert kinds(outcomes) == [InsufficientFunds, NotFound, InsufficientFunds, *[NotFound] * 4]


async def test_asks_to_be_rolled_back_where_nothing_is_to_be_written(actor, payer, payee):
    known = post(actor, payer, payee, 1, "known")
    await carry_out(actor, known)
    for orders in ([post(actor, payer, payee, 1_001, "key-1")], [post(actor, payer, payee, 1, "known")]):
        with pytest.raises(NothingDone) as nothing:
            async with transaction() as tx:
                await carry_out_batch(tx, actor.customer_id, orders)
        assert len(nothing.value.outcomes) == 1


async def test_posts_all_or_none_where_asked_to(actor, payer, payee):
    several = [post(actor, payer, payee, 400, f"key-{number}") for number in range(3)]
    async with nothing_changes():
        with pytest.raises(BatchRefused) as refused:
            await carry_out(actor, *several, atomic=True)
    assert refused.value.index == 2
    assert refused.value.cause.available.minor_units == 1_000

    assert kinds(await carry_out(actor, *several[:2], atomic=True)) == [True, True]
    async with nothing_changes():
        again = await carry_out(actor, *several[:2], atomic=True)
    assert [outcome.replayed for outcome in again] == [False, False]  # The same requests once more, not retries.


async def test_counts_what_is_known_by_its_key_as_done_in_an_atomic_batch(actor, payer, payee):
    await carry_out(actor, post(actor, payer, payee, 1_000, "key-1"))

    async with nothing_changes():
        outcomes = await carry_out(actor, post(actor, payer, payee, 1_000, "key-1"), atomic=True)
        assert kinds(outcomes) == ["replayed"]
    more = await carry_out(
        actor, post(actor, payer, payee, 1_000, "key-1"), post(actor, payee, payer, 1, "key-2"), atomic=True
    )
    assert kinds(more) == ["replayed", True]


async def test_takes_no_more_than_its_maximum(actor, payer, payee):
    orders = [post(actor, payer, payee) for _ in range(BATCH_SIZE_MAX + 1)]
    async with nothing_changes():
        with pytest.raises(AssertionError, match="upper bound"):
            await carry_out(actor, *orders)
    assert len(await carry_out(actor, *orders[:-1])) == BATCH_SIZE_MAX
    await assert_books_balance()


# Keys


async def test_settles_repeats_within_a_batch(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 5, "key-1"),
        post(actor, payer, payee, 5, "key-1"),
        post(actor, payer, payee, 6, "key-1"),
        place(actor, payer, payee, 5, "key-1"),
        place(actor, payer, payee, 5, "key-1"),
    )

    assert kinds(outcomes) == [True, "replayed", IdempotencyMismatch, True, "replayed"]
    assert outcomes[2].path == ("idempotency_key",)
    assert outcomes[1].object == outcomes[0].object
    assert await balance_of(actor.customer_id, payee) == (5, 0, 1)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 2


async def test_judges_a_repeat_afresh_after_a_refusal(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payee, payer, 5, "key-1"),
        post(actor, payer, payee, 50, "key-2"),
        post(actor, payee, payer, 5, "key-1"),
        post(actor, payee, payer, 5, "key-1"),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, True, "replayed"]
    assert await fetchval("SELECT resource_id FROM idempotency_keys WHERE key = 'key-1'") == outcomes[2].object.id
    async with nothing_changes():
        again = await carry_out(actor, post(actor, payee, payer, 5, "key-1"))
    assert again == [Done(outcomes[2].object, replayed=True)]


async def test_binds_a_key_to_other_content_after_a_refusal(actor, payer, payee):
    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 1_001, "key-1"),
        post(actor, payer, payee, 7, "key-1"),
        post(actor, payer, payee, 1_001, "key-1"),
    )

    assert kinds(outcomes) == [InsufficientFunds, True, IdempotencyMismatch]
    again = await carry_out(actor, post(actor, payer, payee, 7, "key-1"), post(actor, payer, payee, 1_001, "key-1"))
    assert kinds(again) == ["replayed", IdempotencyMismatch]


async def test_burns_no_key_of_a_refused_request(actor, payer, payee):
    refused = await carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 1, "key-2"))
    assert kinds(refused) == [InsufficientFunds, True]

    assert kinds(await carry_out(actor, post(actor, payer, payee, 2, "key-1"))) == [True]


async def test_answers_what_is_known_as_it_now_is(actor, payer, payee):
    posted = made((await carry_out(actor, post(actor, payer, payee, 5, "key-1")))[0])
    held = made((await carry_out(actor, place(actor, payer, payee, 5, "hold")))[0])
    reversal = made((await carry_out(actor, reverse(actor, posted.id, "back")))[0])
    captured = made((await carry_out(actor, capture(actor, held.id, 3, "capture")))[0])

    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            post(actor, payer, payee, 5, "key-1"),
            place(actor, payer, payee, 5, "hold"),
            reverse(actor, posted.id, "back"),
            capture(actor, held.id, 3, "capture"),
        )

    assert kinds(outcomes) == ["replayed"] * 4
    again = [outcome.object for outcome in outcomes]
    assert (again[0].status, again[0].reversed_by_id) == (TransferStatus.REVERSED, reversal.id)
    assert (again[1].status, again[1].transfer_id, again[1].version) == (
        HoldStatus.CAPTURED,
        captured.transfer_id,
        2,
    )
    assert again[2] == reversal
    assert again[3] == captured == again[1]


async def test_answers_what_is_known_as_it_is_after_those_before_it_in_the_batch(actor, payer, payee):
    posted = made((await carry_out(actor, post(actor, payer, payee, 5, "key-1")))[0])
    held = made((await carry_out(actor, place(actor, payer, payee, 5, "hold")))[0])

    outcomes = await carry_out(
        actor,
        reverse(actor, posted.id, "back"),
        post(actor, payer, payee, 5, "key-1"),
        release(actor, held.id, "release"),
        place(actor, payer, payee, 5, "hold"),
    )

    assert kinds(outcomes) == [True, "replayed", True, "replayed"]
    assert outcomes[1].object.reversed_by_id == outcomes[0].object.id
    assert outcomes[3].object.status is HoldStatus.RELEASED


async def test_keeps_the_keys_of_operations_and_customers_apart(make_actor, actor, payer, payee):
    other = await make_actor()
    others = await open_account(other.customer_id, balance=10), await open_account(other.customer_id)
    await carry_out(actor, post(actor, payer, payee, 5, "key-1"))

    assert kinds(await carry_out(other, post(other, *others, 6, "key-1"))) == [True]
    assert kinds(await carry_out(actor, place(actor, payer, payee, 6, "key-1"))) == [True]


async def test_does_not_deadlock_with_another_process_over_keys_in_opposite_order(actor, payer, payee):
    orders = [post(actor, payer, payee, 1, f"key-{number:03}") for number in range(100)]
    others = [post(actor, payer, payee, 1, f"key-{number:03}") for number in reversed(range(100))]

    first, second = await asyncio.gather(carry_out(actor, *orders), carry_out(actor, *others))

    assert sorted(kinds(first + second), key=str) == sorted([*["replayed"] * 100, *[True] * 100], key=str)
    assert {outcome.object.id for outcome in first} == {outcome.object.id for outcome in second}
    assert await balance_of(actor.customer_id, payee) == (100, 0, 100)


async def test_reserves_its_keys_in_the_same_order_as_everybody(actor, payer, payee):
    """Both are held up in the middle by a third one's key, so that each has some of what the other one wants."""
    keys = [f"key-{number:02}" for number in range(10)]
    async with pool().acquire() as third:
        standing = third.transaction()
        await standing.start()
        await third.execute(
            "INSERT INTO idempotency_keys VALUES ($1, 'postTransfer', 'key-05', $2, $3, now())",
            actor.customer_id,
            b"h" * 32,
            new_id(),
        )
        tasks = [
            asyncio.create_task(carry_out(actor, *(post(actor, payer, payee, 1, key) for key in ordered)))
            for ordered in (keys, list(reversed(keys)))
        ]
        await until_waiting(2)
        await standing.rollback()
    first, second = await asyncio.gather(*tasks)

    assert sorted(map(str, kinds(first + second))) == ["True"] * 10 + ["replayed"] * 10
    assert await balance_of(actor.customer_id, payee) == (10, 0, 10)


async def test_waits_for_the_same_key_of_another_process_and_answers_the_same(actor, payer, payee):
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(2)
    assert kinds(await first) == [True]
    assert kinds(await second) == ["replayed"]


async def test_takes_a_key_over_from_another_process_that_was_refused(actor, payer, payee):
    """Its key was reserved and given back in a transaction that wrote something else."""
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(
            carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 1, "key-2"))
        )
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        await until_waiting(2)
    assert kinds(await first) == [InsufficientFunds, True]
    assert kinds(await second) == [True]
    assert await balance_of(actor.customer_id, payee) == (6, 0, 2)


async def test_sees_a_key_that_another_process_bound_anew(actor, payer, payee):
    async with locked(actor.customer_id, payer):
        first = asyncio.create_task(
            carry_out(actor, post(actor, payer, payee, 1_001, "key-1"), post(actor, payer, payee, 5, "key-1"))
        )
        await until_waiting(1)
        second = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 5, "key-1")))
        third = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 1_001, "key-1")))
        await until_waiting(3)
    assert kinds(await first) == [InsufficientFunds, True]
    assert kinds(await second) == ["replayed"]
    assert kinds(await third) == [IdempotencyMismatch]


# Statements, time, order


async def statements_of(actor, *instructions):
    """The statements that a batch sends between BEGIN and COMMIT, without what asyncpg asks once per connection."""
    sent = []
    async with transaction() as tx:
        with tx.connection.query_logger(lambda record: sent.append(record.query)):
            await carry_out_batch(tx, actor.customer_id, instructions)
    return [
        statement for statement in sent if "current_setting('jit')" not in statement and "typeinfo" not in statement
    ]


async def test_sends_the_same_number_of_statements_whatever_the_size(actor):
    accounts = [await open_account(actor.customer_id, balance=1_000_000) for _ in range(6)]

    def pairs(count):
        return [(accounts[number % 6], accounts[(number + 1) % 6]) for number in range(count)]

    assert len(await statements_of(actor, *(post(actor, *pair) for pair in pairs(1)))) == 2
    assert len(await statements_of(actor, *(post(actor, *pair) for pair in pairs(1_000)))) == 2
    keyed = [post(actor, *pair, 1, f"key-{number}") for number, pair in enumerate(pairs(1_000))]
    assert len(await statements_of(actor, *keyed)) == 2
    more = [post(actor, *pair, 1, f"key-{number}") for number, pair in enumerate(pairs(1_000), 500)]
    assert len(await statements_of(actor, *more)) == 4


async def test_sends_the_same_number_of_statements_for_any_number_of_holds_and_reversals(actor, payer, payee):
    counts = []
    for size in (1, 100):
        outcomes = await carry_out(
            actor,
            *(place(actor, payer, payee) for _ in range(2 * size)),
            *(post(actor, payer, payee) for _ in range(size)),
        )
        ids = [made(outcome).id for outcome in outcomes]
        sent = await statements_of(
            actor,
            *(capture(actor, hold_id, key=f"capture-{hold_id}") for hold_id in ids[:size]),
            *(release(actor, hold_id) for hold_id in ids[size : 2 * size]),
            *(reverse(actor, transfer_id, f"reverse-{transfer_id}") for transfer_id in ids[2 * size :]),
            post(actor, payer, payee),
            place(actor, payer, payee),
        )
        counts.append(len(sent))
    assert counts == [6, 6]
    await assert_books_balance()


async def test_tells_of_entries_in_the_order_of_their_sequence(actor):
    accounts = [await open_account(actor.customer_id, balance=10_000) for _ in range(4)]
    orders = [post(actor, accounts[n % 4], accounts[(n + 1 + n % 3) % 4], 1 + n % 7, f"k{n}") for n in range(700)]

    await asyncio.gather(*(carry_out(actor, *orders[start : start + 100]) for start in range(0, 700, 100)))

    told = await fetch(
        """
        SELECT transfer.* FROM unnumbered_events AS event JOIN transfers AS transfer ON transfer.id = event.resource_id
        ORDER BY event.insertion
        """
    )
    assert len(told) == 700 + 4
    for account_id in accounts:
        sequences = [
            row["debit_sequence"] if row["debit_id"] == account_id else row["credit_sequence"]
            for row in told
            if account_id in (row["debit_id"], row["credit_id"])
        ]
        assert sequences == list(range(1, len(sequences) + 1))
    await assert_books_balance()


async def test_always_posts_later_than_an_account_s_last_entry(actor, payer, payee):
    """As if the database's clock had gone back since."""
    await pool().execute("UPDATE posting_accounts SET last_posted_at = now() + interval '1 hour' WHERE id = $1", payee)
    future = await fetchval("SELECT last_posted_at FROM posting_accounts WHERE id = $1", payee)
    other = await open_account(actor.customer_id, balance=10)

    first = made((await carry_out(actor, post(actor, payer, payee)))[0])
    second = made((await carry_out(actor, post(actor, other, payer)))[0])

    later, latest = future + MICROSECOND, future + 2 * MICROSECOND
    assert (first.posted_at, second.posted_at) == (later, latest)
    last = await fetch("SELECT last_posted_at FROM posting_accounts WHERE id = ANY($1)", [payer, payee, other])
    assert sorted(row["last_posted_at"] for row in last) == [later, latest, latest]
    for transfer in (first, second):
        told = await fetchval("SELECT occurred_at FROM events WHERE resource_id = $1", transfer.id)
        assert told == transfer.posted_at


async def test_is_stamped_after_it_waited_for_its_locks(actor, payer, payee):
    async with locked(actor.customer_id, payer) as connection:
        waiting = asyncio.create_task(carry_out(actor, post(actor, payer, payee, 1, "key-1")))
        await until_waiting()
        released_at = await connection.fetchval("SELECT clock_timestamp()")
    assert made((await waiting)[0]).posted_at > released_at


# Whose


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
    assert kinds(await carry_out(family.actor, release(family.ada_s, gone.id))) == ["replayed"]


async def test_lets_only_the_holder_who_pays_move_a_hold(family):
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
        )
    assert kinds(outcomes) == [Forbidden] * 3
    assert kinds(await carry_out(family.actor, capture(family.ada_s, held.id, key="key-1"))) == [True]


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


# Sides, units, floors


async def test_moves_no_money_between_closed_accounts(actor, payer, payee):
    closed = await open_account(actor.customer_id, is_open=False)

    async with nothing_changes():
        outcomes = await carry_out(
            actor, post(actor, payer, closed), post(actor, closed, payee), place(actor, payer, closed)
        )
    assert kinds(outcomes) == [InvalidState] * 3
    assert [outcome.path[-1] for outcome in outcomes] == ["credit_id", "debit_id", "credit_id"]


async def test_captures_and_reverses_nothing_on_a_closed_account_but_releases_holds(actor, payer, payee):
    posted = made((await carry_out(actor, post(actor, payer, payee, 5)))[0])
    held = made((await carry_out(actor, place(actor, payer, payee, 5)))[0])
    await pool().execute("UPDATE posting_accounts SET is_open = false WHERE id = $1", payee)

    async with nothing_changes():
        outcomes = await carry_out(actor, capture(actor, held.id, key="c"), reverse(actor, posted.id, "r"))
    assert kinds(outcomes) == [InvalidState] * 2
    assert kinds(await carry_out(actor, release(actor, held.id))) == [True]


async def test_keeps_what_is_held(actor, payer, payee):
    held = made((await carry_out(actor, place(actor, payer, payee, 600)))[0])

    outcomes = await carry_out(
        actor,
        post(actor, payer, payee, 401),
        place(actor, payer, payee, 401),
        post(actor, payer, payee, 400),
        post(actor, payer, payee, 1),
    )

    assert kinds(outcomes) == [InsufficientFunds, InsufficientFunds, True, InsufficientFunds]
    assert outcomes[0].available.minor_units == 400
    assert await balance_of(actor.customer_id, payer) == (600, 600, 2)
    part = made((await carry_out(actor, capture(actor, held.id, 100)))[0])
    assert (part.status, part.amount) == (HoldStatus.CAPTURED, 600)
    assert await balance_of(actor.customer_id, payer) == (500, 0, 3)
    await assert_books_balance()


async def test_allows_what_was_opened_so_to_go_below_zero(actor, payee):
    overdrawn = await open_account(actor.customer_id, allow_negative=True)

    outcomes = await carry_out(
        actor, post(actor, overdrawn, payee, 70), place(actor, overdrawn, payee, 10), post(actor, overdrawn, payee, 5)
    )

    assert kinds(outcomes) == [True] * 3
    assert made(outcomes[0]).debit_balance_after == -70
    assert await balance_of(actor.customer_id, overdrawn) == (-75, 10, 2)
    await assert_books_balance()


SIDES = [
    # debited, credited; the balances after 30 of 100 and 100; what 30 held reserves on each
    ("CREDIT", "CREDIT", (70, 130), (30, 0)),
    ("CREDIT", "DEBIT", (70, 70), (30, 30)),
    ("DEBIT", "CREDIT", (130, 130), (0, 0)),
    ("DEBIT", "DEBIT", (130, 70), (0, 30)),
]


@pytest.fixture
def wallets(actor):
    """Wallets of such normal sides with 100 in each: `LIABILITY` ones are credit-normal, `ASSET` ones debit-normal."""

    async def make(*normal_sides, balance=100):
        return [
            await open_account(
                actor.customer_id, book=Book.WALLET, normal_side=NormalSide(normal_side), balance=balance
            )
            for normal_side in normal_sides
        ]

    return make


@pytest.mark.parametrize(("debited", "credited", "balances", "held"), SIDES)
async def test_lowers_raises_and_reserves_each_side_by_its_normal_side(
    actor, wallets, debited, credited, balances, held
):
    debit_id, credit_id = await wallets(debited, credited)

    posted = made((await carry_out(actor, post(actor, debit_id, credit_id, 30)))[0])
    assert (posted.kind, posted.debit_balance_after, posted.credit_balance_after) == ("WALLET", *balances)
    hold = made((await carry_out(actor, place(actor, debit_id, credit_id, 30)))[0])
    after = [await balance_of(actor.customer_id, account_id) for account_id in (debit_id, credit_id)]
    assert [(balance, reserved) for balance, reserved, _ in after] == list(zip(balances, held, strict=True))
    captured = made((await carry_out(actor, capture(actor, hold.id, 10)))[0])
    assert captured.status is HoldStatus.CAPTURED
    after = [await balance_of(actor.customer_id, account_id) for account_id in (debit_id, credit_id)]
    lowered = [start + (change - 100) // 3 for start, change in zip(balances, balances, strict=True)]
    assert [(balance, reserved) for balance, reserved, _ in after] == [(balance, 0) for balance in lowered]
    await assert_books_balance()


@pytest.mark.parametrize(("debited", "credited", "_balances", "held"), SIDES)
async def test_takes_no_lowered_side_below_zero(actor, wallets, debited, credited, _balances, held):
    debit_id, credit_id = await wallets(debited, credited)
    lowered = [account_id for account_id, amount in zip((debit_id, credit_id), held, strict=True) if amount]

    outcomes = await carry_out(actor, place(actor, debit_id, credit_id, 100), post(actor, debit_id, credit_id, 1))

    assert kinds(outcomes) == [True, InsufficientFunds if lowered else True]
    if lowered:
        assert outcomes[1].lacking_id == lowered[0]
        assert outcomes[1].path[-1] == ("debit_id" if lowered[0] == debit_id else "credit_id")
    await assert_books_balance()


async def test_names_the_credited_side_where_that_lacks(actor, wallets):
    (credit_id,) = await wallets("DEBIT")
    (rich,) = await wallets("CREDIT", balance=500)

    async with nothing_changes():
        (refused,) = await carry_out(actor, post(actor, rich, credit_id, 101))

    assert isinstance(refused, InsufficientFunds)
    assert (refused.lacking_id, refused.available.minor_units) == (credit_id, 100)
    assert refused.path == ("credit_id",)


async def test_moves_nothing_between_books_units_and_scales(actor, payer):
    others = [
        await open_account(actor.customer_id, book=Book.WALLET),
        await open_account(actor.customer_id, book=Book.VIRTUAL),
        await open_account(actor.customer_id, unit=Unit("GBP", 3)),
        await open_account(actor.customer_id, unit=Unit("EUR", 2)),
    ]

    async with nothing_changes():
        outcomes = await carry_out(actor, *(post(actor, payer, other) for other in others))

    assert [outcome.code for outcome in outcomes] == ["VALIDATION"] * 3 + ["ASSET_MISMATCH"]
    assert {outcome.path for outcome in outcomes} == {("credit_id",)}


async def test_refuses_totals_of_more_than_38_digits(actor, payee):
    full = await open_account(actor.customer_id, balance=TOTAL_MAX)
    overdrawn = await open_account(actor.customer_id, allow_negative=True)

    async with nothing_changes():
        outcomes = await carry_out(actor, post(actor, overdrawn, full, 1), place(actor, overdrawn, full, 1))
    assert kinds(outcomes) == [Invalid, Invalid]
    assert {outcome.path for outcome in outcomes} == {("amount", "value")}

    assert kinds(await carry_out(actor, post(actor, full, payee, TOTAL_MAX))) == [True]
    assert await balance_of(actor.customer_id, payee) == (TOTAL_MAX, 0, 1)
    # Both totals are full: not even its own money comes back.
    async with nothing_changes():
        assert kinds(await carry_out(actor, post(actor, payee, full, 1))) == [Invalid]
    await assert_books_balance()


async def test_holds_amounts_of_38_digits(actor, payee):
    full = await open_account(actor.customer_id, balance=TOTAL_MAX)
    hold = made((await carry_out(actor, place(actor, full, payee, TOTAL_MAX)))[0])
    row = await fetchrow("SELECT amount_minor_units AS amount FROM holds")
    assert row["amount"] == TOTAL_MAX
    assert made((await carry_out(actor, capture(actor, hold.id)))[0]).status is HoldStatus.CAPTURED
    assert await balance_of(actor.customer_id, payee) == (TOTAL_MAX, 0, 1)


async def test_lets_one_account_s_many_holds_go_no_further_than_38_digits(actor, payee):
    overdrawn = await open_account(actor.customer_id, allow_negative=True)

    outcomes = await carry_out(
        actor,
        place(actor, overdrawn, payee, TOTAL_MAX),
        place(actor, overdrawn, payee, 1),
        post(actor, overdrawn, payee, 1),
    )

    assert kinds(outcomes) == [True, Invalid, True]


async def test_never_writes_an_id_twice(actor, payer, payee):
    """Without a key there is only the id; it keeps a repeated request from being done twice."""
    order = post(actor, payer, payee, 5)
    await carry_out(actor, order)
    async with nothing_changes():
        with pytest.raises(asyncpg.UniqueViolationError):
            await carry_out(actor, order)
    assert isinstance(order.resource_id, UUID)

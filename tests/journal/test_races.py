"""Two processes, each with a coalescer of its own, at the same money at the same time: one wins, nothing is lost."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from app.db.connection import fetch, fetchval
from app.journal.post_transfer import PostTransfer
from app.journal.post_transfers import PostTransfers, group_of, post_transfers
from app.kernel.clock import rfc3339
from app.proof.prove_books import prove_books
from tests.bookkeeping import balance_of, gbp, open_account
from tests.journal.orders import assert_books_balance, carry_out, made, post, transfer_count
from tests.journal.race_steps import tally


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def test_crosses_transfers_without_deadlock(actor, pair, in_both):
    there, back = pair, list(reversed(pair))
    ours = [("post", *(there if n % 2 else back), "0.01", f"ours-{n}") for n in range(300)]
    theirs = [("post", *(back if n % 2 else there), "0.01", f"theirs-{n}") for n in range(300)]

    assert tally(await in_both(ours, theirs)) == {True: 600}

    assert [await balance_of(actor.customer_id, account_id) for account_id in pair] == [(100_000, 0, 601)] * 2
    await assert_books_balance()


@pytest.mark.thorough
async def test_crosses_transfers_among_many_accounts(actor, in_both):
    accounts = [await open_account(actor.customer_id, balance=1_000) for _ in range(8)]
    ordered = list(itertools.permutations(accounts, 2))
    ours = [("post", *two, "0.01", f"ours-{n}") for n, two in enumerate(ordered * 4)]
    theirs = [("post", *two, "0.01", f"theirs-{n}") for n, two in enumerate(reversed(ordered * 4))]

    assert tally(await in_both(ours, theirs)) == {True: 448}
    assert {(await balance_of(actor.customer_id, one))[0] for one in accounts} == {1_000}
    await assert_books_balance()


async def test_gives_the_last_pennies_away_once(actor, pair, in_both):
    poor = await open_account(actor.customer_id, balance=10)

    def debits(whose):
        return [("post", poor, pair[n % 2], "0.01", f"{whose}-{n}") for n in range(40)]

    assert tally(await in_both(debits("ours"), debits("theirs"))) == {True: 10, "INSUFFICIENT_FUNDS": 70}

    assert await balance_of(actor.customer_id, poor) == (0, 0, 11)
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 10
    await assert_books_balance()


async def test_reverses_each_transfer_once(actor, pair, in_both):
    ids = [made(outcome).id for outcome in await carry_out(actor, *(post(actor, *pair, 3) for _ in range(40)))]

    answers = await in_both(
        [("reverse", transfer_id, f"ours-{transfer_id}") for transfer_id in ids],
        [("reverse", transfer_id, f"theirs-{transfer_id}") for transfer_id in reversed(ids)],
    )

    assert tally(answers) == {True: 40, "INVALID_STATE": 40}
    assert await balance_of(actor.customer_id, pair[0]) == (100_000, 0, 81)
    await assert_books_balance()


@pytest.mark.thorough
async def test_reverses_parts_of_each_transfer_never_more_than_it_moved(actor, pair, in_both):
    """Transfers of 7 pence: of four reversals of two pence each, three find enough, and the fourth does not."""
    ids = [made(outcome).id for outcome in await carry_out(actor, *(post(actor, *pair, 7) for _ in range(20)))]

    def parts(whose):
        return [("reverse_part", one, "0.02", f"{whose}-{n}-{one}") for one in ids for n in range(2)]

    assert tally(await in_both(parts("ours"), parts("theirs"))) == {True: 60, "VALIDATION": 20}

    sums = await fetch(
        "SELECT sum(amount_minor_units) AS reversed FROM transfers WHERE kind = 'REVERSAL' GROUP BY reverses_id"
    )
    assert [row["reversed"] for row in sums] == [6] * 20
    assert await balance_of(actor.customer_id, pair[0]) == (100_000 - 20, 0, 81)
    await assert_books_balance()


@pytest.mark.thorough
async def test_reverses_a_part_or_all_of_each_transfer(actor, pair, in_both):
    ids = [made(outcome).id for outcome in await carry_out(actor, *(post(actor, *pair, 7) for _ in range(40)))]

    wholes, parts = await in_both(
        [("reverse", one, f"whole-{one}") for one in ids], [("reverse_part", one, "0.07", f"part-{one}") for one in ids]
    )

    assert tally([wholes, parts]) == {True: 40, "INVALID_STATE": 40}
    assert await balance_of(actor.customer_id, pair[0]) == (100_000, 0, 81)
    await assert_books_balance()


async def groups(actor, pair, count):
    """Groups of three transfers of a penny each, by id, with the ids of their transfers."""
    made_groups = {}
    for n in range(count):
        items = [
            PostTransfer(
                debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("0.01"), idempotency_key=f"group-{n}-{item}"
            )
            for item in range(3)
        ]
        outcomes = await post_transfers(actor, PostTransfers(items, atomic=True))
        made_groups[group_of(outcomes)] = [outcome.object.id for outcome in outcomes]
    return made_groups


@pytest.mark.thorough
@pytest.mark.parametrize("same", [True, False])
async def test_reverses_each_group_once(actor, pair, in_both, same):
    ids = list(await groups(actor, pair, 15))

    answers = await in_both(
        [("reverse_group", one, f"key-{one}") for one in ids],
        [("reverse_group", one, f"key-{one}" if same else f"another-{one}") for one in reversed(ids)],
    )

    assert tally(answers) == ({True: 15, "replayed": 15} if same else {True: 15, "INVALID_STATE": 15})
    assert await balance_of(actor.customer_id, pair[0]) == (100_000, 0, 1 + 6 * 15)
    assert await fetchval("SELECT count(*) FROM idempotency_keys WHERE operation = 'reverseGroup'") == 15
    await assert_books_balance()


@pytest.mark.thorough
async def test_reverses_groups_while_their_transfers_are_reversed(actor, pair, in_both):
    """The group is reversed as far as it is not yet, and each transfer once; what comes late is refused."""
    made_groups = await groups(actor, pair, 15)

    of_groups, of_transfers = await in_both(
        [("reverse_group", one, f"key-{one}") for one in made_groups],
        [("reverse", ids[1], f"key-{ids[1]}") for ids in made_groups.values()],
    )

    assert set(tally([of_groups])) == {True}
    assert set(tally([of_transfers])) <= {True, "INVALID_STATE"}
    assert await balance_of(actor.customer_id, pair[0]) == (100_000, 0, 1 + 6 * 15)
    await assert_books_balance()


async def test_does_once_what_fifty_callers_ask_with_one_key(actor, pair, in_both):
    order = ("post", *pair, "1.00", "one key")

    answers = await in_both([order] * 25, [order] * 25)

    assert tally(answers) == {True: 1, "replayed": 49}
    assert len({answer[0] for answer in itertools.chain(*answers)}) == 1
    assert await transfer_count(actor.customer_id) == 2 + 1
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 1
    await assert_books_balance()


@pytest.mark.thorough
async def test_does_each_once_whoever_else_asks_with_the_same_keys_in_another_order(actor, pair, in_both):
    orders = [("post", *pair, "0.01", f"key-{n}") for n in range(200)]

    answers = await in_both(orders, list(reversed(orders)))

    assert tally(answers) == {True: 200, "replayed": 200}
    ours, theirs = ([answer[0] for answer in one] for one in answers)
    assert ours == list(reversed(theirs))
    await assert_books_balance()


@pytest.mark.thorough
async def test_binds_a_key_to_one_content_though_two_ask_at_the_same_time(actor, pair, in_both):
    ours = [("post", *pair, "0.01", f"key-{n}") for n in range(50)]
    theirs = [("post", *pair, "0.02", f"key-{n}") for n in range(50)]

    answers = await in_both(ours, theirs)

    assert tally(answers) == {True: 50, "IDEMPOTENCY_MISMATCH": 50}
    assert await transfer_count(actor.customer_id) == 2 + 50
    await assert_books_balance()


@pytest.mark.thorough
async def test_lets_another_process_have_the_key_of_what_was_refused(actor, pair, in_both):
    """Of the same key one content is possible and the other is not: the possible one is done, every time."""
    impossible = [("post", *pair, "5000.00", f"key-{n}") for n in range(50)]
    possible = [("post", *pair, "0.01", f"key-{n}") for n in range(50)]

    refused, accepted = await in_both(impossible, possible)

    assert set(refused) <= {"INSUFFICIENT_FUNDS", "IDEMPOTENCY_MISMATCH"}
    assert tally([accepted]) == {True: 50}
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 50
    await assert_books_balance()


@pytest.mark.thorough
async def test_closes_the_books_against_backdated_transfers(actor, pair, in_both):
    """Each is in the books when they are closed, or refused: none takes effect in closed books after the close."""
    for number in range(8):
        month = datetime(2020, 1 + number, 1, tzinfo=UTC)
        days = [rfc3339(month + timedelta(days=n % 28)) for n in range(60)]
        ours = [("post", *pair, "0.01", f"ours-{number}-{n}", day) for n, day in enumerate(days)]
        theirs = [("post", *reversed(pair), "0.01", f"theirs-{number}-{n}", day) for n, day in enumerate(days[:30])]
        theirs.insert(15, ("close_books", rfc3339(month + timedelta(days=27))))

        answers = await in_both(ours, theirs)

        assert set(tally(answers)) <= {True, "INVALID_STATE"}
        assert answers[1][15] == [str(None), False]
        again = await in_both([(*order[:4], f"{order[4]}-late", order[5]) for order in ours], [])
        assert tally(again) == {"INVALID_STATE": 60}
    closed = await fetch(
        "SELECT occurred_at, body::jsonb #>> '{data,closed_through}' AS through FROM events WHERE type = 'books.closed'"
    )
    assert len(closed) == 8
    for row in closed:
        late = await fetchval(
            "SELECT count(*) FROM transfers WHERE posted_at > $1 AND effective_at <= $2",
            row["occurred_at"],
            datetime.fromisoformat(row["through"]),
        )
        assert late == 0
    assert (await prove_books(actor.customer_id)).findings.kept == []
    await assert_books_balance()


@pytest.mark.thorough
async def test_backdates_in_two_processes_and_keeps_the_sums(actor, pair, in_both):
    days = [rfc3339(datetime(2021, 3, 1 + n % 5, tzinfo=UTC)) for n in range(150)]
    ours = [("post", *pair, "0.01", f"ours-{n}", day) for n, day in enumerate(days)]
    theirs = [("post", *reversed(pair), "0.02", f"theirs-{n}", day) for n, day in enumerate(reversed(days))]

    assert tally(await in_both(ours, theirs)) == {True: 300}

    rows = await fetch("SELECT account_id, day, debits, credits, entry_count FROM backdated_days ORDER BY day")
    assert {tuple(row) for row in rows} == {
        (account_id, date(2021, 3, day), debited, credited, 60)
        for account_id, debited, credited in ((pair[0], 30, 60), (pair[1], 60, 30))
        for day in range(1, 6)
    }
    assert (await prove_books(actor.customer_id)).findings.kept == []

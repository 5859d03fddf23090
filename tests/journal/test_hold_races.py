"""Two processes at the same holds at the same time: each hold ends once, and no penny is held or captured twice."""

import asyncio
import itertools
from collections import Counter
from datetime import timedelta

import pytest

from app.db.connection import fetch, pool
from tests.bookkeeping import balance_of, open_account
from tests.journal.orders import assert_books_balance, carry_out, made, place
from tests.journal.race_steps import clock, holds, statuses, tally


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


async def test_captures_each_hold_once(actor, pair, in_both):
    ids = await holds(actor, pair, 40)

    answers = await in_both(
        [("capture", hold_id, f"ours-{hold_id}") for hold_id in ids],
        [("capture", hold_id, f"theirs-{hold_id}") for hold_id in reversed(ids)],
    )

    assert tally(answers) == {True: 40, "INVALID_STATE": 40}
    assert sorted(answer[0] for answer in itertools.chain(*answers) if answer[1] is False) == sorted(map(str, ids))
    assert await statuses() == {"CAPTURED": 40}
    assert await balance_of(actor.customer_id, pair[1]) == (100_000 + 40 * 7, 0, 41)
    await assert_books_balance()


@pytest.mark.thorough
async def test_captures_or_releases_each_hold(actor, pair, in_both):
    ids = await holds(actor, pair, 60)

    captures, releases = await in_both(
        [("capture", hold_id, f"capture-{hold_id}") for hold_id in ids], [("release", hold_id) for hold_id in ids]
    )

    for captured, released in zip(captures, releases, strict=True):
        assert {captured if isinstance(captured, str) else True, released if isinstance(released, str) else True} == {
            "INVALID_STATE",
            True,
        }
    won = sum(not isinstance(answer, str) for answer in captures)
    expected = Counter({"CAPTURED": won, "RELEASED": 60 - won})
    assert await statuses() == +expected
    assert await balance_of(actor.customer_id, pair[0]) == (100_000 - 7 * won, 0, 1 + won)
    await assert_books_balance()


@pytest.mark.thorough
async def test_ends_each_hold_once_while_its_time_runs_out(actor, pair, in_both):
    """Captured, released or expired, whatever comes first; and what was answered is what is stored."""
    for _ in range(5):
        ids = await holds(actor, pair, 20, expires_at=await clock() + timedelta(days=1))
        over_at = await clock() + timedelta(milliseconds=20)
        await pool().execute("UPDATE holds SET expires_at = $2 WHERE id = ANY($1)", ids, over_at)

        def expiries(ids=ids):
            return [("expire", hold_id) for hold_id in ids]

        captures, releases = await in_both(
            [("capture", hold_id, f"capture-{hold_id}") for hold_id in ids],
            [("release", hold_id) for hold_id in ids],
        )
        while await clock() <= over_at:
            await asyncio.sleep(0.001)
        expired, _ = await in_both(expiries(), expiries())

        assert {answer if isinstance(answer, str) else True for answer in expired} == {True}
        stored = {
            str(row["id"]): row["status"] for row in await fetch("SELECT id, status FROM holds WHERE id = ANY($1)", ids)
        }
        for hold_id, captured, released in zip(map(str, ids), captures, releases, strict=True):
            answered = [
                name for name, answer in (("CAPTURED", captured), ("RELEASED", released)) if not isinstance(answer, str)
            ]
            assert answered == ([] if stored[hold_id] == "EXPIRED" else [stored[hold_id]])
    await assert_books_balance()


@pytest.mark.thorough
async def test_captures_parts_of_each_hold_until_nothing_remains(actor, pair, in_both):
    """Holds of 7 pence: of four captures of two pence each, three find enough, and the fourth does not."""
    ids = await holds(actor, pair, 20)

    def parts(whose):
        return [("capture_part", hold_id, "0.02", f"{whose}-{n}-{hold_id}") for hold_id in ids for n in range(2)]

    assert tally(await in_both(parts("ours"), parts("theirs"))) == {True: 60, "VALIDATION": 20}

    rows = await fetch("SELECT status, amount_minor_units, captured_minor_units, version FROM holds")
    assert {tuple(row) for row in rows} == {("PLACED", 1, 6, 4)}
    assert await balance_of(actor.customer_id, pair[0]) == (100_000 - 120, 20, 61)
    await assert_books_balance()


@pytest.mark.thorough
async def test_captures_releases_and_adjusts_parts_of_each_hold(actor, pair, in_both):
    """Whatever the order, what was answered adds up to what is stored."""
    ids = await holds(actor, pair, 30)

    captured, others = await in_both(
        [("capture_part", hold_id, "0.04", f"c-{hold_id}") for hold_id in ids],
        [
            order
            for hold_id in ids
            for order in (
                ("release_part", hold_id, "0.04", f"r-{hold_id}"),
                ("adjust", hold_id, "0.08", f"a-{hold_id}"),
            )
        ],
    )

    stored = {row["id"]: row for row in await fetch("SELECT * FROM holds")}
    for n, hold_id in enumerate(ids):
        done = [not isinstance(answer, str) for answer in (captured[n], others[2 * n], others[2 * n + 1])]
        row = stored[hold_id]
        assert row["captured_minor_units"] == (4 if done[0] else 0)
        assert row["released_minor_units"] == (4 if done[1] else 0)
        amount = 8 if done[2] else 7
        assert row["status"] == ("PLACED" if amount - 4 * (done[0] + done[1]) else "CAPTURED")
        assert done[2], "to 8 pence it can always be adjusted"
        assert done[0] or done[1]
    await assert_books_balance()


@pytest.mark.thorough
async def test_adjusts_no_two_holds_with_the_same_pennies(actor, pair, in_both):
    """Of 10 pence two holds have two each, and each asks for seven: there is enough for one."""
    payers = [await open_account(actor.customer_id, balance=10) for _ in range(20)]
    held = [made((await carry_out(actor, place(actor, payer, pair[1], 2)))[0]).id for payer in payers for _ in range(2)]

    answers = await in_both(
        [("adjust", hold_id, "0.07", f"ours-{hold_id}") for hold_id in held[::2]],
        [("adjust", hold_id, "0.07", f"theirs-{hold_id}") for hold_id in held[1::2]],
    )

    assert tally(answers) == {True: 20, "INSUFFICIENT_FUNDS": 20}
    assert {await balance_of(actor.customer_id, payer) for payer in payers} == {(10, 9, 1)}
    await assert_books_balance()


@pytest.mark.thorough
async def test_adjusts_or_expires_each_hold(actor, pair, in_both):
    for _ in range(5):
        ids = await holds(actor, pair, 20, expires_at=await clock() + timedelta(days=1))
        over_at = await clock() + timedelta(milliseconds=20)
        await pool().execute("UPDATE holds SET expires_at = $2 WHERE id = ANY($1)", ids, over_at)

        adjusted, captured = await in_both(
            [("adjust", hold_id, "0.09", f"a-{hold_id}") for hold_id in ids],
            [("capture_part", hold_id, "0.01", f"c-{hold_id}") for hold_id in ids],
        )
        while await clock() <= over_at:
            await asyncio.sleep(0.001)
        expiries = [("expire", hold_id) for hold_id in ids]
        late, _ = await in_both(
            [*expiries, *(("adjust", hold_id, "0.05", f"b-{hold_id}") for hold_id in ids)], expiries
        )

        assert late[20:] == ["INVALID_STATE"] * 20
        stored = {row["id"]: row for row in await fetch("SELECT * FROM holds WHERE id = ANY($1)", ids)}
        for hold_id, more, part in zip(ids, adjusted, captured, strict=True):
            row, is_captured = stored[hold_id], not isinstance(part, str)
            assert row["status"] == ("CAPTURED" if is_captured else "EXPIRED")
            assert row["amount_minor_units"] == (7 if isinstance(more, str) else 9)
            assert row["captured_minor_units"] == (1 if is_captured else 0)
    assert (await balance_of(actor.customer_id, pair[0]))[1] == 0
    await assert_books_balance()

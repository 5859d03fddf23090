"""Two processes: one moves money, the other forbids it. Whoever is second sees what the first one did."""

import asyncio

import pytest

from app.db.connection import fetch, fetchval
from app.journal.coalescer import close_coalescer
from app.proof.prove_books import prove_books
from tests.controls.conftest import account_row
from tests.journal.orders import carry_out, made, place
from tests.journal.other_process import carry_out_all, other_process


@pytest.fixture
async def in_both(database, actor):
    """Give these orders to this process and those to the other one; answers what each of them said."""
    async with other_process(database) as other:

        async def give(ours, theirs):
            return await asyncio.gather(
                carry_out_all(actor.customer_id, ours), other.carry_out_all(actor.customer_id, theirs)
            )

        yield give
    await close_coalescer()


def done(answers):
    """How many were done; the others were refused with one of these codes."""
    refused = {answer for answer in answers if isinstance(answer, str)}
    assert refused <= {"INVALID_STATE", "INSUFFICIENT_FUNDS"}
    return sum(not isinstance(answer, str) for answer in answers)


async def test_moves_nothing_once_it_is_frozen(actor, wallet, in_both):
    for scope, side in (("DEBITS", "debit_id"), ("CREDITS", "credit_id"), ("ALL", "debit_id")) * 2:
        payer, payee = await wallet(100_000), await wallet()
        frozen = payer if side == "debit_id" else payee

        posted, [froze] = await in_both(
            [("post", payer, payee, "0.01", f"{scope}-{payer}-{n}") for n in range(300)], [("freeze", frozen, scope)]
        )

        frozen_at = await fetchval("SELECT frozen_at FROM wallets WHERE id = $1", frozen)
        sent = await fetch("SELECT posted_at FROM transfers WHERE debit_id = $1 AND credit_id = $2", payer, payee)
        times = [row[0] for row in sent]
        assert froze == [str(frozen), False]
        assert len(times) == done(posted)
        assert [one for one in times if one > frozen_at] == []
        late = [("post", payer, payee, "0.01", f"late-{payer}")]
        assert await carry_out_all(actor.customer_id, late) == ["INVALID_STATE"]
    assert (await prove_books()).findings.kept == []


@pytest.mark.thorough
async def test_captures_nothing_once_it_is_frozen(actor, wallet, in_both):
    payer, payee = await wallet(100_000), await wallet()
    orders = [place(actor, payer, payee, 7) for _ in range(150)]
    ids = [made(outcome).id for outcome in await carry_out(actor, *orders)]

    captured, answers = await in_both(
        [("capture", hold_id, f"capture-{hold_id}") for hold_id in ids],
        [("freeze", payer, "DEBITS"), *(("release", hold_id) for hold_id in reversed(ids))],
    )

    assert answers[0] == [str(payer), False]
    released = done(answers[1:])
    assert done(captured) + released <= 150
    row = await account_row(payer)
    left = await fetchval("SELECT count(*) FROM holds WHERE status = 'PLACED'")
    assert (row["debits"], row["held"]) == (7 * done(captured), 7 * left)
    assert left == 0  # What the freeze kept from being captured, was released.
    assert done(captured) + released == 150
    assert (await prove_books()).findings.kept == []


@pytest.mark.thorough
async def test_is_frozen_or_not_at_the_end_as_it_was_last_told(wallet, in_both):
    payer, payee = await wallet(100_000), await wallet()

    ours, theirs = await in_both(
        [("freeze", payer, scope) for scope in ("ALL", "DEBITS", "CREDITS") * 5]
        + [("post", payer, payee, "0.01", f"post-{n}") for n in range(100)],
        [("unfreeze", payer)] * 15 + [("post", payee, payer, "0.01", f"back-{n}") for n in range(100)],
    )

    assert all(not isinstance(answer, str) for answer in ours[:15] + theirs[:15])
    told = await fetch("SELECT type FROM events WHERE resource_id = $1 AND type LIKE 'wallet.%frozen'", payer)
    version = await fetchval("SELECT version FROM wallets WHERE id = $1", payer)
    assert len(told) == version - 1 == sum(not answer[1] for answer in ours[:15] + theirs[:15])
    assert (await prove_books()).findings.kept == []


@pytest.mark.thorough
async def test_takes_no_limit_back_that_is_being_spent(wallet, limited, in_both):
    for _ in range(5):
        party, other = await wallet(), await wallet()
        await limited(party, "1.00")

        spent, lowered = await in_both(
            [("post", party, other, "0.01", f"{party}-{n}") for n in range(100)],
            [("limit", party, f"0.{pence:02}") for pence in (80, 60, 40, 20)],
        )

        row = await account_row(party)
        assert row["debits"] == done(spent)
        assert row["debits"] <= row["overdraft_limit"]
        assert row["forced_below"] is None
        smallest = min([100, *(80 - 20 * n for n, answer in enumerate(lowered) if not isinstance(answer, str))])
        assert smallest >= row["debits"] or row["overdraft_limit"] > smallest
        assert row["overdraft_limit"] == await fetchval(
            "SELECT overdraft_limit_minor_units FROM wallets WHERE id = $1", party
        )
    assert (await prove_books()).findings.kept == []

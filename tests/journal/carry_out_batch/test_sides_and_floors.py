"""Which side a posting raises, lowers or reserves, and how far it may go."""

import pytest

from app.db.connection import fetchrow, pool
from app.journal.amounts import TOTAL_MAX
from app.journal.posting_accounts import Book, NormalSide
from app.journal.status import HoldStatus
from app.kernel.errors import (
    InsufficientFunds,
    Invalid,
    InvalidState,
)
from app.kernel.money import Unit
from tests.bookkeeping import balance_of, nothing_changes, open_account
from tests.journal.orders import (
    assert_books_balance,
    capture,
    carry_out,
    kinds,
    made,
    place,
    post,
    release,
    reverse,
)

pytestmark = pytest.mark.postgres15


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

"""What is decided in memory, against accounts, holds and transfers as they were locked."""

import copy
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from app.db.identifiers import new_id
from app.journal.amounts import TOTAL_MAX, Amount
from app.journal.books import Books
from app.journal.instructions import Capture, Instruction
from app.journal.locked_pair import PostingAccount
from app.journal.posting_accounts import Book
from app.journal.status import HoldStatus, TransferKind, TransferStatus
from app.kernel.actor import worker_actor
from app.kernel.errors import AssetMismatch, InsufficientFunds, Invalid, InvalidState, NotFound
from tests.journal.orders import adjust, capture, expire, place, post, release, reverse

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ACTOR = worker_actor(new_id())
PAYER, PAYEE, VAULT = new_id(), new_id(), new_id()


def account(account_id, **changes):
    row = {
        "id": account_id,
        "book": "BANK",
        "asset": "GBP",
        "scale": 2,
        "normal_side": "CREDIT",
        "holder_id": None,
        "is_open": True,
        "is_system": False,
        "allow_negative": False,
        "debits": 0,
        "credits": 0,
        "held": 0,
        "sequence": 0,
        "last_posted_at": None,
        "overdraft_limit": None,
        "forced_below": None,
        "frozen_debits": None,
        "frozen_credits": None,
    }
    return PostingAccount({**row, **changes})


@pytest.fixture
def books():
    """A payer with 1,000, a payee with nothing, and a system account."""
    accounts = [
        account(PAYER, credits=1_000, sequence=3),
        account(PAYEE),
        account(VAULT, normal_side="DEBIT", is_system=True, allow_negative=True, debits=1_000),
    ]
    return Books({one.side.account_id: one for one in accounts}, {}, {}, NOW)


def state_of(books):
    """Everything in the books, by value."""
    accounts = {
        account_id: {name: getattr(one, name) for name in PostingAccount.__slots__}
        for account_id, one in books.accounts.items()
    }
    return copy.deepcopy((accounts, books.holds, books.transfers, books.posted, books.placed, books.moved))


def refused(books, order, refusal):
    """The refusal, which changed nothing."""
    before = state_of(books)
    with pytest.raises(refusal) as raised:
        books.carry_out(order)
    assert state_of(books) == before
    return raised.value


def later(books, **changes):
    """The books of a later batch, without what was written by then."""
    following = Books(books.accounts, books.holds, books.transfers, changes.pop("now", books.now))
    assert not changes
    return following


def totals(books, account_id):
    one = books.accounts[account_id]
    return one.debits, one.credits, one.held, one.sequence


def test_posts_both_entries_with_the_balances_after(books):
    order = post(ACTOR, PAYER, PAYEE, 250, reference="rent", metadata={"a": 1})

    posted = books.carry_out(order)

    assert (posted.id, posted.kind, posted.status) == (
        order.resource_id,
        TransferKind.INTER_LEDGER,
        TransferStatus.POSTED,
    )
    assert (posted.debit_sequence, posted.debit_balance_after) == (4, 750)
    assert (posted.credit_sequence, posted.credit_balance_after) == (1, 250)
    assert (posted.reference, posted.metadata, posted.posted_at) == ("rent", {"a": 1}, NOW)
    assert totals(books, PAYER) == (250, 1_000, 0, 4)
    assert totals(books, PAYEE) == (0, 250, 0, 1)
    assert [one.is_changed for one in books.accounts.values()] == [True, True, False]
    assert [one.last_posted_at for one in books.accounts.values()] == [NOW, NOW, None]


def test_says_by_the_book_or_by_its_caller_why_money_moved(books):
    assert books.carry_out(post(ACTOR, PAYER, PAYEE)).kind is TransferKind.INTER_LEDGER
    given = post(ACTOR, VAULT, PAYEE)
    given.kind, given.system_id = TransferKind.VIRTUAL_CREDIT, VAULT
    assert books.carry_out(given).kind is TransferKind.VIRTUAL_CREDIT
    for one in books.accounts.values():
        one.side.book = Book.WALLET
    assert books.carry_out(post(ACTOR, PAYER, PAYEE)).kind is TransferKind.WALLET


def test_spends_the_last_penny_and_no_more(books):
    assert refused(books, post(ACTOR, PAYER, PAYEE, 1_001), InsufficientFunds).available.minor_units == 1_000
    books.carry_out(post(ACTOR, PAYER, PAYEE, 1_000))
    refusal = refused(books, post(ACTOR, PAYER, PAYEE, 1), InsufficientFunds)
    assert refusal.message == f"{PAYER} has 0.00 GBP available."


def test_shows_nothing_below_zero_as_available(books):
    books.accounts[PAYER].debits = 1_500
    assert refused(books, post(ACTOR, PAYER, PAYEE, 1), InsufficientFunds).available.minor_units == 0


def test_lets_a_system_account_go_below_zero_for_who_may_touch_it(books):
    order = post(ACTOR, PAYER, VAULT, 1_000, system_id=VAULT)
    books.carry_out(order)
    books.carry_out(post(ACTOR, VAULT, PAYEE, 5_000, system_id=VAULT))
    assert books.accounts[VAULT].balance == 5_000
    refused(books, post(ACTOR, VAULT, PAYEE, 1), NotFound)
    refused(books, post(ACTOR, VAULT, PAYEE, 1, system_id=new_id()), NotFound)


def test_refuses_an_amount_of_another_asset_or_of_too_many_decimals(books):
    euros = refused(books, post(ACTOR, PAYER, PAYEE, amount=Amount(1, 2, "EUR")), AssetMismatch)
    assert euros.path == ("amount", "asset")
    fine = refused(books, post(ACTOR, PAYER, PAYEE, amount=Amount(1, 3, "GBP")), Invalid)
    assert fine.path == ("amount", "value")
    assert books.carry_out(post(ACTOR, PAYER, PAYEE, amount=Amount(1, 0, "GBP"))).amount == 100


def test_names_the_arguments_as_their_caller_does(books):
    names = {"debit_name": "ledger_id", "credit_name": "to_id"}
    assert refused(books, post(ACTOR, PAYER, PAYEE, 1_001, **names), InsufficientFunds).path == ("ledger_id",)
    assert refused(books, post(ACTOR, PAYER, new_id(), **names), NotFound).path == ("to_id",)


def test_knows_no_other_instructions(books):
    with pytest.raises(AssertionError, match="no such instruction"):
        books.carry_out(Instruction(actor=ACTOR, resource_id=new_id(), key=None))


# Holds


def placed(books, order):
    """The hold, as an earlier batch has written it."""
    hold = books.carry_out(order)
    books.holds[hold.id] = hold
    books.placed.clear()
    return hold


def test_moves_no_hold_that_is_only_being_placed(books):
    hold = books.carry_out(place(ACTOR, PAYER, PAYEE, 1))
    for move in (capture, release, expire):
        refused(books, move(ACTOR, hold.id), NotFound)


@pytest.fixture
def held(books):
    """A hold of 400 that expires in an hour."""
    return placed(books, place(ACTOR, PAYER, PAYEE, 400, expires_at=NOW + 3600 * SECOND, reference="booking"))


def test_reserves_what_is_held(books, held):
    assert (held.status, held.version, held.amount, held.transfer_id) == (HoldStatus.PLACED, 1, 400, None)
    assert (held.created_at, held.updated_at, held.reference) == (NOW, NOW, "booking")
    assert totals(books, PAYER) == (0, 1_000, 400, 3)
    assert totals(books, PAYEE) == (0, 0, 0, 0)
    assert books.accounts[PAYER].last_posted_at is None
    assert refused(books, post(ACTOR, PAYER, PAYEE, 601), InsufficientFunds).available.minor_units == 600


@pytest.mark.parametrize("expires_at", [NOW - SECOND, NOW])
def test_places_no_hold_that_is_over(books, expires_at):
    refusal = refused(books, place(ACTOR, PAYER, PAYEE, 1, expires_at=expires_at), Invalid)
    assert refusal.path == ("expires_at",)


@pytest.mark.parametrize("amount", [None, 1, 399, 400])
def test_captures_a_hold_whole_or_in_part_and_gives_back_the_rest(books, held, amount):
    order = capture(ACTOR, held.id, amount)

    captured = books.carry_out(order)

    spent = amount or 400
    assert (captured.status, captured.version, captured.amount) == (HoldStatus.CAPTURED, 2, 400)
    assert captured.transfer_id == order.resource_id
    (posted,) = books.posted
    assert (posted.id, posted.hold_id, posted.amount, posted.reference) == (
        order.resource_id,
        held.id,
        spent,
        "booking",
    )
    assert totals(books, PAYER) == (spent, 1_000, 0, 4)
    assert totals(books, PAYEE) == (0, spent, 0, 1)


def test_captures_no_more_than_was_held(books, held):
    refusal = refused(books, capture(ACTOR, held.id, 401), Invalid)
    assert refusal.path == ("amount", "value")
    assert refusal.message == "Only 4.00 GBP are held: capture at most that."
    too_fine = Capture(actor=ACTOR, resource_id=new_id(), key=None, hold_id=held.id, amount=Amount(1, 3, "GBP"))
    assert refused(books, too_fine, Invalid).path == ("amount", "value")
    too_fine.amount = Amount(1, 0, "EUR")
    assert refused(books, too_fine, AssetMismatch).path == ("amount", "asset")


def test_captures_what_is_held_though_nothing_else_is_left(books, held):
    books.carry_out(post(ACTOR, PAYER, PAYEE, 600))
    books.carry_out(capture(ACTOR, held.id))
    assert books.accounts[PAYER].balance == 0


def test_releases_a_hold(books, held):
    released = books.carry_out(release(ACTOR, held.id))
    assert (released.status, released.version, released.transfer_id) == (HoldStatus.RELEASED, 2, None)
    assert totals(books, PAYER) == (0, 1_000, 0, 3)


def test_expires_a_hold_when_its_time_is_up_and_not_before(books, held):
    assert refused(later(books, now=held.expires_at - SECOND), expire(ACTOR, held.id), InvalidState).status == "PLACED"
    assert refused(books, expire(ACTOR, held.id), InvalidState).message == "This hold's time is not up."
    at_last = later(books, now=held.expires_at)
    assert at_last.carry_out(expire(ACTOR, held.id)).status is HoldStatus.EXPIRED
    assert totals(books, PAYER) == (0, 1_000, 0, 3)


def test_neither_captures_nor_releases_a_hold_from_its_last_instant_on(books, held):
    in_time = later(books, now=held.expires_at - timedelta(microseconds=1))
    too_late = later(books, now=held.expires_at)
    for order in (capture(ACTOR, held.id), release(ACTOR, held.id)):
        refusal = refused(too_late, order, InvalidState)
        assert (refusal.status, refusal.path) == ("EXPIRED", ("hold_id",))
    assert in_time.carry_out(capture(ACTOR, held.id)).status is HoldStatus.CAPTURED


def test_never_expires_a_hold_without_end(books):
    endless = placed(books, place(ACTOR, PAYER, PAYEE, 1))
    assert refused(later(books, now=NOW + timedelta(days=9_999)), expire(ACTOR, endless.id), InvalidState)


ENDS = {"CAPTURED": capture, "RELEASED": release, "EXPIRED": expire}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ENDS, ENDS)))
def test_ends_a_hold_once(books, held, first, second):
    at = held.expires_at if first == "EXPIRED" else NOW
    later(books, now=at).carry_out(ENDS[first](ACTOR, held.id))

    refusal = refused(later(books, now=held.expires_at), ENDS[second](ACTOR, held.id), InvalidState)

    assert (refusal.status, refusal.path) == (first, ("hold_id",))


def test_lets_only_its_payment_move_a_payment_s_hold(books):
    payment_id = new_id()
    held = placed(books, place(ACTOR, PAYER, VAULT, 5, payment_id=payment_id, system_id=VAULT))

    for stranger in (None, new_id()):
        for move in (capture, release):
            refusal = refused(books, move(ACTOR, held.id, payment_id=stranger), InvalidState)
            assert "alone moves it" in refusal.message
    captured = books.carry_out(capture(ACTOR, held.id, payment_id=payment_id))

    assert captured.status is HoldStatus.CAPTURED
    assert (books.posted[0].kind, books.posted[0].payment_id) == (TransferKind.PAYMENT_OUT, payment_id)


def test_says_of_a_released_hold_that_it_was_released_before(books, held):
    assert books.done_before(release(ACTOR, held.id)) is None
    books.carry_out(release(ACTOR, held.id))
    assert books.done_before(release(ACTOR, held.id)) is held
    assert books.done_before(release(ACTOR, held.id, minor_units=1)) is None
    assert books.done_before(release(ACTOR, held.id, payment_id=new_id())) is None
    with pytest.raises(NotFound):
        books.done_before(release(ACTOR, new_id()))


def test_says_of_a_hold_that_has_the_amount_already(books, held):
    assert books.done_before(adjust(ACTOR, held.id, 401)) is None
    assert books.done_before(adjust(ACTOR, held.id, 400)) is held
    with pytest.raises(NotFound):
        books.done_before(adjust(ACTOR, new_id(), 400))


def test_holds_on_an_account_that_may_go_below_zero_up_to_38_digits(books):
    books.accounts[PAYER].allow_negative = True
    books.carry_out(place(ACTOR, PAYER, PAYEE, TOTAL_MAX - 1))
    refused(books, place(ACTOR, PAYER, PAYEE, 2), Invalid)
    books.carry_out(place(ACTOR, PAYER, PAYEE, 1))
    assert books.accounts[PAYER].held == TOTAL_MAX


# Reversals


@pytest.fixture
def posted(books):
    return books.carry_out(post(ACTOR, PAYER, PAYEE, 250))


def test_reverses_a_transfer(books, posted):
    reversal = books.carry_out(reverse(ACTOR, posted.id, reason="by mistake"))

    assert (reversal.kind, reversal.amount, reversal.reference) == (TransferKind.REVERSAL, 250, "by mistake")
    assert (reversal.debit.account_id, reversal.credit.account_id) == (PAYEE, PAYER)
    assert (reversal.reverses_id, posted.reversed_by_id) == (posted.id, reversal.id)
    assert (posted.status, reversal.status) == (TransferStatus.REVERSED, TransferStatus.POSTED)
    assert (books.accounts[PAYER].balance, books.accounts[PAYEE].balance) == (1_000, 0)


def test_reverses_once(books, posted):
    reversal = books.carry_out(reverse(ACTOR, posted.id))
    refusal = refused(books, reverse(ACTOR, posted.id), InvalidState)
    assert (refusal.status, refusal.existing_id) == ("REVERSED", str(reversal.id))


def test_reverses_no_reversal_and_no_payment(books, posted):
    reversal = books.carry_out(reverse(ACTOR, posted.id))
    refused(books, reverse(ACTOR, reversal.id), InvalidState)
    for kind in (TransferKind.PAYMENT_IN, TransferKind.PAYMENT_OUT):
        order = post(ACTOR, PAYER, PAYEE, payment_id=new_id())
        order.kind = kind
        payment = books.carry_out(order)
        assert refused(books, reverse(ACTOR, payment.id), InvalidState).status == "POSTED"


@pytest.mark.parametrize("kind", [TransferKind.VIRTUAL_CREDIT, TransferKind.VIRTUAL_DEBIT])
def test_reverses_what_came_out_of_a_vault_or_went_into_it(books, kind):
    sides = (VAULT, PAYER) if kind is TransferKind.VIRTUAL_CREDIT else (PAYER, VAULT)
    order = post(ACTOR, *sides, 300, system_id=VAULT)
    order.kind = kind
    moved = books.carry_out(order)
    books.carry_out(reverse(ACTOR, moved.id))
    assert (books.accounts[PAYER].balance, books.accounts[VAULT].balance) == (1_000, 1_000)


def test_reverses_only_what_is_still_there(books, posted):
    books.carry_out(place(ACTOR, PAYEE, PAYER, 100))
    refusal = refused(books, reverse(ACTOR, posted.id), InsufficientFunds)
    assert (refusal.lacking_id, refusal.available.minor_units) == (PAYEE, 150)
    assert refusal.path == ("transfer_id",)


@pytest.mark.parametrize("closed", [PAYER, PAYEE])
def test_reverses_nothing_between_closed_accounts(books, posted, closed):
    books.accounts[closed].is_open = False
    assert refused(books, reverse(ACTOR, posted.id), InvalidState).path == ("transfer_id",)


def test_reverses_a_captured_hold_s_transfer_and_leaves_the_hold(books, held):
    books.carry_out(capture(ACTOR, held.id, 300))
    books.carry_out(reverse(ACTOR, held.transfer_id))
    assert held.status is HoldStatus.CAPTURED
    assert books.accounts[PAYER].balance == 1_000
    assert totals(books, PAYER)[2] == 0

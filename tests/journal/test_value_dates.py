"""Value dates: what may be given, what it changes, and what stays as it is."""

from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchrow, fetchval
from app.db.identifiers import new_id
from app.journal.amounts import AmountText
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.close_books import CloseBooks, close_books
from app.journal.entry_queries import EntryFilter, entry_cursors, list_entries
from app.journal.instructions import capture_content
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer, posting_of
from app.journal.post_transfers import PostTransfers, post_transfers
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.transfer_queries import TransferFilter, list_transfers, transfer_cursors
from app.kernel.actor import worker_actor
from app.kernel.clock import rfc3339
from app.kernel.errors import BatchRefused, IdempotencyMismatch, Invalid, InvalidState
from tests.bookkeeping import balance_of, gbp, nothing_changes, open_account
from tests.told_events import told_event

DAY = timedelta(days=1)
OCTOBER = datetime(2025, 10, 31, 12, tzinfo=UTC)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return [await open_account(actor.customer_id, balance=100_000) for _ in range(2)]


def order(pair, key, effective_at=None, value="1.00"):
    sent = effective_at if effective_at is None or isinstance(effective_at, str) else rfc3339(effective_at)
    return PostTransfer(
        debit_id=str(pair[0]),
        credit_id=str(pair[1]),
        amount=gbp(value),
        idempotency_key=key,
        effective_at=sent,
    )


async def stored(transfer_id):
    return await fetchrow("SELECT effective_at, posted_at FROM transfers WHERE id = $1", transfer_id)


async def test_keeps_the_value_date_and_posts_in_order(actor, pair):
    first, _ = await post_transfer(actor, order(pair, "a", OCTOBER))
    second, _ = await post_transfer(actor, order(pair, "b", OCTOBER - DAY))
    third, _ = await post_transfer(actor, order(pair, "c"))

    assert [one.effective_at for one in (first, second, third)] == [OCTOBER, OCTOBER - DAY, third.posted_at]
    assert [one.debit_sequence for one in (first, second, third)] == [2, 3, 4]
    assert [one.debit_balance_after for one in (first, second, third)] == [99_900, 99_800, 99_700]
    assert first.posted_at < second.posted_at < third.posted_at
    assert (await stored(first.id))["effective_at"] == OCTOBER
    assert (await stored(third.id))["effective_at"] is None
    body = (await told_event("WHERE resource_id = $1", first.id))["body"]
    assert '"effective_at":"2025-10-31T12:00:00.000000Z","forced":false,"posted_at":"' in body


async def test_dates_a_capture(actor, pair):
    hold, _ = await place_hold(
        actor, PlaceHold(debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("5.00"), idempotency_key="hold")
    )
    command = CaptureHold(str(hold.id), "capture", effective_at=rfc3339(OCTOBER))
    captured, _ = await capture_hold(actor, command)
    assert (await stored(captured.transfer_id))["effective_at"] == OCTOBER

    whole = CaptureHold(str(hold.id), "capture", AmountText("5.00", "GBP"), effective_at=rfc3339(OCTOBER))
    assert await capture_hold(actor, whole) == (captured, True)
    with pytest.raises(IdempotencyMismatch):
        await capture_hold(actor, CaptureHold(str(hold.id), "capture"))


async def test_posts_a_reversal_for_today(actor, pair):
    transfer, _ = await post_transfer(actor, order(pair, "a", OCTOBER))
    reversal, _ = await reverse_transfer(actor, ReverseTransfer(str(transfer.id), "undo"))
    assert reversal.effective_at == reversal.posted_at


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2999-01-01T00:00:00Z", "takes effect by now"),
        ("2025-10-31", "RFC 3339"),
        ("2025-10-31T00:00:00.0000001Z", "six decimals"),
        ("1969-12-31T23:59:59Z", "1970"),
        ("", "RFC 3339"),
    ],
)
async def test_refuses_what_is_no_value_date(actor, pair, given, said):
    async with nothing_changes():
        with pytest.raises(Invalid, match=said) as refused:
            await post_transfer(actor, order(pair, "a", given))
        assert refused.value.path == ("effective_at",)
    await post_transfer(actor, order(pair, "a"))  # The key is free.


async def test_refuses_a_future_value_date_within_a_batch_alone_or_all_of_it(actor, pair):
    orders = [order(pair, "a", OCTOBER), order(pair, "b", "2999-01-01T00:00:00Z"), order(pair, "c")]
    async with nothing_changes():
        with pytest.raises(BatchRefused) as refused:
            await post_transfers(actor, PostTransfers(orders, atomic=True))
    assert (refused.value.index, refused.value.cause.path) == (1, ("transfers", "1", "effective_at"))
    outcomes = await post_transfers(actor, PostTransfers(orders))
    assert [isinstance(outcome, Invalid) for outcome in outcomes] == [False, True, False]
    assert (await balance_of(actor.customer_id, pair[0]))[0] == 99_800


async def test_answers_the_same_transfer_for_the_same_instant_however_written(actor, pair):
    first, _ = await post_transfer(actor, order(pair, "a", "2025-10-31T12:00:00Z"))
    async with nothing_changes():
        assert await post_transfer(actor, order(pair, "a", "2025-10-31t14:00:00.000000+02:00")) == (first, True)
    for other in (None, OCTOBER + DAY):
        async with nothing_changes():
            with pytest.raises(IdempotencyMismatch):
                await post_transfer(actor, order(pair, "a", other))


async def test_answers_what_was_posted_before_the_books_were_closed(actor, pair):
    first, _ = await post_transfer(actor, order(pair, "a", OCTOBER))
    await close_books(actor, CloseBooks(rfc3339(OCTOBER)))
    async with nothing_changes():
        assert await post_transfer(actor, order(pair, "a", OCTOBER)) == (first, True)


HASH_OF_TRANSFER = "b277b5bbeef88069f53e761031bb56849c310ea168243b2b6e1bb1b61a93d300"


def test_hashes_what_has_no_value_date_as_ever():
    """A key that was used before there were value dates is still known."""
    ids = ["0197a3c2-5b6e-7c11-8f00-0123456789a8", "0197a3c2-5b6e-7c11-8f00-0123456789b8"]
    command = PostTransfer(
        debit_id=ids[0],
        credit_id=ids[1],
        amount=gbp("30.50"),
        idempotency_key="k",
        reference="Rent",
        metadata={"a": 1},
    )
    posting = posting_of(worker_actor(new_id()), command, ())
    assert posting.key.command_hash.hex() == HASH_OF_TRANSFER
    assert capture_content(ids[0], None) == (ids[0], None)


async def test_refuses_at_and_before_the_close_of_the_books_and_not_after(actor, pair):
    hold, _ = await place_hold(
        actor, PlaceHold(debit_id=str(pair[0]), credit_id=str(pair[1]), amount=gbp("5.00"), idempotency_key="hold")
    )
    await close_books(actor, CloseBooks(rfc3339(OCTOBER)))
    async with nothing_changes():
        for at in (OCTOBER, OCTOBER - DAY):
            with pytest.raises(InvalidState, match=r"closed through 2025-10-31T12:00:00\.000000Z") as refused:
                await post_transfer(actor, order(pair, "a", at))
            assert (refused.value.path, refused.value.status) == (("effective_at",), "BOOKS_CLOSED")
            with pytest.raises(InvalidState):
                await capture_hold(actor, CaptureHold(str(hold.id), "capture", effective_at=rfc3339(at)))
    late, _ = await post_transfer(actor, order(pair, "a", OCTOBER + timedelta(microseconds=1)))
    plain, _ = await post_transfer(actor, order(pair, "b"))
    assert late.backdated_to is not None
    assert plain.backdated_to is None


async def test_never_posts_into_closed_books_though_the_clock_is_set_back(actor, pair):
    """As if the clock had been an hour ahead when they were closed."""
    closed = await fetchval(
        "INSERT INTO closed_books VALUES ($1, now() + interval '1 hour', 1) RETURNING closed_through",
        actor.customer_id,
    )
    transfer, _ = await post_transfer(actor, order(pair, "a"))
    assert transfer.posted_at > closed


async def dated(actor, pair):
    """Transfers whose value dates are in another order than their posting; some are not backdated."""
    days = [3, 1, 2, None, 1, 5, None, 4]
    return [
        (await post_transfer(actor, order(pair, f"key-{n}", None if day is None else OCTOBER + day * DAY)))[0]
        for n, day in enumerate(days)
    ]


@pytest.mark.parametrize("of", ["account", "customer", "holder"])
async def test_filters_by_value_date_in_the_order_of_posting(actor, pair, of):
    made = await dated(actor, pair)
    spans = [(OCTOBER + n * DAY, OCTOBER + m * DAY) for n in range(7) for m in range(n, 8)]
    spans += [(None, OCTOBER + 3 * DAY), (OCTOBER + 3 * DAY, None), (made[3].posted_at, made[4].posted_at)]
    for since, before in spans:
        expected = [
            one.id
            for one in reversed(made)
            if (since is None or one.effective_at >= since) and (before is None or one.effective_at < before)
        ]
        span = {"effective_at_gte": since, "effective_at_lt": before}
        sides = {"account": {"ledger_id": pair[0]}, "customer": {}, "holder": {"ledger_id": pair[1]}}[of]
        found = await list_transfers(actor, TransferFilter(**span, **sides), limit=50)
        own = {one.id for one in made}
        assert [one.id for one in found if one.id in own] == expected
        entries = await list_entries(actor, EntryFilter(**span, **sides), limit=50)
        told = [one.transfer.id for one in entries if one.transfer.id in own]
        assert list(dict.fromkeys(told)) == expected


async def test_pages_through_a_span_of_value_dates(actor, pair):
    await dated(actor, pair)
    wanted = TransferFilter(ledger_id=pair[0], effective_at_lt=OCTOBER + 4 * DAY)
    whole = await list_transfers(actor, wanted, limit=50)
    paged, after = [], None
    while page := await list_transfers(actor, wanted, limit=2, after=after):
        paged += page
        [after] = transfer_cursors(wanted, page[-1:])
    assert paged == whole
    assert len(whole) == 4
    of_entries = EntryFilter(ledger_id=pair[0], effective_at_lt=OCTOBER + 4 * DAY)
    first = await list_entries(actor, of_entries, limit=1)
    [after] = entry_cursors(of_entries, first)
    rest = await list_entries(actor, of_entries, limit=50, after=after)
    assert [one.transfer.id for one in first + rest] == [one.id for one in whole]

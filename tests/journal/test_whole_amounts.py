"""A reversal, release or capture without an amount, and the same of all that is left: one request under one key."""

import pytest

from app.db.connection import fetchval, pool
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import HoldStatus
from app.kernel.errors import IdempotencyMismatch, Invalid
from tests.bookkeeping import gbp, nothing_changes, open_account
from tests.journal.orders import adjust, capture, carry_out, kinds, made, place, post, release, reverse

FORMS = [(None, "30.00"), ("30.00", None), ("30", "30.0"), (None, None)]
FORMS_OF_REST = [(None, "19.00"), ("19.00", None)]


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    return await open_account(actor.customer_id, balance=20_000), await open_account(actor.customer_id)


def as_sent(amount):
    return None if amount is None else gbp(amount)


class OfTransfer:
    """Reversals of a transfer of 30.00."""

    def __init__(self, actor, pair):
        self.actor, self.pair = actor, pair

    async def begin(self):
        sides = {"debit_id": str(self.pair[0]), "credit_id": str(self.pair[1])}
        self.about, _ = await post_transfer(
            self.actor, PostTransfer(**sides, amount=gbp("30.00"), idempotency_key="transfer")
        )

    async def take(self, amount, key="key"):
        return await reverse_transfer(self.actor, ReverseTransfer(str(self.about.id), key, None, as_sent(amount)))

    def instruction(self, minor_units, key="key"):
        return reverse(self.actor, self.about.id, key, minor_units=minor_units)


class OfHold(OfTransfer):
    """Releases of a hold of 30.00."""

    async def begin(self):
        sides = {"debit_id": str(self.pair[0]), "credit_id": str(self.pair[1])}
        self.about, _ = await place_hold(self.actor, PlaceHold(**sides, amount=gbp("30.00"), idempotency_key="hold"))

    async def take(self, amount, key="key"):
        return await release_hold(self.actor, ReleaseHold(str(self.about.id), key, as_sent(amount)))

    def instruction(self, minor_units, key="key"):
        return release(self.actor, self.about.id, key, minor_units)


class OfCapturedHold(OfHold):
    """Captures of a hold of 30.00; a part of it keeps the rest held."""

    async def take(self, amount, key="key"):
        command = CaptureHold(str(self.about.id), key, as_sent(amount), final=key == "key")
        return await capture_hold(self.actor, command)

    def instruction(self, minor_units, key="key"):
        return capture(self.actor, self.about.id, minor_units, key, final=key == "key")


@pytest.fixture(params=[OfTransfer, OfHold, OfCapturedHold])
async def verb(request, actor, pair):
    one = request.param(actor, pair)
    await one.begin()
    return one


@pytest.mark.parametrize(("first", "second"), FORMS)
async def test_takes_no_amount_and_the_whole_for_the_same_content(verb, first, second):
    done, replayed = await verb.take(first)
    assert not replayed
    async with nothing_changes():
        assert await verb.take(second) == (done, True)
        assert await verb.take(first) == (done, True)
        for other in ("29.99", "30.01"):
            with pytest.raises(IdempotencyMismatch):
                await verb.take(other)


@pytest.mark.parametrize(("first", "second"), FORMS_OF_REST)
async def test_means_what_was_left_when_it_was_done(verb, first, second):
    await verb.take("11.00", "a part")
    done, _ = await verb.take(first)
    async with nothing_changes():
        assert await verb.take(second) == (done, True)
        assert await verb.take(first) == (done, True)
        for other in ("30.00", "11.00", "18.99"):
            with pytest.raises(IdempotencyMismatch):
                await verb.take(other)


async def test_keeps_a_part_a_part_when_the_rest_is_taken_later(verb):
    """Both take 15.00, and only the second of them all that was left."""
    await verb.take("15.00", "a part")
    done, _ = await verb.take("15.00")
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch):
            await verb.take(None, "a part")
        assert await verb.take(None) == (done, True)
        assert (await verb.take("15.00", "a part"))[1]


async def test_keeps_a_part_a_part_while_the_rest_is_left(verb):
    await verb.take("15.00", "a part")
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch):
            await verb.take(None, "a part")


@pytest.mark.parametrize(("first", "second"), [(None, 3_000), (3_000, None)])
async def test_takes_both_forms_for_the_same_content_within_a_batch(actor, verb, first, second):
    outcomes = await carry_out(
        actor, verb.instruction(first), verb.instruction(second), verb.instruction(2_999), verb.instruction(first)
    )
    assert kinds(outcomes) == [True, "replayed", IdempotencyMismatch, "replayed"]
    async with nothing_changes():
        again = await carry_out(actor, verb.instruction(second), verb.instruction(2_999), verb.instruction(first))
    assert kinds(again) == ["replayed", IdempotencyMismatch, "replayed"]
    assert again[0].object == outcomes[0].object


async def test_means_what_those_before_it_in_a_batch_left(actor, verb):
    outcomes = await carry_out(
        actor,
        verb.instruction(1_100, "a part"),
        verb.instruction(None),
        verb.instruction(1_900),
        verb.instruction(3_000),
        verb.instruction(None, "a part"),
    )
    assert kinds(outcomes) == [True, True, "replayed", IdempotencyMismatch, IdempotencyMismatch]
    async with nothing_changes():
        again = await carry_out(
            actor, verb.instruction(1_900), verb.instruction(3_000), verb.instruction(None, "a part")
        )
    assert kinds(again) == ["replayed", IdempotencyMismatch, IdempotencyMismatch]


async def test_gives_the_key_of_a_refused_form_to_the_next(actor, verb):
    outcomes = await carry_out(actor, verb.instruction(3_001), verb.instruction(3_000), verb.instruction(None))
    assert kinds(outcomes) == [Invalid, True, "replayed"]
    async with nothing_changes():
        assert kinds(await carry_out(actor, verb.instruction(None))) == ["replayed"]


@pytest.mark.parametrize("first", [None, "30.00"])
async def test_repeats_what_an_earlier_version_did_in_the_form_in_which_it_was_sent(verb, first):
    done, _ = await verb.take(first)
    await pool().execute("UPDATE idempotency_keys SET other_hash = NULL")
    async with nothing_changes():
        assert await verb.take(first) == (done, True)
        with pytest.raises(IdempotencyMismatch):
            await verb.take("29.99")


async def test_tells_reversals_with_other_reasons_apart(actor, pair):
    transfer = made((await carry_out(actor, post(actor, *pair, 3_000)))[0])
    await carry_out(actor, reverse(actor, transfer.id, "key", "twice"))
    async with nothing_changes():
        outcomes = await carry_out(
            actor,
            reverse(actor, transfer.id, "key", "twice", 3_000),
            reverse(actor, transfer.id, "key", "wrong", 3_000),
            reverse(actor, transfer.id, "key", None, 3_000),
        )
    assert kinds(outcomes) == ["replayed", IdempotencyMismatch, IdempotencyMismatch]


async def test_tells_other_transfers_and_holds_of_the_same_amount_apart(actor, pair):
    transfers = [made(one) for one in await carry_out(actor, *(post(actor, *pair, 3_000) for _ in range(2)))]
    holds = [made(one) for one in await carry_out(actor, *(place(actor, *pair, 3_000) for _ in range(2)))]
    first = await carry_out(actor, reverse(actor, transfers[0].id, "key"), release(actor, holds[0].id, "key"))
    assert kinds(first) == [True, True]
    async with nothing_changes():
        for minor_units in (None, 3_000):
            outcomes = await carry_out(
                actor,
                reverse(actor, transfers[1].id, "key", minor_units=minor_units),
                release(actor, holds[1].id, "key", minor_units),
            )
            assert kinds(outcomes) == [IdempotencyMismatch, IdempotencyMismatch]


@pytest.mark.parametrize(("first", "second"), [(None, 1_500), (1_500, None)])
async def test_means_all_that_captures_and_adjustments_left(actor, pair, first, second):
    hold = made((await carry_out(actor, place(actor, *pair, 3_000)))[0])
    before = await carry_out(actor, capture(actor, hold.id, 500, "a", final=False), adjust(actor, hold.id, 2_000, "b"))
    assert kinds(before) == [True, True]
    released = made((await carry_out(actor, release(actor, hold.id, "key", first)))[0])
    assert (released.status, released.released) == (HoldStatus.CAPTURED, 1_500)
    async with nothing_changes():
        again = await carry_out(
            actor, release(actor, hold.id, "key", second), capture(actor, hold.id, None, "a", final=False)
        )
    assert kinds(again) == ["replayed", IdempotencyMismatch]


@pytest.mark.parametrize(("first", "second"), [(None, 2_000), (2_000, None)])
async def test_captures_all_that_releases_left(actor, pair, first, second):
    hold = made((await carry_out(actor, place(actor, *pair, 3_000)))[0])
    await carry_out(actor, release(actor, hold.id, "part", 1_000))
    captured = made((await carry_out(actor, capture(actor, hold.id, first, "key")))[0])
    async with nothing_changes():
        again = await carry_out(actor, capture(actor, hold.id, second, "key"), capture(actor, hold.id, 1_000, "key"))
    assert kinds(again) == ["replayed", IdempotencyMismatch]
    assert again[0].object == captured


async def test_takes_no_capture_for_one_of_all_that_released_the_rest(actor, pair):
    hold = made((await carry_out(actor, place(actor, *pair, 3_000)))[0])
    await carry_out(actor, release(actor, hold.id, "part", 1_000))
    await carry_out(actor, capture(actor, hold.id, 1_500, "key"))
    async with nothing_changes():
        assert kinds(await carry_out(actor, capture(actor, hold.id, None, "key"))) == [IdempotencyMismatch]


async def test_takes_a_release_of_what_was_released_before_for_no_release_of_an_amount(actor, pair):
    hold = made((await carry_out(actor, place(actor, *pair, 3_000)))[0])
    await carry_out(actor, release(actor, hold.id))
    assert kinds(await carry_out(actor, release(actor, hold.id, "key"))) == ["replayed"]
    assert await fetchval("SELECT other_hash FROM idempotency_keys WHERE key = 'key'") is None
    async with nothing_changes():
        assert kinds(await carry_out(actor, release(actor, hold.id, "key", 3_000))) == [IdempotencyMismatch]

"""Draining: each piece of work on its own, none lost, whatever the others do."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from app.db.connection import fetchval
from app.kernel.actor import Via
from app.kernel.errors import LimitExceeded
from app.outbox import drain as module
from app.outbox.drain import JITTER, RETRY_SECONDS, Unavailable, drain_messages, retry_after

LEASE = timedelta(minutes=10)


@pytest.fixture
def _rare_retries(monkeypatch):
    """Nothing that failed falls due again by itself, however long the test takes."""
    monkeypatch.setattr(module, "RETRY_SECONDS", (3600, 3600, 3600))


async def drain(handler, **options):
    handlers = {"work": handler} if callable(handler) else handler
    return await drain_messages(handlers, **{"budget_seconds": 600, "lease": LEASE, **options})


async def test_does_what_is_due_and_strikes_it_off(actor, promised, messages):
    resources = await promised(5)
    done = []

    async def work(by, message):
        done.append((by.customer_id, by.via, by.request_id, message.resource_id))

    assert await drain(work) == 5
    assert sorted(done) == sorted((actor.customer_id, Via.WORKER, "request-1", resource) for resource in resources)
    assert await messages() == {}


async def test_answers_at_once_when_nothing_is_due(database):
    assert await drain({}) == 0


async def test_does_more_than_fits_side_by_side(promised, messages):
    await promised(23)
    most, under_way = 0, 0

    async def work(_by, _message):
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1

    assert await drain(work, concurrency=5) == 23
    assert most == 5
    assert await messages() == {}


async def test_lets_a_slow_piece_delay_no_other(promised, messages):
    slow, *_ = await promised(10)
    others_are_done, done = asyncio.Event(), []

    async def work(_by, message):
        if message.resource_id == slow:
            await others_are_done.wait()
        done.append(message.resource_id)
        if len(done) == 9:
            others_are_done.set()

    assert await drain(work, concurrency=2) == 10
    assert done[-1] == slow
    assert await messages() == {}


async def test_takes_up_at_once_what_is_promised_while_a_slow_piece_is_under_way(promised):
    (slow,) = await promised()
    look_again, new_is_done = asyncio.Event(), asyncio.Event()

    async def work(_by, message):
        if message.resource_id == slow:
            await promised()
            look_again.set()
            await new_is_done.wait()
        else:
            new_is_done.set()

    assert await drain(work, look_again=look_again) == 2


@pytest.mark.usefixtures("_rare_retries")
async def test_records_what_went_wrong_and_tries_again(promised, messages, let_time_pass):
    good, bad = await promised(2)

    async def work(_by, message):
        if message.resource_id == bad and message.attempt_count < 3:
            raise ZeroDivisionError("the fault \x00 \ud800")

    assert await drain(work) == 1
    kept = await messages()
    assert list(kept) == [bad]
    assert (kept[bad]["status"], kept[bad]["attempt_count"]) == ("PENDING", 1)
    assert kept[bad]["last_error"] == "ZeroDivisionError: the fault  ?"
    assert await drain(work) == 0  # Not due yet.

    await let_time_pass()
    assert await drain(work) == 0
    assert (await messages())[bad]["attempt_count"] == 2
    await let_time_pass()
    assert await drain(work) == 1
    assert await messages() == {}
    assert good != bad


@pytest.mark.usefixtures("_rare_retries")
@pytest.mark.parametrize(
    "expected", [Unavailable("nobody there"), LimitExceeded("The ledger is busy.", retry_after_seconds=1.0)]
)
async def test_tells_in_a_line_what_is_expected_to_pass(promised, caplog, expected):
    await promised()

    async def work(_by, _message):
        raise expected

    assert await drain(work) == 0
    (told,) = [record for record in caplog.records if record.name == "app.outbox.drain"]
    assert told.exc_info is None
    assert str(expected) in told.getMessage()


async def test_keeps_as_dead_what_fails_for_good(promised, messages, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", ())
    (resource_id,) = await promised()

    async def work(_by, _message):
        raise Unavailable("nobody there")

    assert await drain(work) == 0
    kept = (await messages())[resource_id]
    assert (kept["status"], kept["last_error"]) == ("DEAD", "Unavailable: nobody there")


@pytest.mark.usefixtures("_rare_retries")
async def test_gives_up_a_piece_that_takes_longer_than_its_lease(promised, messages):
    (resource_id,) = await promised()
    ended = []

    async def work(_by, _message):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    assert await drain(work, lease=timedelta(seconds=0.05)) == 0
    kept = (await messages())[resource_id]
    assert ended == [True]
    assert (kept["status"], kept["last_error"]) == ("PENDING", "TimeoutError: ")


async def test_leaves_work_of_unknown_kinds_to_a_worker_that_knows_it(promised, messages, let_time_pass):
    (unknown,) = await promised(kind="work of the future")
    for _ in range(3):
        assert await drain({}) == 0
        await let_time_pass()
    kept = (await messages())[unknown]
    assert kept["status"] == "PENDING"
    assert kept["last_error"] == "this worker knows no work of the kind work of the future"
    assert kept["attempt_count"] == 0  # Nobody has tried.

    done = []

    async def work(_by, message):
        done.append((message.resource_id, message.attempt_count))

    assert await drain({"work of the future": work}) == 1
    assert done == [(unknown, 1)]


async def test_claims_nothing_more_when_told_to_stop_but_finishes_what_it_began(promised, messages):
    await promised(6)
    stop, done = asyncio.Event(), []

    async def work(_by, message):
        stop.set()
        await asyncio.sleep(0.01)
        done.append(message.resource_id)

    assert await drain(work, concurrency=2, stop=stop) == 2
    assert len(done) == 2
    assert len(await messages()) == 4


async def test_claims_nothing_when_its_budget_is_used_up(promised, messages):
    await promised(2)
    assert await drain({}, budget_seconds=0) == 0
    assert {kept["attempt_count"] for kept in (await messages()).values()} == {0}


async def test_ends_what_is_under_way_when_it_is_cancelled_and_loses_nothing(promised, messages, let_time_pass):
    await promised(4)
    begun, ended = asyncio.Barrier(5), []

    async def hang(_by, message):
        try:
            await begun.wait()
            await asyncio.Event().wait()
        finally:
            ended.append(message.resource_id)

    draining = asyncio.create_task(drain(hang))
    await begun.wait()
    draining.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await draining

    assert draining.cancelled()
    assert len(ended) == 4
    assert {kept["status"] for kept in (await messages()).values()} == {"PENDING"}

    async def work(_by, _message):
        pass

    await let_time_pass()  # The leases end.
    assert await drain(work) == 4
    assert await messages() == {}


async def test_does_each_piece_once_among_several_drains(promised, messages):
    resources = await promised(40)
    done = []

    async def work(_by, message):
        await asyncio.sleep(0.001)
        done.append(message.resource_id)

    counts = await asyncio.gather(*(drain(work, concurrency=4) for _ in range(4)))
    assert sum(counts) == 40
    assert sorted(done) == sorted(resources)
    assert await messages() == {}


async def test_does_not_count_as_done_what_another_did_meanwhile(promised, let_time_pass):
    await promised()

    async def lose_the_lease(_by, _message):
        await let_time_pass()
        assert await drain(do_it) == 1

    async def do_it(_by, _message):
        pass

    assert await drain(lose_the_lease) == 0
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0


class TestRetryAfter:
    @pytest.mark.parametrize("attempt_count", [1, 2, 11, len(RETRY_SECONDS)])
    def test_varies_by_a_fifth_around_the_schedule(self, attempt_count):
        scheduled = RETRY_SECONDS[attempt_count - 1]
        waits = {retry_after(attempt_count).total_seconds() for _ in range(200)}
        assert scheduled * (1 - JITTER) <= min(waits) < max(waits) <= scheduled * (1 + JITTER)

    def test_is_none_when_out_of_retries(self):
        assert retry_after(len(RETRY_SECONDS) + 1) is None

    def test_goes_on_for_two_days(self):
        assert RETRY_SECONDS[:5] == (1, 2, 4, 8, 15)
        assert list(RETRY_SECONDS) == sorted(RETRY_SECONDS)
        assert 48 * 3600 <= sum(RETRY_SECONDS) <= 50 * 3600

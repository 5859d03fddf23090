import asyncio

import pytest

from app.api.deadlines import Deadlines


async def take(deadlines, awaiting):
    with deadlines.start():
        return await awaiting


async def test_lets_what_is_quick_pass_and_keeps_nothing_of_it():
    deadlines = Deadlines(30)
    assert await asyncio.gather(*(take(deadlines, asyncio.sleep(0, n)) for n in range(100))) == list(range(100))
    assert deadlines._open == {}


async def test_ends_each_block_that_takes_too_long_and_no_other():
    deadlines = Deadlines(1)
    endless = [asyncio.create_task(take(deadlines, asyncio.Event().wait())) for _ in range(3)]
    await asyncio.sleep(0.5)
    later = asyncio.Event()
    deadlines._seconds = 3600  # Of what begins from now on: a slow machine is not too slow for it.
    patient = asyncio.create_task(take(deadlines, later.wait()))
    outcomes = await asyncio.gather(*endless, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 3
    assert [task.cancelling() for task in endless] == [0] * 3
    later.set()
    assert await patient is True
    assert deadlines._open == {}


async def test_ends_blocks_that_begin_after_others_were_ended():
    deadlines = Deadlines(0.02)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await take(deadlines, asyncio.Event().wait())


async def test_lets_a_cancellation_from_elsewhere_be_one():
    deadlines = Deadlines(30)
    task = asyncio.create_task(take(deadlines, asyncio.Event().wait()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert deadlines._open == {}


async def test_prefers_a_cancellation_from_elsewhere_to_its_own():
    deadlines = Deadlines(0.02)

    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            asyncio.current_task().cancel()
            raise

    task = asyncio.create_task(take(deadlines, stubborn()))
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_lets_errors_of_the_block_through():
    async def fails():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await take(Deadlines(30), fails())


def test_serves_one_event_loop_after_another():
    deadlines = Deadlines(0.02)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            asyncio.run(take(deadlines, asyncio.Event().wait()))
        assert asyncio.run(take(deadlines, asyncio.sleep(0, "done"))) == "done"

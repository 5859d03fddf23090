"""Tasks are ended in time, and what was stopped meanwhile is not run on."""

import asyncio

import pytest

from app.kernel.tasks import end_tasks, run_unless


async def forever():
    await asyncio.Event().wait()


async def test_waits_for_what_ends_in_time_and_cancels_the_rest():
    quick, slow = asyncio.create_task(asyncio.sleep(0.01)), asyncio.create_task(forever())
    await end_tasks((quick, None, slow), grace_seconds=0.2)
    assert (quick.done(), quick.cancelled(), slow.cancelled()) == (True, False, True)


async def test_cancels_at_once_without_grace():
    quick = asyncio.create_task(asyncio.sleep(0.01))
    await end_tasks([quick])
    assert quick.cancelled()


async def test_ignores_what_they_raise():
    async def fail():
        raise RuntimeError("it fails")

    failing = asyncio.create_task(fail())
    await end_tasks([failing], grace_seconds=60)
    assert isinstance(failing.exception(), RuntimeError)


async def test_gives_the_result_of_what_ends_before_the_stop():
    async def work():
        return 7

    assert await run_unless(asyncio.Event(), work()) == 7


async def test_lets_a_failure_through():
    async def fail():
        raise RuntimeError("it fails")

    with pytest.raises(RuntimeError, match="it fails"):
        await run_unless(asyncio.Event(), fail())


async def test_cancels_the_work_when_it_is_stopped_and_waits_for_its_end():
    stopped, ended = asyncio.Event(), []

    async def work():
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    running = asyncio.create_task(run_unless(stopped, work()))
    await asyncio.sleep(0)
    stopped.set()
    assert await running is None
    assert ended == [True]

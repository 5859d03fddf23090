"""Tasks are ended in time, and what was stopped meanwhile is not run on."""

import asyncio

import pytest

from app.kernel.tasks import end_tasks, run_unless, within


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


async def test_runs_a_last_step_in_a_task_that_nobody_has_cancelled():
    cancellations = []

    async def last_step():
        cancellations.append(asyncio.current_task().cancelling())

    async def works():
        try:
            await forever()
        finally:
            cancellations.append(asyncio.current_task().cancelling())
            await within(60, last_step())

    working = asyncio.create_task(works())
    await asyncio.sleep(0)
    await end_tasks([working])
    assert cancellations == [1, 0]


async def test_ends_a_last_step_that_takes_too_long():
    steps = []

    async def last_step():
        try:
            await forever()
        finally:
            steps.append("ended")

    async def works():
        try:
            await forever()
        finally:
            try:
                await within(0.01, last_step())
            except TimeoutError:
                steps.append("what comes after it")

    working = asyncio.create_task(works())
    await asyncio.sleep(0)
    await end_tasks([working])
    assert steps == ["ended", "what comes after it"]


async def test_answers_what_a_last_step_does_and_raises_what_it_raises():
    async def fail():
        raise RuntimeError("it fails")

    assert await within(60, asyncio.sleep(0, "done")) == "done"
    with pytest.raises(RuntimeError, match="it fails"):
        await within(60, fail())

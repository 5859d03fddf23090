"""Many requests share one timer, and each ends in its own time."""

import asyncio

import pytest

from app.webhooks.deliveries.deadlines import Deadlines

LONG = 60.0


async def request(deadlines, *, seconds=LONG):
    with deadlines.begin():
        await asyncio.sleep(seconds)
    return "answered"


async def test_ends_with_a_timeout_what_takes_too_long():
    with pytest.raises(TimeoutError):
        await request(Deadlines(0.05))
    assert asyncio.current_task().cancelling() == 0


async def test_ends_each_in_its_turn_and_leaves_alone_what_is_answered():
    deadlines = Deadlines(0.3)
    first = asyncio.create_task(request(deadlines))
    quick = asyncio.create_task(request(deadlines, seconds=0))
    await asyncio.sleep(0.15)
    second = asyncio.create_task(request(deadlines))
    ended = []
    for task in (first, second):
        task.add_done_callback(ended.append)
    assert await quick == "answered"
    for slow in (first, second):
        with pytest.raises(TimeoutError):
            await slow
    assert ended == [first, second]
    assert deadlines._running == {}
    assert await request(deadlines, seconds=0) == "answered"
    deadlines.stop_timer()


async def test_lets_another_cancellation_go_on_even_with_the_deadline():
    """As when the process ends just then."""
    deadlines = Deadlines(0.01)
    task = asyncio.create_task(request(deadlines))
    await asyncio.sleep(0)
    [deadline] = deadlines._running
    deadline.pass_now()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    deadlines.stop_timer()


async def test_counts_no_time_while_it_is_paused():
    deadlines = Deadlines(0.1)
    with deadlines.begin() as deadline:
        left = deadline.pause()
        await asyncio.sleep(0.3)
        deadline.go_on(left)
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), deadlines.begin() as deadline:
        deadline.go_on(deadline.pause())
        await asyncio.sleep(LONG)


async def test_cancels_nothing_after_it_is_left():
    deadlines = Deadlines(0.05)
    with deadlines.begin() as deadline:
        deadline.go_on(deadline.pause())
    await asyncio.sleep(0.1)
    assert asyncio.current_task().cancelling() == 0


async def test_counts_only_what_was_not_paused_where_it_is_paused_twice():
    deadlines = Deadlines(0.2)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError), deadlines.begin() as deadline:
        for _ in range(2):
            left = deadline.pause()
            await asyncio.sleep(0.3)
            deadline.go_on(left)
        await asyncio.sleep(60)
    assert 0.8 <= asyncio.get_running_loop().time() - began < 10

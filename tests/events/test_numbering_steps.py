"""Few events are numbered at once, many in larger steps."""

import asyncio
from uuid import UUID

import pytest

from app.events import numbering_steps
from app.events.numbering_steps import CUSTOMERS_MAX, PAUSE_SECONDS_MAX, NumberingSteps

ONE, OTHER = UUID(int=1), UUID(int=2)


def load(steps, per_second, *, seconds=10, step_seconds=0.05, now=1000.0):
    """So many events a second, numbered without any pause; answers when the last were."""
    for _ in range(int(seconds / step_seconds)):
        now += step_seconds
        steps.note(ONE, int(per_second * step_seconds), now=now)
    return now


def test_numbers_at_once_what_comes_after_a_rest():
    steps = NumberingSteps()
    assert steps.pause_seconds(ONE, now=1000.0) == 0
    steps.note(ONE, 0, now=1000.0)
    steps.note(ONE, 2_000, now=1000.0)
    assert steps.pause_seconds(ONE, now=1000.001) > 0.2
    assert steps.pause_seconds(ONE, now=1003.0) == 0
    assert not steps.is_busy(now=1003.0)


@pytest.mark.parametrize("per_second", [20, 100, 250, 280])
def test_never_waits_at_a_light_load(per_second):
    steps = NumberingSteps()
    now = load(steps, per_second)
    assert steps.pause_seconds(ONE, now=now) == 0
    assert not steps.is_busy(now=now)


def test_waits_longer_the_more_there_are_and_never_longer_than_its_limit():
    pauses = []
    for per_second in (350, 450, 550, 2_000, 20_000):
        steps = NumberingSteps()
        now = load(steps, per_second)
        assert steps.is_busy(now=now)
        pauses.append(steps.pause_seconds(ONE, now=now))
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[1] < pauses[2] < PAUSE_SECONDS_MAX
    assert pauses[3:] == [pytest.approx(PAUSE_SECONDS_MAX)] * 2


def test_a_busy_customer_makes_no_other_wait():
    steps = NumberingSteps()
    now = load(steps, 5_000)
    assert steps.pause_seconds(OTHER, now=now) == 0


def test_remembers_so_many_customers_and_those_of_the_last_steps():
    steps = NumberingSteps()
    for number in range(CUSTOMERS_MAX):
        steps.note(UUID(int=number), 1_000, now=1000.0)
    steps.note(UUID(int=0), 1_000, now=1000.0)
    steps.note(UUID(int=CUSTOMERS_MAX), 1_000, now=1000.0)
    assert len(steps._recent) == CUSTOMERS_MAX
    assert steps.pause_seconds(UUID(int=0), now=1000.0) > 0
    assert steps.pause_seconds(UUID(int=1), now=1000.0) == 0


async def test_numbers_in_steps_while_many_come(monkeypatch):
    """What comes during a pause is numbered by the step after it."""
    waiting, taken = 0, []

    async def number_waiting(_customer_id):
        nonlocal waiting
        taken.append(waiting)
        waiting = 0
        return taken[-1]

    monkeypatch.setattr(numbering_steps, "number_waiting", number_waiting)
    steps = NumberingSteps()
    waiting = 5_000
    assert await steps.number(ONE)
    for _ in range(10):
        waiting += 100
        assert not await steps.number(ONE)
    assert taken == [5_000]
    await steps.until_next(ONE)
    while not await steps.number(ONE):
        await asyncio.sleep(0.001)
    assert taken == [5_000, 1_000]

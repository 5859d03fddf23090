"""Parts start and stop in one order, whatever fails."""

import asyncio

import pytest

from app.kernel.part import Background, Part, side_by_side


class Told(Part):
    """A part that tells of its steps, and fails in one of them if it is to."""

    grace_seconds = 3.0

    def __init__(self, steps, name="part", *, fails_to=None):
        self.steps = steps
        self.name = name
        self.fails_to = fails_to

    def tell(self, step):
        self.steps.append(f"{self.name}: {step}")
        if step == self.fails_to:
            raise RuntimeError(f"{self.name} cannot {step}")

    async def start(self):
        self.tell("start")

    def take_no_more(self):
        self.tell("take no more")

    async def finish(self, grace_seconds):
        self.tell(f"finish in {grace_seconds:g} s")

    async def let_go(self):
        self.tell("let go")


async def test_takes_its_steps_in_one_order():
    steps = []
    async with Told(steps):
        steps.append("block")
    assert steps == ["part: start", "block", "part: take no more", "part: finish in 3 s", "part: let go"]


async def test_stops_the_inner_part_first():
    steps = []
    async with Told(steps, "outer"), Told(steps, "inner"):
        steps.clear()
    assert [step.partition(":")[0] for step in steps] == ["inner"] * 3 + ["outer"] * 3


async def test_lets_go_and_stops_the_outer_part_though_the_inner_cannot_finish():
    steps = []
    with pytest.raises(RuntimeError, match="inner cannot finish"):
        async with Told(steps, "outer"), Told(steps, "inner", fails_to="finish in 3 s"):
            steps.clear()
    assert steps == [
        "inner: take no more",
        "inner: finish in 3 s",
        "inner: let go",
        "outer: take no more",
        "outer: finish in 3 s",
        "outer: let go",
    ]


async def test_stops_at_once_what_could_not_start():
    steps = []
    with pytest.raises(RuntimeError, match="part cannot start"):
        async with Told(steps, fails_to="start"):
            steps.append("block")
    assert steps == ["part: start", "part: take no more", "part: finish in 0 s", "part: let go"]


async def test_stops_all_side_by_side_though_one_cannot():
    steps = []
    with pytest.raises(RuntimeError, match="one cannot take no more"):
        async with side_by_side(Told(steps, "one", fails_to="take no more"), Told(steps, "other")):
            steps.clear()
    assert sorted(steps) == [
        "one: let go",
        "one: take no more",
        "other: finish in 3 s",
        "other: let go",
        "other: take no more",
    ]


async def test_waits_for_the_slowest_of_those_side_by_side_only():
    begun = asyncio.Barrier(2)

    class Slow(Part):
        async def finish(self, grace_seconds):
            await begun.wait()  # One after the other they would wait for ever.

    async with asyncio.timeout(60):
        async with side_by_side(Slow(), Slow()):
            pass


async def test_runs_coroutines_during_the_block():
    running = []

    async def run():
        running.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            running.clear()

    stopped = asyncio.Event()
    async with Background(run()) as background:
        await asyncio.sleep(0)
        assert running == [True]
        stopped.set()
        await background.until(stopped)
    assert running == []


async def test_tells_of_a_coroutine_that_ends_by_a_fault():
    async def fail():
        raise RuntimeError("it fails")

    with pytest.raises(RuntimeError, match="it fails"):
        async with Background(asyncio.Event().wait(), fail()) as background:
            await background.until(asyncio.Event())

import asyncio

import pytest

from app.api.operations.shared import Shared


class Source:
    """Counts how often it was asked; answers when it is let go."""

    def __init__(self):
        self.asked = 0
        self.go = asyncio.Event()
        self.fault = None

    async def make(self):
        self.asked += 1
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return self.asked


async def test_makes_one_answer_for_a_thousand_who_ask_at_once():
    source = Source()
    shared = Shared(source.make, good_for_seconds=3600)
    waiting = [asyncio.create_task(shared.get()) for _ in range(1_000)]
    await asyncio.sleep(0)
    source.go.set()
    assert await asyncio.gather(*waiting) == [1] * 1_000
    assert await shared.get() == 1
    assert source.asked == 1


async def test_makes_another_when_it_is_too_old():
    source = Source()
    source.go.set()
    shared = Shared(source.make, good_for_seconds=0)
    assert [await shared.get(), await shared.get()] == [1, 2]


async def test_gives_the_answer_to_the_others_when_one_goes_away():
    source = Source()
    shared = Shared(source.make, good_for_seconds=3600)
    first, second = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.go.set()
    assert await second == 1


async def test_keeps_no_fault():
    source = Source()
    source.go.set()
    source.fault = OSError("away")
    shared = Shared(source.make, good_for_seconds=3600)
    with pytest.raises(OSError, match="away"):
        await shared.get()
    source.fault = None
    assert await shared.get() == 2

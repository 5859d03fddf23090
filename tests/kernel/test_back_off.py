import asyncio

from app.kernel.back_off import BackOff


def test_doubles_up_to_the_longest_and_begins_again_after_a_reset():
    back_off = BackOff(0.5, 3.0)
    assert [back_off.lengthen() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert (back_off.seconds, back_off.is_first) == (3.0, False)
    back_off.reset()
    assert (back_off.seconds, back_off.is_first) == (0.5, True)


async def test_waits_each_pause(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    back_off = BackOff(0.1, 0.2)
    for _ in range(3):
        await back_off.pause()
    assert waited == [0.1, 0.2, 0.2]

"""Things begin one by one, with a time between them."""

import asyncio

from app.webhooks.deliveries.spacing import Spacing


async def test_lets_each_wait_for_its_time():
    spacing, began, now = Spacing(0.02), [], asyncio.get_running_loop().time

    async def one():
        await spacing.wait()
        began.append(now())

    first = now()
    await asyncio.gather(*(one() for _ in range(4)))
    assert all(at - first >= place * 0.02 - 0.001 for place, at in enumerate(began))


async def test_lets_one_go_on_at_once_that_comes_later():
    spacing, now = Spacing(0.02), asyncio.get_running_loop().time
    await spacing.wait()
    await asyncio.sleep(0.03)
    waiting = asyncio.create_task(spacing.wait())
    next_at = spacing._next_at
    await waiting
    assert spacing._next_at >= next_at  # Counted from now, and not from when the one before began.
    assert spacing._next_at > now() - 0.02


async def test_keeps_none_waiting_once_it_is_over():
    spacing = Spacing(3600)
    assert not spacing.is_over
    waiting = [asyncio.create_task(spacing.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    spacing.end()
    await asyncio.gather(*waiting, spacing.wait())
    assert spacing.is_over

"""Things begin one by one, with a time between them."""

import asyncio

from app.webhooks.deliveries.spacing import Spacing


async def test_lets_each_wait_for_its_time():
    spacing, began, now = Spacing(0.02, wait_seconds_max=10), [], asyncio.get_running_loop().time

    async def one():
        await spacing.wait()
        began.append(now())

    first = now()
    await asyncio.gather(*(one() for _ in range(4)))
    assert all(at - first >= place * 0.02 - 0.001 for place, at in enumerate(began))


async def test_counts_anew_after_a_time_in_which_nobody_came():
    spacing, now = Spacing(0.05, wait_seconds_max=10), asyncio.get_running_loop().time
    await spacing.wait()
    await asyncio.sleep(0.2)
    first = now()
    await spacing.wait()
    await spacing.wait()
    assert now() - first >= 0.05 - 0.001  # The turns that nobody took are not made up for.


async def test_lets_none_wait_longer_than_the_maximum():
    spacing = Spacing(3600, wait_seconds_max=0.01)
    async with asyncio.timeout(60):
        await asyncio.gather(*(spacing.wait() for _ in range(5)))


async def test_keeps_none_waiting_once_it_is_over():
    spacing = Spacing(3600, wait_seconds_max=3600)
    assert not spacing.is_over
    waiting = [asyncio.create_task(spacing.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    spacing.end()
    await asyncio.gather(*waiting, spacing.wait())
    assert spacing.is_over

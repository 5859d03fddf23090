"""Ending tasks, and waiting for what may be stopped meanwhile."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def end_tasks(tasks: Iterable["asyncio.Task[Any] | None"], *, grace_seconds: float = 0.0) -> None:
    """Give these tasks this long to end, then cancel them, and wait for their end. What they raise is ignored."""
    left = [task for task in tasks if task is not None]
    if left and grace_seconds > 0:
        await asyncio.wait(left, timeout=grace_seconds)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def run_unless(stopped: asyncio.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result of this work. If `stopped` is set before it has ended, the work is cancelled and the answer is None.

    :raises Exception: what the work raised.
    """
    working, waiting = asyncio.create_task(work), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await end_tasks((working, waiting))


async def within(seconds: float, step: Coroutine[Any, Any, Result]) -> Result:
    """The result of this step, which runs in a task of its own: for what is still to be done after a cancellation,
    such as closing a connection.

    In a task that was cancelled, `asyncio.timeout` of Python before 3.11.3 (Debian 12 has 3.11.2) cancels once more
    where it should raise `TimeoutError`, as does what libraries take in its place: whatever comes behind is left out.

    :raises TimeoutError: it takes longer; it is cancelled.
    """
    return await asyncio.wait_for(asyncio.create_task(step), seconds)

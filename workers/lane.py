"""A lane runs one kind of drain, one at a time in a process. Anybody may start it when there may be work."""

import asyncio
import logging
import time

from app.db.away import BUSY, DATABASE_UNUSABLE
from app.kernel.back_off import BackOff
from app.kernel.part import Drain, Part
from app.kernel.tasks import end_tasks

logger = logging.getLogger(__name__)

BUDGET_SECONDS = 20.0
LINGER_SECONDS = 1.0
PAUSE_SECONDS_MIN = 0.1
PAUSE_SECONDS_MAX = 5.0
GRACE_SECONDS = 8.0
COLLISIONS_MAX = 5
"""How often in a row a drain runs again at once because other transactions were in its way."""
COLLISION_PAUSE_SECONDS_MIN = 0.01
COLLISION_PAUSE_SECONDS_MAX = 0.16


class Lane(Part):
    """Drains, and drains again if asked to meanwhile. A run belongs to the process, not to the job that asked. When the
    lane stops, so does its drain.
    """

    def __init__(self, name: str, drain: Drain, *, grace_seconds: float = GRACE_SECONDS) -> None:
        self.name = name
        self.grace_seconds = grace_seconds
        self._drain = drain
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._back_off = BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
        self._collisions = 0
        self._collision_back_off = BackOff(COLLISION_PAUSE_SECONDS_MIN, COLLISION_PAUSE_SECONDS_MAX)
        self.runs = 0
        """How often it was started. Compare two readings to see a start."""

    @property
    def is_running(self) -> bool:
        """Whether a drain is running, or about to run again."""
        return self._task is not None and not self._task.done()

    def wake(self, *, linger: bool = False) -> "asyncio.Task[None] | None":
        """Start a run, or have the running one look again; returns the run. None: the lane is stopping.

        With `linger` the run waits a second for more after its last piece of work, so that new work is taken at once.
        """
        if self._is_stopping:
            return None
        if self._task is not None and not self._task.done():
            self._asked.set()
            self._drain.look_again()
            return self._task
        self.runs += 1
        self._task = asyncio.create_task(self._run(linger=linger), name=f"lane {self.name}")
        return self._task

    def take_no_more(self) -> None:
        """Start no run, and let the present one end soon."""
        self._is_stopping = True
        self._drain.take_no_more()
        self._asked.set()
        self._drain.look_again()

    async def finish(self, grace_seconds: float) -> None:
        """Let the present run end, then what it has left under way."""
        await end_tasks((self._task,), grace_seconds=grace_seconds)
        await self._drain.finish(grace_seconds)

    async def let_go(self) -> None:
        """Let the drain close what it holds."""
        await self._drain.let_go()

    async def _run(self, *, linger: bool) -> None:
        until = time.monotonic() + BUDGET_SECONDS
        while not self._is_stopping and (remaining := until - time.monotonic()) > 0:
            self._asked.clear()
            if await self._drain_once(remaining) and not await self._is_asked_again(linger=linger):
                return
        # Asked at the very end of the budget. The sweep would find the work too, but a second later.
        if self._asked.is_set() and not self._is_stopping:
            asyncio.get_running_loop().call_soon(self.wake)

    async def _drain_once(self, budget_seconds: float) -> bool:
        """Whether it succeeded, or is left to the next sweep. If the database is away, waits for it; if others are in
        the way, only for a moment; any other fault is ours, and is logged.
        """
        began = time.monotonic()
        try:
            await self._drain.drain(budget_seconds=budget_seconds)
        except BUSY as error:
            return await self._is_left_after_collision(error)
        except DATABASE_UNUSABLE as error:
            if time.monotonic() - began >= PAUSE_SECONDS_MAX:  # It worked for a while, so this is a new outage.
                self._back_off.reset()
            if self._back_off.is_first:
                logger.warning("%s: the database cannot be used, trying again: %s", self.name, error)
            await self._back_off.pause()
            return False
        except Exception:
            logger.exception("%s: a drain failed in a way that should not happen", self.name)
            await asyncio.sleep(PAUSE_SECONDS_MAX)
            return False
        if not self._back_off.is_first:
            logger.info("%s: the database is back", self.name)
            self._back_off.reset()
        self._forget_collisions()
        return True

    async def _is_left_after_collision(self, error: Exception) -> bool:
        """Whether it collided too often in a row. Otherwise it runs again at once."""
        self._collisions += 1
        if self._collisions > COLLISIONS_MAX:
            logger.warning(
                "%s: other transactions are in the way, looking again with the next sweep: %s", self.name, error
            )
            self._forget_collisions()
            return True
        logger.info("%s: another transaction was in the way, running again: %s", self.name, error)
        await self._collision_back_off.pause()
        return False

    def _forget_collisions(self) -> None:
        self._collisions = 0
        self._collision_back_off.reset()

    async def _is_asked_again(self, *, linger: bool) -> bool:
        if linger:
            try:
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._asked.wait()
            except TimeoutError:
                return False
        return self._asked.is_set()

"""Several processes that serve the same, kept running by this one, and ended with it."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from typing import Any

from app.cli.exits import NoneStarted
from app.cli.process import Process
from app.embedded.supervisor import Kept, Supervisor
from app.kernel.errors import Refused
from app.kernel.tasks import end_tasks

logger = logging.getLogger(__name__)

KILLED_MAX = 5
"""How often the first process may be killed before it is ready."""
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_several(processes: Sequence[Process], *, serving: str) -> None:
    """Run these until a signal: end them, in their time; a second signal kills them. One that dies is started again.

    The first one starts alone: what keeps it from starting would keep the others too, and is told once. When it is
    ready, `serving` is logged, and the others follow.

    :raises NoneStarted: the first one ended by itself before it was ready.
    :raises Refused: it was killed again and again.
    """
    first, *others = processes
    start = _Start(first)
    supervisor = Supervisor(lambda _name, line: logger.warning("%s", line), takes_lines=False, goes_on=start.goes_on)
    told = _Told(supervisor)
    async with supervisor:
        story = asyncio.create_task(_keep_running(supervisor, start, first, others, serving))
        stop = asyncio.create_task(told.first.wait())
        try:
            waiting: set[asyncio.Future[Any]] = {story, stop, start.failed}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if story.done() and not start.failed.done():
                story.result()
                await stop
            if start.failed.done():
                start.failed.result()
            logger.info("stopping")
        finally:
            await end_tasks((story, stop))


async def _keep_running(
    supervisor: Supervisor, start: "_Start", first: Process, others: Sequence[Process], serving: str
) -> None:
    supervisor.keep(first)
    await supervisor.until_accepting(first)
    start.is_over = True
    logger.info("%s", serving)
    supervisor.keep(*others)
    await supervisor.until_accepting(*others)
    logger.info("all %d processes are ready", 1 + len(others))


class _Start:
    """Whether the first process can start at all."""

    def __init__(self, first: Process) -> None:
        self.is_over = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._first = first
        self._killed = 0

    def goes_on(self, _kept: Kept, code: int) -> bool:
        """Whether what ended is to be started again."""
        if self.is_over:
            return True
        if code > 0:
            self.failed.set_exception(NoneStarted(self._first.name, code))
            return False
        self._killed += 1
        if self._killed < KILLED_MAX:
            return True
        why = f"signal {-code}" if code else "exit code 0"
        self.failed.set_exception(
            Refused(f"{self._first.name} was ended {KILLED_MAX} times before it was ready, last by {why}: giving up.")
        )
        return False


class _Told:
    """Signals to this process: the first asks it to end, a second to hurry."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.first = asyncio.Event()
        self._supervisor = supervisor
        for number in STOPPING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._hear)

    def _hear(self) -> None:
        if self.first.is_set():
            logger.warning("told a second time: killing what still runs")
            self._supervisor.hurry()
        self.first.set()

"""Keep child processes running: one that dies is started again, with a line that says so."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Protocol, TypeVar

from app.embedded.child import Child, Launch
from app.embedded.leftovers import LeftOversRemain
from app.kernel.part import Part
from app.kernel.tasks import end_tasks

Say = Callable[[str, str], None]
Answer = TypeVar("Answer")
OURSELVES = "quaestor"
# The first restart comes at once, so that a single kill costs nothing. A program that fails again and again must wait.
BACK_OFF_SECONDS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.02
CHILDREN_MAX = 160
THREADS_OF_A_CHILD = 2  # One waits for its end, one may be ending it.
LAST_LINES_SECONDS = 0.5
LINE_BYTES_MAX = 1 << 20


class Kept(Protocol):
    """What can be kept running."""

    @property
    def name(self) -> str:
        """Names its lines."""

    def clean_up(self) -> None:
        """Called in a thread before each start; may fail with `LeftOversRemain`, and is then called again."""

    def retire(self) -> None:
        """Called in a thread once it has ended for good."""

    def launch(self) -> Launch:
        """How to start it; called before each start."""

    def accepts(self, pid: int) -> bool:
        """Whether the process of this id is ready for its clients. Called in a thread."""


def start_again(_kept: Kept, _code: int) -> bool:
    """Whatever ended, and however: start it again."""
    return True


class Supervisor(Part):
    """Starts children group by group, keeps them running, and ends the groups in the reverse order.

    All of it on the event loop of the main thread. `say(name, line)` is given every line that the child `name` prints,
    and our own lines under the name `quaestor`. With `takes_lines=False` children print where we do.

    `goes_on(kept, code)` is asked whenever a child has ended by itself, with its exit code, negative for the signal
    that ended it. If it answers False, the child is not started again.
    """

    grace_seconds = LAST_LINES_SECONDS

    def __init__(
        self, say: Say, *, takes_lines: bool = True, goes_on: Callable[[Kept, int], bool] = start_again
    ) -> None:
        self._say = say
        self._output = subprocess.PIPE if takes_lines else None
        self._goes_on = goes_on
        self._running: dict[str, Child] = {}
        self._groups: list[list[tuple[Kept, asyncio.Task[None]]]] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(CHILDREN_MAX * THREADS_OF_A_CHILD, thread_name_prefix="supervisor")

    def keep(self, *group: Kept) -> None:
        """Start these, and start each again whenever it ends."""
        assert sum(len(known) for known in self._groups) + len(group) <= CHILDREN_MAX
        self._groups.append([(kept, asyncio.create_task(self._keep(kept))) for kept in group])

    async def until_accepting(self, *several: Kept) -> None:
        """Wait, without end, until each of these accepts its clients."""
        for kept in several:
            while not await self._accepts(kept):  # noqa: ASYNC110 - another process's state, which sends no event
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def end(self, *several: Kept) -> None:
        """End these, side by side, and do not start them again."""
        ending = [entry for group in self._groups for entry in group if entry[0] in several]
        self._groups = [[entry for entry in group if entry not in ending] for group in self._groups]
        await asyncio.gather(*(self._end(kept, task) for kept, task in ending))

    async def finish(self, grace_seconds: float) -> None:
        """End everything, a group at once, the last one first. Each child has the time that its `Launch` gives it."""
        while self._groups:
            await self.end(*(kept for kept, _ in self._groups[-1]))
            self._groups.pop()
        await end_tasks(self._pumps, grace_seconds=grace_seconds)

    async def let_go(self) -> None:
        """End the threads that waited for children."""
        self._threads.shutdown(wait=False)

    def hurry(self) -> None:
        """Kill every child now; for one that is being ended, this spares the rest of the time it was given."""
        for child in self._running.values():
            child.signal(signal.SIGKILL)

    async def _accepts(self, kept: Kept) -> bool:
        child = self._running.get(kept.name)
        return child is not None and child.is_running and await self._in_thread(kept.accepts, child.pid)

    async def _end(self, kept: Kept, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait({task})
        child = self._running.get(kept.name)
        if child is not None:
            await self._in_thread(child.stop)
            del self._running[kept.name]
            with contextlib.suppress(LeftOversRemain):  # The next start ends them.
                await self._in_thread(kept.retire)

    async def _keep(self, kept: Kept) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            try:
                pid, code = await self._run_once(kept)
                if not self._goes_on(kept, code):
                    return
                what = f"(process {pid}) {_how_it_ended(code)}"
            except (LeftOversRemain, OSError) as problem:
                what = f"cannot be started: {problem}"
            if time.monotonic() - started > HEALTHY_AFTER_SECONDS:
                failures = 0
            wait_seconds = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)]
            failures += 1
            when = f"in {wait_seconds:g} s" if wait_seconds else "now"
            self._say(OURSELVES, f"{kept.name} {what}; starting it again {when}.")
            await asyncio.sleep(wait_seconds)

    async def _run_once(self, kept: Kept) -> tuple[int, int]:
        """Start it and wait for its end; answers its process id and its exit code."""
        await self._in_thread(kept.clean_up)
        launch = kept.launch()
        child = Child(launch, output=self._output)  # On the main thread: Linux ends it with its starting thread.
        self._running[kept.name] = child
        if child.stdout is not None:
            pump = asyncio.create_task(self._pump(launch, child.stdout))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)
        return child.pid, await self._in_thread(child.wait)

    async def _pump(self, launch: Launch, output: IO[bytes]) -> None:
        """Pass its lines on until it, and everything it started, has closed its output."""
        reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), output
        )
        try:
            while line := await _next_line(reader):
                text = line.decode(errors="replace").rstrip()
                if text and not launch.hides(text):
                    self._say(launch.name, text)
        finally:
            transport.close()

    async def _in_thread(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


async def _next_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        return b"(a line too long to be shown)\n"


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

"""What one process counts; of several that share a port, the sum, whichever of them is asked.

Each of several writes its counts to a file in the folder that they share. Where one was killed, the next of its number
goes on from that file. So a sum never falls, which Prometheus would take for a new start of everything.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Protocol

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric

from app.api.operations.add_up import add_up, counts_as_text, read_counts, without_gauges
from app.kernel.part import Background
from app.settings import Sibling
from app.siblings import READY, read_ready, ready_file, tell_ready

logger = logging.getLogger(__name__)

COUNTS = "counts-"
WRITE_EVERY_SECONDS = 0.25
"""What a process had counted since it last wrote is lost if it is killed."""
WRITE_PAUSE_FACTOR = 50
"""And at least as a multiple of how long writing took: so that takes up a fiftieth of the process."""

OwnMetrics = Callable[[], Iterable[Metric]]
"""The counts of one process, beside those read from the database."""


class CountsNotWritten(Exception):
    """The file of the counts cannot be written; the message says which, and why."""


class ProcessCounts(Protocol):
    """What is told beside what the database knows."""

    def metrics(self) -> Iterable[Metric]:
        """Counters, histograms, and gauges that are amounts."""

    def processes(self) -> Iterable[Metric]:
        """Memory, CPU time and the like."""


class OneProcess:
    """Of a process that has no siblings."""

    def __init__(self, own: OwnMetrics) -> None:
        self._own = own

    def metrics(self) -> Iterable[Metric]:
        """What it counted."""
        return self._own()

    def processes(self) -> Iterable[Metric]:
        """Its own."""
        return ProcessCollector(registry=None).collect()

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """There is nobody to tell."""
        yield


class SeveralProcesses:
    """Of one of several, and its siblings. To be used on the event loop alone."""

    def __init__(self, sibling: Sibling, own: OwnMetrics) -> None:
        self._sibling = sibling
        self._folder = sibling.folder
        self._own = own
        self._file = sibling.folder / f"{COUNTS}{sibling.number}.json"
        self._before = without_gauges(read_counts(self._file))
        self._written = b""
        self._fails = False
        self._is_ready = False
        """Whether it has told that it serves."""

    def metrics(self) -> Iterable[Metric]:
        """The sum over all: of this one up to now, of the others up to when they last wrote. Gauges are of those that
        serve.

        It is written before it is told, so whoever is asked next tells at least as much.

        :raises CountsNotWritten: so nothing may be told.
        """
        self._write()
        own_and_serving = {self._file, *(self._folder / f"{COUNTS}{number}.json" for number, _ in self._serving())}
        files = sorted(self._folder.glob(f"{COUNTS}*.json"))
        return add_up(
            counts if file in own_and_serving else without_gauges(counts)
            for file, counts in ((file, read_counts(file)) for file in files)
        )

    def processes(self) -> Iterable[Metric]:
        """Of each that serves now, by its number; and how many there are."""
        families: dict[str, Metric] = {}
        serving = 0
        for number, pid in self._serving():
            serving += 1
            for family in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    known.add_sample(sample.name, {**sample.labels, "process": number}, sample.value)
        count = GaugeMetricFamily("quaestor_processes", "Processes that share this port and serve now.")
        count.add_metric([], serving)
        return [*families.values(), count]

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """Keep the file up to date during the block. While that fails, the log says so, once."""
        try:
            async with Background(self._write_again_and_again()):
                yield
        finally:
            self._try_to_write()

    async def _write_again_and_again(self) -> None:
        while True:
            began = perf_counter()
            self._try_to_write()
            await asyncio.sleep(max(WRITE_EVERY_SECONDS, WRITE_PAUSE_FACTOR * (perf_counter() - began)))

    def _try_to_write(self) -> None:
        try:
            self._write()
        except CountsNotWritten as problem:
            if not self._fails:
                logger.warning("%s; trying on", problem)
            self._fails = True
        else:
            self._fails = False

    def _write(self) -> None:
        text = counts_as_text(add_up([self._before, self._own()]))
        if text != self._written or not self._file.exists():
            new = self._file.with_suffix(".new")
            try:
                new.write_bytes(text)
                new.replace(self._file)
            except OSError as problem:
                why = problem.strerror or problem
                raise CountsNotWritten(f"the counts cannot be written to {self._file}: {why}") from problem
            self._written = text
        self._tell_again()

    def _tell_again(self) -> None:
        """Tell once more that it serves, if that was removed: a folder that is made again is empty."""
        told = read_ready(ready_file(self._sibling))
        self._is_ready |= told == os.getpid()
        if self._is_ready and told is None:
            tell_ready(self._sibling)

    def _serving(self) -> Iterator[tuple[str, int]]:
        for file in sorted(self._folder.glob(f"{READY}*")):
            with contextlib.suppress(ProcessLookupError):
                if (pid := read_ready(file)) is not None:
                    os.kill(pid, 0)  # Fails if there is no such process.
                    yield file.name.removeprefix(READY), pid

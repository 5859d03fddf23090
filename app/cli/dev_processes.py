"""API and worker, as children of `quaestor dev`: as many as the machine has cores for."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from app.cli.process import Process, several
from app.settings import Settings

# Longer than `quaestor serve` gives its own requests; all that dev does to stop stays below ten seconds.
STOP = ((signal.SIGTERM, 4.5),)
CORES_OF_THE_DATABASE = 2
CORES_OF_A_WORKER = 3
"""Of so many cores that are left, one is for a worker."""
PROCESSES_MAX = 12
"""What one developer needs; each takes memory and connections."""
OF_THE_LISTENER = 1
OF_POSTINGS = 4
CONNECTIONS_BESIDE = 60
"""Of commands, `psql`, and those that PostgreSQL keeps for its superuser."""


class Counts(NamedTuple):
    """How many processes of each kind."""

    api: int
    workers: int


@dataclass(frozen=True, kw_only=True)
class OwnProcesses:
    """What to start: the API at `address`, `environment` for all, and the folder for the files of several."""

    address: str
    environment: Mapping[str, str]
    folder: Path
    counts: Counts
    with_kafka: bool = False

    def processes(self) -> list[Process]:
        """API and workers, and the door of Kafka if asked for. All may be started before their servers: they wait
        until dev is ready.
        """
        api = self._process("api", "serve", *(["--reuse-port"] if self.counts.api > 1 else []), answers="/readyz")
        return [
            *several(api, self.counts.api, self.folder / "api"),
            *several(self._process("worker", "worker"), self.counts.workers, self.folder / "worker"),
            *([self._process("kafka", "kafka")] if self.with_kafka else []),
        ]

    def _process(self, name: str, *command: str, answers: str | None = None) -> Process:
        return Process(
            name=name,
            arguments=(sys.executable, "-m", "app.cli.main", *command, "--after-dev"),
            stop=STOP,
            environment=self.environment,
            ready_address=None if answers is None else f"{self.address}{answers}",
        )


def counts_for_this_machine() -> Counts:
    """One process for each core, but two cores are for the database; at least one API and one worker."""
    left = min(_cores() - CORES_OF_THE_DATABASE, PROCESSES_MAX)
    workers = max(left // CORES_OF_A_WORKER, 1)
    return Counts(max(left - workers, 1), workers)


def connections_of(counts: Counts, settings: Settings) -> int:
    """How many connections PostgreSQL must allow for them."""
    processes = counts.api + counts.workers + (settings.kafka_bootstrap_servers is not None)
    return processes * (settings.database_pool_size + OF_POSTINGS + OF_THE_LISTENER) + CONNECTIONS_BESIDE


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

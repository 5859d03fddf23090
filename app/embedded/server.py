"""What the embedded servers have in common: how they start and stop."""

import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from app.embedded.child import Child, Launch
from app.embedded.socket_folder import discard_socket_folder

LOOK_EVERY_SECONDS = 0.02


class NotStarted(Exception):
    """The server ended, or took too long, before it accepted connections."""


class EmbeddedServer(ABC):
    """A server that runs as our child, with its files in the data folder.

    `start` and `stop` are all that tests and short commands need. `quaestor dev` calls `prepare` once, then keeps what
    `launch` says running, with `clean_up` before each start.
    """

    name: str

    def __init__(self, data_folder: Path) -> None:
        self.data_folder = data_folder.resolve()
        self._child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect to."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what the first start needs. From the main thread."""

    @abstractmethod
    def clean_up(self) -> None:
        """End and remove what a killed server left.

        :raises LeftOversRemain: not yet possible; try again.
        """

    @abstractmethod
    def launch(self) -> Launch:
        """How to start the prepared server."""

    @abstractmethod
    def accepts(self, pid: int) -> bool:
        """Whether the server with this process id accepts connections."""

    @property
    def pid(self) -> int:
        """The process id of the server that `start` started."""
        assert self._child is not None, "not started"
        return self._child.pid

    def start(self, *, timeout_seconds: float = 60, output: Any = subprocess.DEVNULL) -> None:
        """Start, and return once connections are accepted. `output` takes its log: a file or descriptor, None for ours.

        :raises NotStarted: it ended, or did not accept connections in time; it does not run.
        :raises EmbeddedMissing, NotOurData, OSError: it cannot be started here.
        """
        assert self._child is None, "already started"
        self.prepare()
        self.clean_up()
        child = Child(self.launch(), output=output)
        deadline = time.monotonic() + timeout_seconds
        while not self.accepts(child.pid):
            if not child.is_running or time.monotonic() > deadline:
                raise NotStarted(f"{self.name} did not start in {self.data_folder} (it ended with {child.stop()}).")
            time.sleep(LOOK_EVERY_SECONDS)
        self._child = child

    def stop(self) -> None:
        """End it, orderly if it can. Nothing of it runs afterwards."""
        if self._child is not None:
            self._child.stop()
            self._child = None
            self.retire()

    def retire(self) -> None:
        """Leave nothing behind but the data, once it has ended."""
        self.clean_up()
        discard_socket_folder(self.data_folder)

"""Our own processes as children: the API and workers, one of each or several that serve the same."""

import contextlib
import errno
import http.client
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from app.embedded.child import Launch
from app.settings import Sibling
from app.siblings import read_ready, ready_file

PROCESSES_MAX = 64
ANSWERS_WITHIN_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Process:
    """One of our own processes: a command of this program, and the address that answers when it is ready, if any.

    `stop` is as in `Launch`. A `sibling` tells by its file that it is ready.
    """

    name: str
    arguments: tuple[str, ...]
    stop: tuple[tuple[signal.Signals, float], ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_address: str | None = None
    sibling: Sibling | None = None

    def clean_up(self) -> None:
        """Forget that the one before it was ready. A folder that was removed with old temporary files is made again.

        :raises PermissionError: somebody else has made it.
        """
        if self.sibling is not None:
            folder = self.sibling.folder
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            if folder.lstat().st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, "the folder of its counts was replaced by another user", str(folder))
            ready_file(self.sibling).unlink(missing_ok=True)

    def retire(self) -> None:
        """Nothing to do: these processes leave nothing behind."""

    def launch(self) -> Launch:
        """How to start it."""
        return Launch(self.name, self.arguments, {"PYTHONUNBUFFERED": "1", **self.environment}, stop=self.stop)

    def accepts(self, pid: int) -> bool:
        """Whether it has told that it is ready, and its address answers 200; one without either is ready when it
        runs.
        """
        if self.sibling is not None and read_ready(ready_file(self.sibling)) != pid:
            return False
        return self.ready_address is None or _answers(self.ready_address)


def several(one: Process, count: int, folder: Path) -> list[Process]:
    """So many of this kind, named by their numbers; of one alone, just that. They share the folder, which is made."""
    if count == 1:
        return [one]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    siblings = [Sibling(number, folder) for number in range(1, count + 1)]
    return [
        replace(
            one,
            name=f"{one.name}-{sibling.number}",
            environment={**one.environment, **sibling.environment},
            sibling=sibling,
        )
        for sibling in siblings
    ]


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWERS_WITHIN_SECONDS)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False

"""The data folder: who has locked it, where its servers listen, and the secrets made in it."""

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

LOCK = "lock"
RUNNING = "running.json"
API_KEY = "api-key"
SECRET_KEY = "secret-key"  # noqa: S105 - a file's name
METRICS_KEY = "metrics-key"
# Exists in the data folder from before the first customer is made until it has its key and its data.
UNFINISHED = "first-customer-unfinished"
# Exists there until money has moved through the demo data, which waits for the worker.
WITHOUT_MONEY = "demo-data-without-money"
# Checking the lock takes it for microseconds. A process that keeps it writes its own id right after taking it.
TRY_FOR_SECONDS = 1.0
TRY_EVERY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """The process that has locked a data folder.

    `command` is `dev` for one that serves until it is stopped, else the name of a short command. `address` is the
    API's, empty for a short command. The URLs are None until the servers accept connections, and where they are
    not embedded.
    """

    pid: int
    command: str
    address: str
    database_url: str | None = None
    redis_url: str | None = None
    ready: bool = False


class DataFolderTaken(Exception):
    """Another process has locked the data folder. The message names its id and address, if it is known."""

    def __init__(self, folder: Path, process: RunningProcess | None) -> None:
        whom = "an unknown process" if process is None else f"process {process.pid} (quaestor {process.command})"
        where = f" at {process.address}" if process is not None and process.address else ""
        super().__init__(
            f"The data folder {folder} is in use by {whom}{where}. "
            "Stop that one first, or choose another folder with --data-dir."
        )


class DataFolder:
    """A locked data folder: no other process can lock it until the end of the `with` block or of this process."""

    def __init__(self, path: Path, process: RunningProcess) -> None:
        self.path = path
        self._process = process

    def announce(self, *, database_url: str | None, redis_url: str | None) -> None:
        """Tell others where the servers listen, now that they accept connections."""
        mine = self._process
        self._process = RunningProcess(mine.pid, mine.command, mine.address, database_url, redis_url, ready=True)
        self.write_process()

    def write_process(self) -> None:
        """Say who has locked the folder."""
        write_private(self.path / RUNNING, json.dumps(asdict(self._process)))


@contextmanager
def lock(path: Path, *, command: str, address: str = "") -> Iterator[DataFolder]:
    """Take the data folder, making it (mode 0700) if need be.

    :raises DataFolderTaken: another process has it.
    :raises OSError: it can be neither made nor written.
    """
    path = path.resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + TRY_FOR_SECONDS
        while not _try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise DataFolderTaken(path, _read_process(path))
            time.sleep(TRY_EVERY_SECONDS)
        folder = DataFolder(path, RunningProcess(os.getpid(), command, address))
        folder.write_process()
        try:
            yield folder
        finally:
            (path / RUNNING).unlink(missing_ok=True)
    finally:
        os.close(descriptor)  # This also releases the lock.


def running_servers(path: Path) -> RunningProcess | None:
    """Who has locked this data folder and where its servers listen; None if nobody does."""
    path = path.resolve()
    try:
        descriptor = os.open(path / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        deadline = time.monotonic() + TRY_FOR_SECONDS
        while not _try_lock(descriptor, fcntl.LOCK_SH):
            process = _read_process(path)
            if process is not None or time.monotonic() > deadline:
                return process
            time.sleep(TRY_EVERY_SECONDS)
        return None
    finally:
        os.close(descriptor)


def secret_key(path: Path) -> str:
    """The data folder's secret key, made once: 64 hexadecimal digits."""
    return _made_once(path / SECRET_KEY)


def metrics_key(path: Path) -> str:
    """The data folder's key to the metrics, made once: 64 hexadecimal digits."""
    return _made_once(path / METRICS_KEY)


def read_api_key(path: Path) -> str | None:
    """The first customer's key; None if it is not in the data folder."""
    file = path / API_KEY
    return file.read_text(encoding="utf-8").strip() if file.exists() else None


def _made_once(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_hex(32))
    return file.read_text(encoding="ascii").strip()


def write_private(file: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)


def _try_lock(descriptor: int, how: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        return True
    return False


def _read_process(path: Path) -> RunningProcess | None:
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        return RunningProcess(**json.loads((path / RUNNING).read_text(encoding="utf-8")))
    return None

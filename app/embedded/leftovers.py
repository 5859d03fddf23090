"""Find and end the processes that a killed server left behind.

A backend of PostgreSQL that is busy when its postmaster is killed goes on, may even commit, and keeps every new
postmaster from starting. We have no handle to it any more, so it is found by its command line.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_SECONDS = 0.05
ASKED_WITHIN_SECONDS = 3.0
KILLED_WITHIN_SECONDS = 10.0


class LeftOversRemain(Exception):
    """Processes of a dead server cannot be ended yet; the message names them. Try again."""


@dataclass(frozen=True, slots=True)
class FoundProcess:
    """A process of this machine. `started` tells it from a later one with the same id."""

    pid: int
    started: str
    arguments: tuple[str, ...]


def end_leftovers(is_ours: Callable[[FoundProcess], bool], ask: signal.Signals = signal.SIGQUIT) -> list[int]:
    """End every process that `is_ours` recognizes: with `ask`, after three seconds with SIGKILL. Returns those it
    ended.

    :raises LeftOversRemain: some still run ten seconds after SIGKILL (they wait for a disk, say).
    """
    ended = {process.pid for process in _send(ask, is_ours)}
    if not _gone_within(ASKED_WITHIN_SECONDS, is_ours):
        ended |= {process.pid for process in _send(signal.SIGKILL, is_ours)}
        if not _gone_within(KILLED_WITHIN_SECONDS, is_ours):
            remaining = ", ".join(str(process.pid) for process in all_processes() if is_ours(process))
            raise LeftOversRemain(f"processes of a dead server cannot be ended yet: {remaining}")
    return sorted(ended)


def all_processes() -> Iterator[FoundProcess]:
    """Every process but ourselves, those without a command line (of the kernel, or dead) left out."""
    found = _from_proc() if sys.platform == "linux" else _from_ps()
    return (process for process in found if process.pid != os.getpid() and process.arguments)


def find_process(pid: int) -> FoundProcess | None:
    """The process of this id, if it runs."""
    return next((process for process in all_processes() if process.pid == pid), None)


def _gone_within(seconds: float, is_ours: Callable[[FoundProcess], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_ours(process) for process in all_processes()):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_SECONDS)
    return True


def _send(number: signal.Signals, is_ours: Callable[[FoundProcess], bool]) -> list[FoundProcess]:
    found = [process for process in all_processes() if is_ours(process)]
    for process in found:
        with contextlib.suppress(ProcessLookupError):
            _send_to(process, number)
    return found


def _send_to(process: FoundProcess, number: signal.Signals) -> None:
    if sys.platform != "linux":
        os.kill(process.pid, number)
        return
    # The descriptor stands for the process it was opened for, even if the id is given to another one meanwhile.
    handle = os.pidfd_open(process.pid)
    try:
        now = _read_proc(process.pid)
        if now is not None and now.started == process.started:
            signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)


def _from_proc() -> Iterator[FoundProcess]:
    for entry in os.listdir("/proc"):  # noqa: PTH208 - the names are all that is wanted
        if entry.isdigit() and (process := _read_proc(int(entry))) is not None:
            yield process


def _read_proc(pid: int) -> FoundProcess | None:
    folder = Path("/proc") / str(pid)
    try:
        line = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0")
        # The second field is the program's name in brackets, which may hold blanks and brackets itself.
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    state, started = fields[0], fields[19]
    if state in "ZX":
        return None
    return FoundProcess(pid, started, tuple(line.split("\0")) if line else ())


def _from_ps() -> Iterator[FoundProcess]:
    table = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,lstart=,command="], capture_output=True, text=True, check=True
    ).stdout
    for line in table.splitlines():
        # `lstart` is five words: Sat Nov 21 04:06:16 2026.
        pid, *rest = line.split(None, 6)
        if len(rest) == 6:  # noqa: PLR2004 - five words and the command
            yield FoundProcess(int(pid), " ".join(rest[:5]), tuple(rest[5].split(" ")))

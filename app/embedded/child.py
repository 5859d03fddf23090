"""A child process that ends when we end, even by kill -9."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.embedded.system_user import SystemUser
from app.settings import environment_with

LAUNCHER = Path(__file__).with_name("launch_child.py")
KILLED_WITHIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start, and how to stop it.

    `stop` lists the signals that ask it to end, each with the seconds it is given; SIGKILL follows the last.
    `death_signal` is sent to it when our process ends. `user` is whom to run as; None is whoever we are.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    user: SystemUser | None = None
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 4.0),)
    death_signal: signal.Signals = signal.SIGKILL
    hides: Callable[[str], bool] = lambda _line: False


class Child:
    """A started `Launch`. Starts in a process group of its own, so that Ctrl-C reaches us alone and we choose the
    order.

    Must be started from the main thread: Linux ends children with the *thread* that started them.
    """

    def __init__(self, launch: Launch, *, output: int | IO[bytes] | None = None, lifeline: bool | None = None) -> None:
        assert threading.current_thread() is threading.main_thread(), "children are started from the main thread"
        self.launch = launch
        self._closing = threading.Lock()
        uses_pipe = sys.platform != "linux" if lifeline is None else lifeline
        reading, self._lifeline = os.pipe() if uses_pipe else (-1, -1)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(LAUNCHER),
                    str(os.getpid()),
                    str(int(launch.death_signal)),
                    launch.user.as_argument() if launch.user else "-",
                    str(reading) if uses_pipe else "-",
                    *launch.arguments,
                ],
                env=environment_with(launch.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                pass_fds=(reading,) if uses_pipe else (),
                process_group=0,
            )
        finally:
            if uses_pipe:
                os.close(reading)

    @property
    def pid(self) -> int:
        """Its process id, from the start."""
        return self._process.pid

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it prints, when started with `output=subprocess.PIPE`."""
        return self._process.stdout

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Its exit code, negative for the signal that ended it.

        :raises TimeoutError: it still runs after `timeout_seconds`.
        """
        try:
            code = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired as expired:
            raise TimeoutError(f"{self.launch.name} still runs after {timeout_seconds} s") from expired
        self._let_go()
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens if it has ended."""
        self._process.send_signal(number)

    def stop(self) -> int:
        """Ask it to end, ever more firmly, and answer its exit code."""
        for number, seconds in (*self.launch.stop, (signal.SIGKILL, KILLED_WITHIN_SECONDS)):
            self.signal(number)
            with contextlib.suppress(TimeoutError):
                return self.wait(seconds)
        return self.wait()

    def _let_go(self) -> None:
        with self._closing:
            lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)

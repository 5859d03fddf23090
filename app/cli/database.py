"""Which servers a command talks to: those of the settings, of a running `quaestor dev`, or one started for a moment."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from app.db.reachable import check_reachable
from app.embedded.data_folder import DataFolderTaken, RunningProcess, lock, running_servers
from app.embedded.postgres import EmbeddedPostgres
from app.kernel.errors import NotReachable
from app.settings import Settings

WAIT_FOR_LOCK_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
SERVING = "dev"


@asynccontextmanager
async def operator_database(settings: Settings, *, command: str = "command") -> AsyncIterator[str]:
    """The URL of the operator's database, which answers for as long as the block lasts.

    It is `DATABASE_URL`, else that of the `quaestor dev` running on the data folder, else that of a PostgreSQL that is
    started on the data of an earlier `dev`, and runs while the block does. No new database is made: in the wrong folder
    it would look like an installation. Two commands that start their own take turns. `command` is the name that others
    see meanwhile.

    :raises NotReachable: there is no database.
    :raises DatabaseUnreachable: it does not answer.
    :raises DataFolderTaken: another process has locked the data folder, and does not become ready within a minute.
    """
    if settings.database_url is not None:
        await check_reachable(settings.database_url)
        yield settings.database_url
        return
    with ExitStack() as locked:
        dev = await _dev_or_lock(settings.data_dir, command, locked)
        if dev is not None:
            yield _database_of(dev)
            return
        with _own_postgres(settings.data_dir) as url:
            yield url


@contextmanager
def _own_postgres(data_dir: Path) -> Iterator[str]:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


async def _dev_or_lock(data_dir: Path, command: str, locked: ExitStack) -> RunningProcess | None:
    """The `dev` that serves the data folder, once it is ready; None when the folder is ours, until `locked` closes."""
    deadline = time.monotonic() + WAIT_FOR_LOCK_SECONDS
    while True:
        running = running_servers(data_dir)
        if running is not None and running.command == SERVING and running.ready:
            return running
        if running is None and not EmbeddedPostgres(data_dir).is_made:
            raise NotReachable(_no_database(data_dir))
        try:
            locked.enter_context(lock(data_dir, command=command))
        except DataFolderTaken:  # By a `dev` that is starting, or by another command.
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        else:
            return None


def _no_database(data_dir: Path) -> str:
    return (
        f"There is no database: DATABASE_URL is not set, and there is none in the data folder {data_dir.resolve()}. "
        "Set DATABASE_URL, or name the data folder of your installation with --data-dir or QUAESTOR_DATA_DIR. "
        "A new installation is made by `quaestor dev`."
    )


def _database_of(dev: RunningProcess) -> str:
    if dev.database_url is None:
        raise NotReachable(
            f"The `quaestor dev` of process {dev.pid} uses a database from outside: set DATABASE_URL to the same one."
        )
    return dev.database_url

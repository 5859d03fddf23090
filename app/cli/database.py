"""Which servers a command talks to: those of the settings, of a running `quaestor dev`, or its own for a moment."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from app.cli.exits import NotReachable
from app.db.migrate import migrate
from app.embedded.data_folder import DataFolderTaken, Holder, hold, running_servers
from app.embedded.postgres import EmbeddedPostgres
from app.settings import Settings

CONNECT_TIMEOUT_SECONDS = 10
WAIT_FOR_HOLDER_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
SERVING = "dev"


@asynccontextmanager
async def operator_database(
    settings: Settings, *, command: str = "command", migrates: bool = True
) -> AsyncIterator[str]:
    """The URL of the operator's database, which answers for as long as the block lasts.

    It is `DATABASE_URL`, else that of the `quaestor dev` running on the data folder, else of a PostgreSQL started on
    the data folder for the time of the block; that last one is migrated first, unless `migrates` is false. Two
    commands that start their own take turns. `command` is the name that others are told meanwhile.

    :raises NotReachable: the database does not answer.
    :raises DataFolderTaken: another process holds the data folder, and does not become ready within a minute.
    """
    if settings.database_url is not None:
        await check_reachable(settings.database_url)
        yield settings.database_url
        return
    with ExitStack() as held:
        dev = await _dev_or_hold(settings.data_dir, command, held)
        if dev is not None:
            yield _database_of(dev)
            return
        async with _own_postgres(settings.data_dir, migrates=migrates) as url:
            yield url


async def check_reachable(url: str) -> None:
    """Connect once.

    :raises NotReachable: nobody answers there, or who does lets us not in.
    """
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as problem:
        raise NotReachable(
            f"The database of DATABASE_URL does not answer: {str(problem) or 'no answer in time'}"
        ) from problem
    await connection.close()


@asynccontextmanager
async def _own_postgres(data_dir: Path, *, migrates: bool) -> AsyncIterator[str]:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        if migrates:
            await migrate(server.url)
        yield server.url
    finally:
        server.stop()


async def _dev_or_hold(data_dir: Path, command: str, held: ExitStack) -> Holder | None:
    """The `dev` that serves the data folder, once it is ready; None when the folder is ours, until `held` closes."""
    deadline = time.monotonic() + WAIT_FOR_HOLDER_SECONDS
    while True:
        holder = running_servers(data_dir)
        if holder is not None and holder.command == SERVING and holder.ready:
            return holder
        try:
            held.enter_context(hold(data_dir, command=command))
        except DataFolderTaken:  # By a `dev` that is starting, or by another command.
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        else:
            return None


def _database_of(dev: Holder) -> str:
    if dev.database_url is None:
        raise NotReachable(
            f"The `quaestor dev` of process {dev.pid} uses a database from outside: set DATABASE_URL to the same one."
        )
    return dev.database_url

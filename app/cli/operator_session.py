"""A command of the operator: the database of `operator_database`, open for the verbs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.cli.database import operator_database
from app.cli.exits import Refused
from app.db.connection import close_database, open_database
from app.db.migrate import pending
from app.db.notifications import notifications
from app.settings import Settings

APPLICATION_NAME = "quaestor-cli"
POOL_SIZE = 2


@asynccontextmanager
async def operator_session(settings: Settings, *, command: str) -> AsyncIterator[None]:
    """Open the operator's database for the time of the block; what it changes is announced to running processes.

    :raises Refused: its schema is not current.
    :raises NotReachable, DataFolderTaken: see `operator_database`.
    """
    async with operator_database(settings, command=command) as url:
        if await pending(url):
            raise Refused("The database's schema is not current: run `quaestor migrate` first.")
        await open_database(url, pool_size=POOL_SIZE, application_name=APPLICATION_NAME)
        try:
            await notifications().start(url, application_name=APPLICATION_NAME)
            try:
                yield
            finally:
                await notifications().stop()
        finally:
            await close_database()

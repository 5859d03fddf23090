"""What API, workers and commands that use the database have running: the parts, in the order in which they start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.access.look_up_key import open_look_ups
from app.access.note_last_use import finish_noting_last_use, open_notes
from app.access.remembered_keys import remembered_keys
from app.db.connection import close_database, open_database
from app.db.notifications import notifications
from app.journal.coalescer import ROUND_CUSTOMERS_MAX, close_coalescer, open_coalescer
from app.kernel.part import Part


@asynccontextmanager
async def database_for(
    application_name: str, url: str, *, pool_size: int, round_customers_max: int = ROUND_CUSTOMERS_MAX
) -> AsyncIterator[None]:
    """Run the pool, the listening connection, the notes about keys, and the queue of the journal during the block. One
    statement serves `round_customers_max` customers at most.

    At its end, waiting postings are finished, then the last uses of keys are noted, then announcements are sent, then
    the pool closes; each step runs even if one before it failed.

    :raises OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    async with (
        _Pool(url, pool_size, application_name),
        notifications().at(url, application_name=application_name),
        _Keys(round_customers_max),
        _Postings(round_customers_max),
    ):
        yield


class _Pool(Part):
    def __init__(self, url: str, pool_size: int, application_name: str) -> None:
        self._url, self._pool_size, self._application_name = url, pool_size, application_name

    async def start(self) -> None:
        await open_database(self._url, pool_size=self._pool_size, application_name=self._application_name)

    async def let_go(self) -> None:
        await close_database()


class _Keys(Part):
    def __init__(self, customers_max: int) -> None:
        self._customers_max = customers_max

    async def start(self) -> None:
        open_look_ups(together_max=self._customers_max)
        open_notes(together_max=self._customers_max)

    async def finish(self, grace_seconds: float) -> None:  # noqa: ARG002 - notes are short statements
        await finish_noting_last_use()

    async def let_go(self) -> None:
        remembered_keys.forget_all()


class _Postings(Part):
    def __init__(self, round_customers_max: int) -> None:
        self._round_customers_max = round_customers_max

    async def start(self) -> None:
        open_coalescer(round_customers_max=self._round_customers_max)

    async def finish(self, grace_seconds: float) -> None:  # noqa: ARG002 - the queue has a limit of its own
        await close_coalescer()

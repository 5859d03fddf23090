"""The long-lived parts of a process that uses the database, with one order of start and stop for API, worker, commands.

Each part is a block (`async with`). It has started when its block begins. When the block ends, it takes nothing new,
and finishes or gives back what it had, within seconds. Blocks end in reverse order.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.access.note_last_use import finish_noting_last_use
from app.access.remembered_keys import remembered_keys
from app.db.connection import close_database, open_database
from app.db.notifications import notifications
from app.journal.coalescer import close_coalescer


@asynccontextmanager
async def database_for(application_name: str, url: str, *, pool_size: int) -> AsyncIterator[None]:
    """Run the pool, the listening connection and the queue of the journal during the block.

    At its end, waiting postings are finished, then the last uses of keys are noted, then announcements are sent, then
    the pool closes; each step runs even if one before it failed.

    :raises OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    async with AsyncExitStack() as stack:
        await open_database(url, pool_size=pool_size, application_name=application_name)
        stack.push_async_callback(close_database)
        await notifications().start(url, application_name=application_name)
        stack.push_async_callback(notifications().stop)
        stack.callback(remembered_keys.forget_all)
        stack.push_async_callback(finish_noting_last_use)
        stack.push_async_callback(close_coalescer)
        yield

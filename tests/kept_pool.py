"""The process's pool stays open from test to test: to open one, and Tortoise, costs more than most tests do.

While `pools_are_kept`, whoever opens a pool gets the one that an earlier test has closed, if it is to the same database
and has the same options. Nobody has to know of it: a fixture, the start of the application, a command in this process.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import tortoise.context
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from app.db import reachable
from app.db.away import DATABASE_UNUSABLE

CONNECTIONS_KEPT = 4
"""Of each pool. If a test has opened more, those are closed."""
POOLS_KEPT = 8
"""Two for each set of options: those of the fixtures, the API, the worker, a command."""
DEFAULTS = {
    "connection_class": asyncpg.Connection,
    "record_class": asyncpg.Record,
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,
    "loop": None,
}
"""Those of `asyncpg.create_pool`."""
RESET_SECONDS_MAX = 5
END_SECONDS_MAX = 30

_create_pool = asyncpg.create_pool
_check_reachable = reachable.check_reachable
_init_tortoise = Tortoise.init
_close_tortoise = TortoiseContext.close_connections


class _KeptPool(asyncpg.Pool):
    """When it is closed, it refuses like any closed pool, but its connections wait to be used again."""

    def __init__(self, keeper: "_Keeper", key: str, dsn: str, options: dict[str, Any]) -> None:
        super().__init__(dsn, **{**DEFAULTS, **options})
        self._keeper = keeper
        self._key = key

    async def close(self) -> None:
        """Wait until all connections are given back, and forget what was set in their sessions.

        When a connection is given back, asyncpg rolls back what is open in it, and warns of listeners.
        """
        if self.is_closing():
            return
        self._closing = True
        try:
            await asyncio.gather(*(holder.wait_until_released() for holder in self._holders))
            connected = [holder for holder in self._holders if holder.is_connected()]
            await asyncio.gather(*(holder.close() for holder in connected[:-CONNECTIONS_KEPT]))
            await asyncio.gather(*(_forget(holder) for holder in connected[-CONNECTIONS_KEPT:]))
        except BaseException:
            self.terminate()
            raise
        finally:
            self._closed, self._closing = True, False
        await self._keeper.keep(self._key, self)

    def open_again(self) -> None:
        """Undo `close`."""
        self._closed = False

    async def end(self) -> None:
        """Close it for good.

        :raises TimeoutError: somebody still holds a connection.
        """
        self.open_again()
        async with asyncio.timeout(END_SECONDS_MAX):
            await super().close()


async def _forget(holder: Any) -> None:
    """Bring a connection's session back to what it was when it began; one that cannot is ended."""
    try:
        await holder._con.reset(timeout=RESET_SECONDS_MAX)
    except DATABASE_UNUSABLE:
        holder.terminate()


class _Keeper:
    """Keeps the pools to one database that were opened on one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._loop = asyncio.get_running_loop()
        self._kept: dict[str, _KeptPool] = {}

    def create_pool(self, dsn: str | None = None, **options: Any) -> Any:
        """What is called in place of `asyncpg.create_pool`; answers what can be awaited."""
        if dsn != self._dsn or asyncio.get_running_loop() is not self._loop:
            return _create_pool(dsn, **options)
        key = repr(sorted(options.items()))
        if kept := self._kept.pop(key, None):
            kept.open_again()
            return kept
        return _KeptPool(self, key, dsn, options)

    async def check_reachable(self, url: str) -> None:
        """What is called before anything starts; that our own server can be reached is known."""
        if url != self._dsn:
            await _check_reachable(url)

    async def keep(self, key: str, pool: _KeptPool) -> None:
        """Keep a pool that was closed; of too many, the one is ended that was not used for the longest time."""
        while len(self._kept) >= POOLS_KEPT:
            await self._kept.pop(next(iter(self._kept))).end()
        if other := self._kept.pop(key, None):
            await other.end()
        self._kept[key] = pool

    async def end(self) -> None:
        """Close them all for good."""
        while self._kept:
            await self._kept.popitem()[1].end()


class _KeptTortoise:
    """Tortoise's models as they were first made ready on this event loop; they know no database, only our pool."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._context: TortoiseContext | None = None

    async def init(self, **options: Any) -> TortoiseContext:
        """What is called in place of `Tortoise.init`."""
        if asyncio.get_running_loop() is not self._loop:
            # Else it would close what it finds here, which belongs to our loop.
            tortoise.context._current_context.set(None)
            return await _init_tortoise(**options)
        if self._context is None:
            tortoise.context._current_context.set(None)
            self._context = await _init_tortoise(**options)
        else:
            tortoise.context.set_global_context(self._context)
            self._context.__enter__()
        return self._context

    async def close(self, context: TortoiseContext) -> None:
        """What is called in place of its `close_connections`: the next may open it."""
        if context is not self._context:
            await _close_tortoise(context)
        elif tortoise.context._global_context is context:
            tortoise.context._global_context = None

    async def end(self) -> None:
        """Close it for good."""
        if self._context is not None:
            await _close_tortoise(self._context)


@asynccontextmanager
async def pools_are_kept(dsn: str) -> AsyncIterator[None]:
    """Keep the pools to this database until the end of the block, and Tortoise with them."""
    keeper, models = _Keeper(dsn), _KeptTortoise()

    async def close(context: TortoiseContext) -> None:
        await models.close(context)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(asyncpg, "create_pool", keeper.create_pool)
        patched.setattr(Tortoise, "init", models.init)
        patched.setattr(TortoiseContext, "close_connections", close)
        patched.setattr(reachable, "check_reachable", keeper.check_reachable)
        yield
    await keeper.end()
    await models.end()

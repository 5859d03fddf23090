"""The process's pool of connections, shared by Tortoise and by hand-written SQL; and a few that plan by key."""

import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import asyncpg
import orjson
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.context import TortoiseContext

from app.db.reachable import CONNECT_TIMEOUT_SECONDS
from app.db.traced_connection import TracedConnection
from app.kernel.tasks import within
from app.kernel.tracing import tracing

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Record = asyncpg.Record

COMMAND_TIMEOUT_SECONDS = 30
CLOSE_TIMEOUT_SECONDS = 5
LOCK_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "30s"

MODEL_MODULES = ("app.access.models", "app.holders.models", "app.ledgers.models", "app.webhooks.models")

SERVER_SETTINGS = {
    "jit": "off",  # Compiling costs more than any query of ours.
    "timezone": "UTC",
    "default_transaction_isolation": "read committed",  # All code that locks and then reads relies on it.
    "lock_timeout": LOCK_TIMEOUT,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
}

# One plan for each statement, that does not depend on statistics of a table that was empty then: look-up by key.
BY_KEY_SETTINGS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
BY_KEY_CONNECTIONS_MAX = 4
"""More than rounds of batches are under way at the same time. They are opened when they are first needed."""
BY_KEY_LOCK_TIMEOUT = "100ms"
"""Many customers' batches share a statement, so none waits long for a key that another process has reserved."""


class _Process:
    """The process's pools, kept here: asking Tortoise for one takes as long as taking a connection."""

    pool: "asyncpg.Pool[asyncpg.Record] | None" = None
    by_key_pool: "asyncpg.Pool[asyncpg.Record] | None" = None
    tortoise: TortoiseContext | None = None
    """Tortoise's own state. The task that closes may not be the one that opened, and may know an older state."""


async def open_database(url: str, *, pool_size: int = 10, application_name: str = "quaestor") -> None:
    """Open the process's pool at `url` (`postgresql://…`, unix sockets as `?host=/folder`).

    :raises OSError, asyncpg.PostgresError: the server cannot be reached or refuses.
    """
    _Process.tortoise = await Tortoise.init(
        config={
            "connections": {
                "default": {
                    "engine": "tortoise.backends.asyncpg",
                    # Never used: Tortoise gets the pool below, since its own parser misreads some URLs.
                    "credentials": {"host": "", "port": 0, "user": "", "password": "", "database": ""},
                }
            },
            "apps": {"app": {"models": list(MODEL_MODULES), "default_connection": "default"}},
            "use_tz": True,
            "timezone": "UTC",
        },
        _enable_global_fallback=True,
    )
    settings = {**SERVER_SETTINGS, "application_name": application_name}
    _Process.pool = await _open_pool(url, 1, pool_size, settings)
    _Process.by_key_pool = await _open_pool(
        url, 0, BY_KEY_CONNECTIONS_MAX, {**settings, **BY_KEY_SETTINGS, "lock_timeout": BY_KEY_LOCK_TIMEOUT}
    )
    _client()._pool = _Process.pool  # noqa: SLF001 - Tortoise uses the pool it finds here


async def _open_pool(
    url: str, min_size: int, max_size: int, server_settings: dict[str, str]
) -> "asyncpg.Pool[asyncpg.Record]":
    return await asyncpg.create_pool(
        dsn=url,
        min_size=min_size,
        max_size=max_size,
        init=_prepare_connection,
        reset=_keep_as_it_is,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        server_settings=server_settings,
        connection_class=TracedConnection if tracing.is_on else asyncpg.Connection,
    )


async def close_database() -> None:
    """Close the pools, by force where a connection is still held after five seconds."""
    opened, state = (_Process.by_key_pool, _Process.pool), _Process.tortoise
    _Process.by_key_pool = _Process.pool = _Process.tortoise = None
    if state is not None:
        _client_of(state)._pool = None  # noqa: SLF001
    for one in opened:
        if one is not None:
            try:
                await within(CLOSE_TIMEOUT_SECONDS, one.close())
            except TimeoutError:
                one.terminate()
    if state is not None:
        await state.close_connections()


def pool() -> "asyncpg.Pool[asyncpg.Record]":
    """The process's pool."""
    opened = _Process.pool
    assert opened is not None, "open_database() comes first"
    return opened


def by_key_pool() -> "asyncpg.Pool[asyncpg.Record]":
    """The process's few connections for statements that commit by themselves and name each row by its key. See
    `transaction(by_key=True)`, which does the same for a transaction.
    """
    opened = _Process.by_key_pool
    assert opened is not None, "open_database() comes first"
    return opened


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How a pool of this process is used now. It opens connections as they are needed, `size_max` at most."""

    name: str
    in_use: int
    idle: int
    waiting: int
    """Tasks that wait for a connection."""
    size_max: int


def pools_in_use() -> list[PoolUse]:
    """The use of each of the process's pools; none while the database is not open."""
    opened = {"main": _Process.pool, "by_key": _Process.by_key_pool}
    return [_use_of(name, one) for name, one in opened.items() if one is not None]


def _use_of(name: str, opened: "asyncpg.Pool[asyncpg.Record]") -> PoolUse:
    idle, waiting = opened.get_idle_size(), opened._queue._getters  # type: ignore[attr-defined] # noqa: SLF001
    return PoolUse(
        name,
        in_use=opened.get_size() - idle,
        idle=idle,
        waiting=sum(not one.done() for one in waiting),
        size_max=opened.get_max_size(),
    )


class Reader(Protocol):
    """Replaces the pool for reads while an answer is made from one snapshot: see `app.db.snapshot`."""

    @property
    def has_begun(self) -> bool:
        """Whether it may hold a connection."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows of a statement."""

    async def fetchrow(self, sql: str, *arguments: Any) -> Record | None:
        """The first row of a statement."""

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first value of a statement."""


reading_through: ContextVar[Reader | None] = ContextVar("what this task's reads go through", default=None)


async def fetch(sql: str, *arguments: Any) -> list[Record]:
    """Rows of a read outside any transaction, or from the snapshot of this task's answer."""
    try:
        return await (reading_through.get() or pool()).fetch(sql, *arguments)
    except asyncpg.DeadlockDetectedError as problem:
        return await _pool_again(problem).fetch(sql, *arguments)


async def fetchrow(sql: str, *arguments: Any) -> Record | None:
    """The first row of such a read."""
    try:
        return await (reading_through.get() or pool()).fetchrow(sql, *arguments)
    except asyncpg.DeadlockDetectedError as problem:
        return await _pool_again(problem).fetchrow(sql, *arguments)


async def fetchval(sql: str, *arguments: Any) -> Any:
    """The first value of such a read."""
    try:
        return await (reading_through.get() or pool()).fetchval(sql, *arguments)
    except asyncpg.DeadlockDetectedError as problem:
        return await _pool_again(problem).fetchval(sql, *arguments)


def _pool_again(problem: Exception) -> "asyncpg.Pool[asyncpg.Record]":
    """For a read that was ended because it and a migration each held a table that the other waited for. The migration
    goes on then, and the read waits for it. A snapshot is over with its read: its whole answer is made again.
    """
    if reading_through.get() is not None:
        raise problem
    return pool()


def tortoise_client() -> AsyncpgDBClient:
    """Tortoise's client on the process's pool."""
    return _client()


def _client() -> AsyncpgDBClient:
    assert _Process.tortoise is not None, "open_database() comes first"
    return _client_of(_Process.tortoise)


def _client_of(state: TortoiseContext) -> AsyncpgDBClient:
    return cast("AsyncpgDBClient", state.connections.get("default"))


async def _keep_as_it_is(_connection: Connection) -> None:
    """Skip the reset of a returned connection, which costs a round trip. Our code changes settings only for a
    transaction (SET LOCAL), and asyncpg itself rolls back an open one.
    """


async def _prepare_connection(connection: Connection) -> None:
    """Read jsonb as Python values and NUMERIC as `int`, never as a float or a rounding Decimal."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_json, decoder=orjson.loads, format="text"
    )
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=_encode_integer, decoder=_decode_integer, format="text"
    )


def _encode_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _encode_integer(value: int) -> str:
    return str(int(value))


def _decode_integer(text: str) -> int:
    return int(text)

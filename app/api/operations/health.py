"""Whether the process lives, and whether it can serve. Asked without a key, so it costs the same however many ask."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.api.operations.shared import Shared
from app.db.away import DATABASE_UNUSABLE
from app.db.connection import pool
from app.db.migrate import SchemaMismatch, pending_on
from app.kernel.version import VERSION
from app.settings import Settings, WrongSetting
from app.webhooks.endpoints.secret_key_check import check_secret_key

CHECK_TIMEOUT_SECONDS = 2.0
LOOP_LAG_SECONDS_MAX = 1.0
GOOD_FOR_SECONDS = 1.0
DISK_GOOD_FOR_SECONDS = 5.0
READ_ONLY = "read-only"

STATE = """
SELECT pg_is_in_recovery() AS is_standby, current_setting('default_transaction_read_only') = 'on' AS is_read_only
"""
# Half a megabyte does not fit into so little memory, so it goes to a file, which is deleted after the statement. That
# works on a standby as well, and leaves nothing behind: a table would grow, or dirty the catalog.
SPILL = "SELECT count(*) FROM generate_series(1, 20000)"
TO_DISK = "SET LOCAL work_mem = '64kB'; SET LOCAL temp_tablespaces = ''"


CHECKS = {"event_loop": False, "database": False, "schema": True, "secret_key": True, "disk": True}
"""Each check, and whether it needs a database that can be asked."""


def health_routes(settings: Settings, readiness: "Readiness | None" = None) -> list[BaseRoute]:
    """`/healthz`: the process lives, and its version. `/readyz`: 200 only when all that serving needs is fine, else
    what is not.
    """
    known = readiness or Readiness(settings)

    async def readyz(_request: Request) -> Response:
        faults = await known.faults()
        if faults:
            return JSONResponse({"status": "unavailable", "faults": faults}, status_code=503)
        return JSONResponse({"status": "ok"})

    return [health_route(), Route("/readyz", readyz)]


def health_route() -> Route:
    """`/healthz`."""
    return Route("/healthz", _healthz)


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok", "version": VERSION})


class Readiness:
    """What keeps this process from serving. Looked up at most once a second, however many ask."""

    def __init__(self, settings: Settings) -> None:
        self._secret_key, self._secret_key_old = settings.secret_key, settings.secret_key_old
        self._is_key_known = False
        self._shared = Shared(self._look, good_for_seconds=GOOD_FOR_SECONDS)
        self._disk = Shared(_disk, good_for_seconds=DISK_GOOD_FOR_SECONDS)

    async def faults(self) -> dict[str, str]:
        """Each fault by the name of the part that has it; empty when all is fine."""
        return await self._shared.get()

    async def _look(self) -> dict[str, str]:
        faults = await _faults_of({"event_loop": _event_loop, "database": _database})
        if self.can_ask(faults):
            faults |= await _faults_of({"schema": _schema, "secret_key": self._key, "disk": self._disk.get})
        return faults

    @staticmethod
    def can_ask(faults: Mapping[str, str]) -> bool:
        """Whether the database answers, though it may be read-only."""
        return faults.get("database", READ_ONLY).startswith(READ_ONLY)

    async def _key(self) -> str | None:
        """Also checked at the start; but a process may start before the schema is there."""
        if self._is_key_known or self._secret_key is None:
            return None
        async with pool().acquire() as connection:
            try:
                await check_secret_key(connection, self._secret_key, self._secret_key_old)
            except WrongSetting as wrong:
                return str(wrong)
        self._is_key_known = True
        return None


async def _faults_of(checks: Mapping[str, Callable[[], Awaitable[str | None]]]) -> dict[str, str]:
    return {name: fault for name, check in checks.items() if (fault := await _fault(check)) is not None}


async def _fault(check: Callable[[], Awaitable[str | None]]) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_SECONDS:.0f} s"
    except DATABASE_UNUSABLE as error:
        return f"not reachable: {type(error).__name__}"


async def _database() -> str | None:
    state = await pool().fetchrow(STATE)
    assert state is not None
    if state["is_standby"]:
        return f"{READ_ONLY}: it is a standby, or recovering"
    return f"{READ_ONLY}: default_transaction_read_only is on" if state["is_read_only"] else None


async def _schema() -> str | None:
    try:
        async with pool().acquire() as connection:
            lacking = await pending_on(connection)
    except SchemaMismatch as mismatch:
        return str(mismatch)
    return f"migrations are missing: {', '.join(lacking)}; run `quaestor migrate`" if lacking else None


async def _disk() -> str | None:
    """Whether PostgreSQL can still write half a megabyte beside its tables."""
    try:
        async with pool().acquire() as connection, connection.transaction():
            await connection.execute(TO_DISK)
            await connection.fetchval(SPILL)
    except asyncpg.DiskFullError:
        return "full: the database cannot write; free some space, or give it more"
    return None


async def _event_loop() -> str | None:
    before = monotonic()
    await asyncio.sleep(0)
    lag = monotonic() - before
    return f"one turn took {lag:.1f} s" if lag > LOOP_LAG_SECONDS_MAX else None

"""Whether the process lives, and whether it can serve."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.db.connection import pool
from app.db.migrate import SchemaMismatch, pending_on
from app.settings import Settings

CHECK_TIMEOUT_SECONDS = 2.0
LOOP_LAG_SECONDS_MAX = 1.0


def health_routes(_settings: Settings) -> list[BaseRoute]:
    """`/healthz`: the process lives. `/readyz`: 200 only when database, schema and event loop are fine."""
    return [Route("/healthz", _healthz), Route("/readyz", _readyz)]


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(_request: Request) -> Response:
    checks = {"database": _database, "schema": _schema, "event_loop": _event_loop}
    faults = {name: fault for name, check in checks.items() if (fault := await _fault(check)) is not None}
    if faults:
        return JSONResponse({"status": "unavailable", "faults": faults}, status_code=503)
    return JSONResponse({"status": "ok"})


async def _fault(check: Callable[[], Awaitable[str | None]]) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_SECONDS:.0f} s"
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"not reachable: {type(error).__name__}"


async def _database() -> str | None:
    await pool().fetchval("SELECT 1")
    return None


async def _schema() -> str | None:
    try:
        async with pool().acquire() as connection:
            lacking = await pending_on(connection)
    except SchemaMismatch as mismatch:
        return str(mismatch)
    return f"migrations are missing: {', '.join(lacking)}; run `quaestor migrate`" if lacking else None


async def _event_loop() -> str | None:
    before = monotonic()
    await asyncio.sleep(0)
    lag = monotonic() - before
    return f"one turn took {lag:.1f} s" if lag > LOOP_LAG_SECONDS_MAX else None

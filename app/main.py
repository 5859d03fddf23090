"""The composition root: settings, adapters, and the ASGI application of the API."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator

import asyncpg

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.queries import is_still_valid
from app.access.remembered_keys import remembered_keys
from app.api.application import Application
from app.api.explorer.page import explorer_routes
from app.api.graphql.http import graphql_routes
from app.api.graphql.schema import schema
from app.api.host_guard import HostGuard
from app.api.operations.health import health_routes
from app.api.operations.metrics import metrics_routes
from app.api.operations.operations_port import serve_operations
from app.db.connection import close_database, fetch, open_database
from app.db.durability import check_durability
from app.db.notifications import notifications
from app.journal.coalescer import close_coalescer
from app.kernel.actor import Actor, Via
from app.kernel.request_log import request_log
from app.partners.catalog import load_catalog
from app.settings import Settings, WrongSetting, check_environment, load_settings

logger = logging.getLogger(__name__)

CONNECT_TRIES = 60
CONNECT_PAUSE_SECONDS = 0.5


def create_app(settings: Settings | None = None, *, operations: socket.socket | None = None) -> HostGuard:
    """The API as an ASGI application, behind its guard.

    `operations` is a listening socket for the operator alone, where metrics have a port of their own.

    :raises WrongSetting: a setting that is missing, or may not be what it is in this environment.
    """
    known = settings or load_settings()
    check_environment(known)
    load_catalog(known)  # A fault in the catalog stops the start, not the first request.

    async def via_graphql(authorization: str | None) -> Actor:
        return await authenticate(authorization, Via.GRAPHQL)

    application = Application(
        routes=[
            *health_routes(known),
            *metrics_routes(known),
            *graphql_routes(schema, known, via_graphql, is_still_valid),
            *explorer_routes(known),
        ],
        lifespan=lambda _app: _lifespan(known, operations),
    )
    return HostGuard(application, known)


@contextlib.asynccontextmanager
async def _lifespan(settings: Settings, operations: socket.socket | None) -> AsyncIterator[None]:
    assert settings.database_url is not None
    serving = contextlib.nullcontext() if operations is None else serve_operations(settings, operations)
    await _connect(settings.database_url, settings.database_pool_size)
    try:
        await _check_durability(settings)
        await notifications().start(settings.database_url, application_name="quaestor-api")
        async with serving:
            yield
    finally:
        request_log.flush()
        await close_coalescer()
        await finish_noting_last_use()
        remembered_keys.forget_all()
        await notifications().stop()
        await close_database()


async def _check_durability(settings: Settings) -> None:
    try:
        await check_durability(settings.environment, fetch)
    except WrongSetting as wrong:
        # By itself: what the server makes of it is a traceback.
        logger.critical("%s", wrong)
        raise


async def _connect(url: str, pool_size: int) -> None:
    """Open the pool, waiting for a database that is just starting."""
    for attempt in range(1, CONNECT_TRIES + 1):
        try:
            await open_database(url, pool_size=pool_size, application_name="quaestor-api")
        except (TimeoutError, OSError, asyncpg.CannotConnectNowError) as error:
            if attempt == CONNECT_TRIES:
                raise
            logger.warning("no database yet: %s", error)
            await asyncio.sleep(CONNECT_PAUSE_SECONDS)
        else:
            return

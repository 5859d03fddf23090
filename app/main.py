"""The composition root: settings, adapters, and the ASGI application of the API."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import asyncpg
from starlette.types import ASGIApp

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.queries import is_still_valid
from app.access.remembered_keys import remembered_keys
from app.api.explorer.page import explorer_routes
from app.api.graphql.http import GraphQLFirst, graphql_routes
from app.api.graphql.schema import schema
from app.api.rest.health import health_routes
from app.api.rest.metrics import metrics_routes
from app.db.connection import close_database, open_database
from app.db.notifications import notifications
from app.journal.coalescer import close_coalescer
from app.kernel.actor import Actor, Via
from app.partners.catalog import load_catalog
from app.settings import Environment, Settings, WrongSetting, load_settings

logger = logging.getLogger(__name__)

CONNECT_TRIES = 60
CONNECT_PAUSE_SECONDS = 0.5


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The API as an ASGI application.

    :raises WrongSetting: a setting that is missing, or may not be what it is in this environment.
    """
    known = settings or load_settings()
    check_environment(known)
    load_catalog(known)  # A fault in the catalog stops the start, not the first request.

    async def via_graphql(authorization: str | None) -> Actor:
        return await authenticate(authorization, Via.GRAPHQL)

    return GraphQLFirst(
        routes=[
            *health_routes(known),
            *metrics_routes(),
            *graphql_routes(schema, known, via_graphql, is_still_valid),
            *explorer_routes(known),
        ],
        lifespan=lambda _app: _lifespan(known),
    )


def check_environment(settings: Settings) -> None:
    """Refuse to start with what is missing, or, in LIVE, with what is unsafe.

    :raises WrongSetting: naming the variable and what it may be.
    """
    if settings.database_url is None:
        raise WrongSetting("DATABASE_URL is not set: name a PostgreSQL, or start everything with `quaestor dev`.")
    if settings.secret_key is None:
        raise WrongSetting("QUAESTOR_SECRET_KEY is not set: give at least 32 random characters.")
    if settings.environment is not Environment.LIVE:
        return
    if settings.allows_http:
        raise WrongSetting(
            "QUAESTOR_WEBHOOK_ALLOW_HTTP is true: in LIVE webhooks go to https only, so set it to false."
        )
    if settings.graphiql:
        raise WrongSetting("QUAESTOR_GRAPHIQL is true: LIVE serves no GraphiQL, so set it to false or leave it out.")
    if len(set(settings.secret_key)) < 10:  # noqa: PLR2004 - such as one letter 32 times
        raise WrongSetting("QUAESTOR_SECRET_KEY is not random: in LIVE give at least 32 random characters.")


@contextlib.asynccontextmanager
async def _lifespan(settings: Settings) -> AsyncIterator[None]:
    assert settings.database_url is not None
    await _connect(settings.database_url, settings.database_pool_size)
    await notifications().start(settings.database_url, application_name="quaestor-api")
    try:
        yield
    finally:
        await close_coalescer()
        await finish_noting_last_use()
        remembered_keys.forget_all()
        await notifications().stop()
        await close_database()


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

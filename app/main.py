"""The composition root: settings, adapters, and the ASGI application of the API."""

import contextlib
import logging
import socket
from collections.abc import AsyncIterator

from app.access.authenticate import authenticate
from app.access.queries import is_still_valid
from app.api.application import Application
from app.api.console.page import console_routes
from app.api.event_catalog.asyncapi import asyncapi_document
from app.api.explorer.page import explorer_routes
from app.api.graphql.fallback_counts import fallback_counts
from app.api.graphql.http import graphql_routes
from app.api.graphql.schema import schema
from app.api.graphql.schema_documents import schema_document_routes
from app.api.host_guard import HostGuard
from app.api.operations.health import Readiness, health_routes
from app.api.operations.metrics import metrics_routes, process_counts
from app.api.operations.operations_port import serve_operations
from app.api.operations.process_counts import OneProcess, SeveralProcesses
from app.api.operations.request_metrics import request_metrics
from app.api.operations.webhook_keys import webhook_key_routes
from app.api.rest.door import rest_routes
from app.api.rest.operations import OPERATIONS
from app.api.rest.reference import reference_routes
from app.db.connection import fetch
from app.db.durability import check_durability
from app.db.reachable import once_reachable
from app.kernel.actor import Actor, Via
from app.kernel.part import Part
from app.kernel.request_log import request_log
from app.partners.read_catalog import load_catalog
from app.process import database_for
from app.settings import Settings, WrongSetting, check_environment, load_settings, this_sibling
from app.siblings import tell_ready
from app.telemetry.traces import traces_of

logger = logging.getLogger(__name__)

APPLICATION_NAME = "quaestor-api"


def create_app(settings: Settings | None = None, *, operations: socket.socket | None = None) -> HostGuard:
    """The API as an ASGI application, behind its guard.

    `operations` is a listening socket for the operator alone, where metrics have a port of their own.

    :raises WrongSetting: a setting that is missing, or may not be what it is in this environment.
    """
    known = settings or load_settings()
    check_environment(known)
    counts = process_counts(lambda: [*request_metrics(), *fallback_counts()])
    readiness = Readiness(known)
    catalog = load_catalog(known)  # A fault in the catalog stops the start, not the first request.
    traces = traces_of(known, APPLICATION_NAME)

    async def via_graphql(authorization: str | None) -> Actor:
        return await authenticate(authorization, Via.GRAPHQL)

    async def via_rest(authorization: str | None) -> Actor:
        return await authenticate(authorization, Via.REST)

    application = Application(
        routes=[
            *health_routes(known, readiness),
            *metrics_routes(known, counts, readiness),
            *webhook_key_routes(),
            *schema_document_routes(schema),
            *graphql_routes(schema, known, via_graphql, is_still_valid),
            *rest_routes(OPERATIONS, known, catalog, via_rest),
            *reference_routes(known, via_rest, events=asyncapi_document),
            *explorer_routes(known),
            *console_routes(known),
        ],
        lifespan=lambda _app: _lifespan(known, operations, counts, traces),
    )
    return HostGuard(application, known)


@contextlib.asynccontextmanager
async def _lifespan(
    settings: Settings, operations: socket.socket | None, counts: OneProcess | SeveralProcesses, traces: Part
) -> AsyncIterator[None]:
    url = settings.database_url
    assert url is not None
    serving = contextlib.nullcontext() if operations is None else serve_operations(settings, operations, counts)
    async with traces, await once_reachable(url, lambda: _open_database(url, settings)):
        try:
            async with serving, counts.published():
                tell_ready(this_sibling())
                yield
        finally:
            request_log.flush()


async def _open_database(url: str, settings: Settings) -> contextlib.AsyncExitStack:
    """Open the database, which keeps what it commits, for the caller to close. After an error nothing is left open."""
    async with contextlib.AsyncExitStack() as opened:
        await opened.enter_async_context(
            database_for(
                APPLICATION_NAME,
                url,
                pool_size=settings.database_pool_size,
                round_customers_max=settings.customers_per_transaction,
            )
        )
        try:
            await check_durability(settings.environment, fetch)
        except WrongSetting as wrong:
            # Logged here in one line: the server would log a traceback.
            logger.critical("%s", wrong)
            raise
        return opened.pop_all()

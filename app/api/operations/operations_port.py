"""A port for the operator alone: `/metrics`, `/healthz` and `/readyz`, apart from what clients ask."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from app.api.application import Application
from app.api.operations.health import Readiness, health_routes
from app.api.operations.metrics import metrics_routes
from app.api.operations.process_counts import ProcessCounts
from app.api.server.config import ServerConfig
from app.api.server.limits import Limits
from app.settings import Settings, metrics_port_taken

BACKLOG = 128
CLIENTS_MAX = 100
STOPS_WITHIN_SECONDS = 1


def listen_for_operations(host: str, port: int, variable: str, *, reuse_port: bool = False) -> socket.socket:
    """A listening socket on the port that this variable says.

    :raises WrongSetting: it is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=reuse_port)
    except OSError as problem:
        raise metrics_port_taken(variable, port, host, problem) from problem


@asynccontextmanager
async def serve_operations(settings: Settings, listener: socket.socket, counts: ProcessCounts) -> AsyncIterator[None]:
    """Answer on this socket while the block runs. The block begins when the first answer can be given.

    `counts` is what is told at `/metrics` beside what the database knows.
    """
    readiness = Readiness(settings)
    routes = [*health_routes(settings, readiness), *metrics_routes(settings, counts, readiness, is_own_port=True)]
    config = ServerConfig(
        Application(routes=routes),
        Limits(connections_max=CLIENTS_MAX, per_address_max=None),
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=STOPS_WITHIN_SECONDS,
    )
    server = _WithoutSignals(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="operations port")
    try:
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listener.close()


class _WithoutSignals(uvicorn.Server):
    """A server that leaves signals to its process, and ends with it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield

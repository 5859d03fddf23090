"""`quaestor serve`: one process of the API."""

import gc
import logging
import signal
import socket
from typing import Annotated

import typer
import uvicorn

from app.cli.become import become_quaestor
from app.cli.check_start import check_start
from app.cli.exits import run
from app.cli.options import AfterDev, DataDir, overrides
from app.cli.port import listen
from app.cli.server_environment import environment_beside_dev, wait_for_dev
from app.kernel.errors import Refused
from app.kernel.logs import configure_logs, writes_json
from app.kernel.open_files import allow_open_files
from app.kernel.request_log import request_log
from app.settings import Settings, load_settings

# Requests under way may finish; `quaestor dev` allows four seconds.
SHUTDOWN_SECONDS = 3
CHATTY_LOGGERS = ("uvicorn.error",)
FILES_BESIDE_CONNECTIONS = 200  # Of the database, the logs, and connections being turned away.
# A request of a thousand transfers makes many thousand objects. A collection every 700 objects cost 7 % of its Python.
GARBAGE_THRESHOLDS = (10_000, 20, 20)


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides QUAESTOR_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; overrides QUAESTOR_PORT.")] = None,
    data_dir: DataDir = None,
    reuse_port: Annotated[
        bool, typer.Option("--reuse-port", help="Let several processes share the port (SO_REUSEPORT).")
    ] = False,
    after_dev: AfterDev = False,
) -> None:
    """Run one process of the API; start as many as there are cores.

    Needs DATABASE_URL, or a running `quaestor dev`.

    Example: `quaestor serve --port 8000 --reuse-port`
    """
    settings = load_settings(**overrides(host=host, port=port, data_dir=data_dir))
    if changes := environment_beside_dev(settings):
        become_quaestor(changes, "serve", *(["--reuse-port"] if reuse_port else []))
    configure_logs(settings.log_format, settings.log_level)
    if settings.log_level in ("debug", "info"):
        request_log.switch_on(as_json=writes_json(settings.log_format))
    if settings.log_level != "debug":
        for chatty in CHATTY_LOGGERS:
            logging.getLogger(chatty).setLevel(logging.WARNING)
    with listen(settings.host, settings.port, reuse_port=reuse_port) as listener:
        server = _load(settings, reuse_port=reuse_port)
        if after_dev:
            wait_for_dev(settings)
        assert settings.database_url is not None, "create_app wants it"
        assert settings.secret_key is not None, "create_app wants it"
        run(
            check_start(
                settings.database_url,
                environment=settings.environment,
                secret_key=settings.secret_key,
                secret_key_old=settings.secret_key_old,
            )
        )
        _run(server, listener)


def _load(settings: Settings, *, reuse_port: bool) -> uvicorn.Server:
    # What is loaded stays, and is almost never garbage. Each collection of it took a tenth of a second.
    gc.disable()
    # The whole product: --help need not load it.
    from app.api.operations.operations_port import listen_for_operations  # noqa: PLC0415
    from app.api.server.config import ServerConfig  # noqa: PLC0415
    from app.api.server.limits import Limits  # noqa: PLC0415
    from app.main import create_app  # noqa: PLC0415

    operations = None
    if settings.metrics_port is not None:
        operations = listen_for_operations(
            settings.metrics_host, settings.metrics_port, "QUAESTOR_METRICS_PORT", reuse_port=reuse_port
        )
    limits = Limits.of(settings)
    allow_open_files(
        limits.connections_max + settings.database_pool_size + FILES_BESIDE_CONNECTIONS,
        needed_by="QUAESTOR_CONNECTIONS_MAX needs",
        instead=" or lower the setting",
    )
    config = ServerConfig(
        create_app(settings, operations=operations),
        limits,
        loop="uvloop",
        lifespan="on",
        log_config=None,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    config.load()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()
    return uvicorn.Server(config)


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    # After its orderly end uvicorn sends itself the signal again. It must do nothing then, so that the exit code is 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    server.run(sockets=[listener])
    if not server.started:
        raise Refused("The API could not be started; the log above says why.")

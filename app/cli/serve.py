"""`quaestor serve`: one process of the API, or several that share a port."""

import gc
import logging
import signal
import socket
import sys
from typing import Annotated

import typer
import uvicorn

from app.cli.become import become_quaestor
from app.cli.check_start import check_start
from app.cli.exits import run
from app.cli.options import AfterDev, DataDir, Processes, overrides
from app.cli.port import bind, listen, port_of, reserve, reserve_for_metrics, web_address
from app.cli.process import Process, several
from app.cli.run_several import run_several
from app.cli.server_environment import environment_beside_dev, wait_for_dev
from app.cli.shared_folder import shared_folder
from app.kernel.errors import Refused
from app.kernel.garbage import look_for_garbage_seldom
from app.kernel.logs import configure_logs, writes_json
from app.kernel.open_files import allow_open_files
from app.kernel.request_log import request_log
from app.settings import Settings, load_settings, this_sibling

logger = logging.getLogger(__name__)

# Requests under way may finish; `quaestor dev` allows four seconds.
SHUTDOWN_SECONDS = 3
# Postings under way, and connections of the database, take some seconds more at worst.
STOP_ONE_OF_SEVERAL = ((signal.SIGTERM, 15.0),)
CHATTY_LOGGERS = ("uvicorn.error",)
FILES_BESIDE_CONNECTIONS = 200  # Of the database, the logs, and connections being turned away.


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides QUAESTOR_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; overrides QUAESTOR_PORT.")] = None,
    data_dir: DataDir = None,
    processes: Processes = 1,
    reuse_port: Annotated[
        bool, typer.Option("--reuse-port", help="Share the port with processes started apart (SO_REUSEPORT).")
    ] = False,
    after_dev: AfterDev = False,
) -> None:
    """Run the API: one process, or several that share the port.

    Needs DATABASE_URL, or a running `quaestor dev`.

    Example: `quaestor serve --port 8000 --processes 4`
    """
    settings = load_settings(**overrides(host=host, port=port, data_dir=data_dir))
    if changes := environment_beside_dev(settings):
        become_quaestor(changes, "serve", "--processes", str(processes), *(["--reuse-port"] if reuse_port else []))
    sibling = this_sibling()
    number = sibling.number if sibling else None
    configure_logs(settings.log_format, settings.log_level, process=number)
    if processes > 1:
        return _serve_with_several(settings, processes)
    if settings.log_level in ("debug", "info"):
        request_log.switch_on(as_json=writes_json(settings.log_format), process=number)
    if settings.log_level != "debug":
        for chatty in CHATTY_LOGGERS:
            logging.getLogger(chatty).setLevel(logging.WARNING)
    # One of several gets its share of new connections as soon as it listens, so it must not before it can answer them.
    take = listen if sibling is None else bind
    with take(settings.host, settings.port, reuse_port=reuse_port) as listener:
        server = _load(settings, reuse_port=reuse_port)
        if after_dev:
            wait_for_dev(settings)
        assert settings.database_url is not None, "create_app wants it"
        assert settings.secret_key is not None, "create_app wants it"
        run(check_start(settings.database_url, settings, settings.secret_key))
        if sibling is None:
            logger.info("listening on %s", web_address(settings.host, port_of(listener)))
        return _run(server, listener)


def _serve_with_several(settings: Settings, count: int) -> None:
    with (
        reserve(settings.host, settings.port) as reserved,
        reserve_for_metrics(settings, settings.metrics_port, "QUAESTOR_METRICS_PORT"),
        shared_folder() as folder,
    ):
        port = port_of(reserved)
        one = Process(
            name="api",
            arguments=(sys.executable, "-m", "app.cli.main", "serve", "--reuse-port"),
            stop=STOP_ONE_OF_SEVERAL,
            environment={
                "QUAESTOR_HOST": settings.host,
                "QUAESTOR_PORT": str(port),
                "QUAESTOR_DATA_DIR": str(settings.data_dir),
            },
        )
        listening = f"listening on {web_address(settings.host, port)} with {count} processes"
        run(run_several(several(one, count, folder), serving=listening))


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
    look_for_garbage_seldom()
    return uvicorn.Server(config)


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    # A signal that comes before uvicorn listens for them must not be lost. After its orderly end uvicorn sends itself
    # the signal again; it changes nothing then, so that the exit code is 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server.run(sockets=[listener])
    if not server.started:
        raise Refused("The API could not be started; the log above says why.")

"""`quaestor dev`: the whole product in one terminal."""

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from app.access.sign_in_tokens import forget_sign_in_tokens
from app.cli import PARENT_AT_START
from app.cli.check_start import check_start
from app.cli.database import SERVING
from app.cli.dev_output import Page, Ready, say, show_panel
from app.cli.dev_processes import Counts, OwnProcesses, connections_of, counts_for_this_machine
from app.cli.exits import run
from app.cli.first_start import finish_demo_money, finish_first_customer, wait_for_demo_holders
from app.cli.login import CONSOLE, GRAPHIQL, sign_in_address
from app.cli.options import DataDir, overrides
from app.cli.own_command import own_command, short_path
from app.cli.port import bind, check_free, port_of, reserve, reserve_for_metrics, web_address
from app.cli.process import PROCESSES_MAX
from app.cli.server_environment import embedded_environment
from app.db.migrate import migrate
from app.db.reachable import check_reachable
from app.embedded.data_folder import API_KEY, DataFolder, lock, read_api_key
from app.embedded.postgres import CONNECTIONS_MAX, EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.embedded.server import EmbeddedServer
from app.embedded.supervisor import OURSELVES, Supervisor
from app.kernel.tasks import end_tasks
from app.settings import Environment, Settings, load_settings

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_FOR_PARENT_EVERY_SECONDS = 0.2
PROCESSES_FOLDER = "processes"


def dev(
    *,
    port: Annotated[int | None, typer.Option(help="Port of the API; overrides QUAESTOR_PORT.")] = None,
    data_dir: DataDir = None,
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=1,
            max=PROCESSES_MAX,
            help="Processes of the API. Unset: what the machine has cores for.",
        ),
    ] = None,
    die_with_parent: Annotated[
        bool, typer.Option("--die-with-parent", help="End when the process that started this one ends.")
    ] = False,
) -> None:
    """Run the whole product in this terminal: API, worker, and PostgreSQL and Redis unless set from outside.

    With QUAESTOR_KAFKA_BOOTSTRAP_SERVERS set, the door of Kafka too. Ctrl-C ends all of it. The data stays in the data
    folder.

    Example: `quaestor dev --port 8080 --data-dir /tmp/try`
    """
    settings = load_settings(**overrides(port=port, data_dir=data_dir))
    counts = counts_for_this_machine()
    if processes is not None:
        counts = Counts(processes, counts.workers)
    run(run_dev(settings, counts, parent=PARENT_AT_START if die_with_parent else None))


async def run_dev(settings: Settings, counts: Counts, *, parent: int | None = None) -> None:
    """Run until a signal, or the end of the process `parent`; then end everything.

    :raises DataFolderTaken: another process has the data folder.
    :raises Refused: the port is taken.
    """
    if settings.port == 0:
        with bind(settings.host, 0) as free:
            settings = settings.model_copy(update={"port": port_of(free)})
    address = web_address(settings.host, settings.port)
    with (
        lock(settings.data_dir, command=SERVING, address=address) as folder,
        _keep_ports(settings, counts),
    ):
        async with Supervisor(say) as supervisor:
            story = asyncio.create_task(_start(settings, folder, supervisor, address, counts))
            stop = asyncio.create_task(_told_to_stop(parent))
            try:
                await asyncio.wait({story, stop}, return_when=asyncio.FIRST_COMPLETED)
                if story.done():
                    story.result()  # A failure to start ends us with its message.
                    await stop
                say(OURSELVES, f"stopping: {stop.result()}")
            finally:
                await end_tasks((story, stop))


@contextlib.contextmanager
def _keep_ports(settings: Settings, counts: Counts) -> Iterator[None]:
    """Fail early if a port is taken. Ports that several processes share are kept: nobody else may share them."""
    with contextlib.ExitStack() as kept:
        if counts.api > 1:
            kept.enter_context(reserve(settings.host, settings.port))
            kept.enter_context(reserve_for_metrics(settings, settings.metrics_port, "QUAESTOR_METRICS_PORT"))
        else:
            check_free(settings.host, settings.port)
        if counts.workers > 1:
            variable = "QUAESTOR_WORKER_METRICS_PORT"
            kept.enter_context(reserve_for_metrics(settings, settings.worker_metrics_port, variable))
        yield


async def _start(settings: Settings, folder: DataFolder, supervisor: Supervisor, address: str, counts: Counts) -> None:
    """Start everything, and say so when it is ready. API and worker load while the servers start, and wait for them."""
    forget_sign_in_tokens(folder.path)  # Those that an earlier start printed.
    postgres = _postgres(settings, folder, counts) if settings.embedded_database else None
    redis = EmbeddedRedis(folder.path) if settings.embedded_redis else None
    servers = [server for server in (postgres, redis) if server is not None]
    _start_servers(supervisor, servers)
    environment = embedded_environment(
        settings, database_url=postgres.url if postgres else None, redis_url=redis.url if redis else None
    )
    shutil.rmtree(folder.path / PROCESSES_FOLDER, ignore_errors=True)  # Of an earlier start.
    processes = OwnProcesses(
        address=address,
        environment=environment,
        folder=folder.path / PROCESSES_FOLDER,
        counts=counts,
        with_kafka=settings.kafka_bootstrap_servers is not None,
    ).processes()
    supervisor.keep(*processes)

    await supervisor.until_accepting(*servers)
    database_url = postgres.url if postgres else str(settings.database_url)
    if postgres is None:
        await check_reachable(database_url)
    for name in await migrate(database_url):
        say(OURSELVES, f"applied the migration {name}")
    # Checked here: a child that ended would be restarted again and again.
    await check_start(database_url, settings, environment["QUAESTOR_SECRET_KEY"])
    if settings.environment is not Environment.LIVE:
        await finish_first_customer(database_url, folder.path)
    folder.announce(database_url=environment.get("DATABASE_URL"), redis_url=environment.get("REDIS_URL"))
    await supervisor.until_accepting(*processes)
    await wait_for_demo_holders(database_url, folder.path)
    _show_ready(settings, folder, address)
    if told := await finish_demo_money(database_url, folder.path):
        say(OURSELVES, told)


def _postgres(settings: Settings, folder: DataFolder, counts: Counts) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder.path, connections_max=max(CONNECTIONS_MAX, connections_of(counts, settings)))


def _show_ready(settings: Settings, folder: DataFolder, address: str) -> None:
    in_private = sys.stdout.isatty()
    api_key = read_api_key(folder.path)

    def page(name: str, path: str, login: str) -> Page:
        sign_in = sign_in_address(settings, path) if in_private and api_key is not None else None
        return Page(name, address + path, sign_in, login)

    is_usual_folder = load_settings().data_dir.resolve() == folder.path
    ready = Ready(
        address=address,
        key_file=short_path(folder.path / API_KEY),
        api_key=api_key,
        graphiql=page("GraphiQL", GRAPHIQL, "login") if settings.serves_graphiql else None,
        console=page("Console", CONSOLE, "login --console") if settings.serves_console else None,
        program=own_command(),
        folder_option="" if is_usual_folder else f" --data-dir {shlex.quote(short_path(folder.path))}",
    )
    show_panel(ready, in_private=in_private)


def _start_servers(supervisor: Supervisor, servers: Sequence[EmbeddedServer]) -> None:
    for server in servers:
        say(OURSELVES, f"starting {server.name}")
        server.prepare()
    supervisor.keep(*servers)


async def _told_to_stop(parent: int | None) -> str:
    """Wait for a reason to stop, and return it."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    for number in STOPPING_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, _tell, told, signal.Signals(number).name)
    while parent is None or os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(told), LOOK_FOR_PARENT_EVERY_SECONDS if parent else None)
    return f"process {parent}, which started this one, has ended"


def _tell(told: "asyncio.Future[str]", reason: str) -> None:
    if not told.done():
        told.set_result(reason)

"""What the processes of this package share: settings, logs, signals, and waiting for the database."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.db.away import DATABASE_UNUSABLE
from app.db.connection import fetch, pool
from app.db.durability import check_durability
from app.db.migrate import SchemaMismatch, pending_on
from app.db.outage import database_outage
from app.db.reachable import DatabaseRefused, DatabaseUnreachable, check_reachable
from app.kernel.back_off import BackOff
from app.kernel.garbage import look_for_garbage_seldom
from app.kernel.logs import configure_logs
from app.kernel.outage import Outage
from app.kernel.part import Part
from app.kernel.tasks import run_unless
from app.process import database_for
from app.settings import Settings, WrongSetting, check_environment, load_settings, this_sibling
from app.telemetry.traces import traces_of
from app.webhooks.endpoints.secret_key_check import check_secret_key

CONNECT_PAUSE_SECONDS_MIN = 0.2
CONNECT_PAUSE_SECONDS_MAX = 5.0
CANNOT_OPEN: tuple[type[Exception], ...] = (DatabaseUnreachable, *DATABASE_UNUSABLE)
schema_outage = Outage(logging.getLogger("workers.process"))
EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_WRONG_SETTING = 2
EXIT_NOT_REACHABLE = 3

Run = Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]


class MigrationsMissing(Exception):
    """The database lacks migrations that this version needs; `quaestor migrate` applies them."""


def run_process(run: Run, application_name: str) -> int:
    """Run one process until a signal ends it; returns its exit code."""
    try:
        settings = load_settings()
    except WrongSetting as wrong:
        return _refuse(str(wrong), EXIT_WRONG_SETTING)
    if not settings.database_url:
        return _refuse(
            "DATABASE_URL is not set: name a PostgreSQL, or start everything with `quaestor dev`.", EXIT_NOT_REACHABLE
        )
    try:
        check_environment(settings)
        traces = traces_of(settings, application_name)
    except WrongSetting as wrong:
        return _refuse(str(wrong), EXIT_WRONG_SETTING)
    sibling = this_sibling()
    configure_logs(settings.log_format, settings.log_level, process=sibling.number if sibling else None)
    look_for_garbage_seldom()
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        try:
            runner.run(_until_signal(run, settings, traces))
        except WrongSetting as wrong:
            return _refuse(str(wrong), EXIT_WRONG_SETTING)
        except SchemaMismatch as mismatch:
            return _refuse(str(mismatch), EXIT_REFUSED)
        except DatabaseRefused as refused:
            return _refuse(str(refused), EXIT_NOT_REACHABLE)
    return EXIT_OK


@asynccontextmanager
async def database_until(stopped: asyncio.Event, settings: Settings, *, application_name: str) -> AsyncIterator[bool]:
    """The database during the block, once it is there, has all migrations, and this process may use it. Yields False if
    `stopped` is set before.

    :raises WrongSetting: this process must not use this database.
    :raises DatabaseRefused: the database refuses the login.
    :raises SchemaMismatch: its migrations are not those of this version.
    """
    async with AsyncExitStack() as stack:
        yield await run_unless(stopped, _open_and_check(settings, application_name, stack)) or False


async def _open_and_check(settings: Settings, application_name: str, stack: AsyncExitStack) -> bool:
    """Wait, without end, until the database is there and fits; answers True then."""
    url = settings.database_url
    assert url is not None

    async def open_() -> None:
        await check_reachable(url)
        await stack.enter_async_context(
            database_for(
                application_name,
                url,
                pool_size=settings.database_pool_size,
                round_customers_max=settings.customers_per_transaction,
            )
        )

    async def check() -> None:
        """Check that the database keeps what it commits, has our migrations, and that the secret key belongs to it."""
        assert settings.secret_key is not None
        await check_durability(settings.environment, fetch)
        async with pool().acquire() as connection:
            if lacking := await pending_on(connection):
                raise MigrationsMissing(f"migrations are missing: {', '.join(lacking)}; run `quaestor migrate`")
            await check_secret_key(connection, settings.secret_key, settings.secret_key_old)

    for step in (open_, check):
        back_off = BackOff(CONNECT_PAUSE_SECONDS_MIN, CONNECT_PAUSE_SECONDS_MAX)
        while not await _is_done(step):
            await back_off.pause()
    return True


async def _is_done(step: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """False if the database is away or lacks migrations; that is logged."""
    try:
        await step()
    except DatabaseRefused:
        raise
    except MigrationsMissing as lacking:
        schema_outage.notice("%s; looking again until they are there", lacking)
        return False
    except CANNOT_OPEN as error:
        database_outage.notice("no database yet, trying again: %s", error)
        return False
    return True


async def _until_signal(run: Run, settings: Settings, traces: Part) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with traces:
        await run(settings, stopped)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop of uvloop if it is installed; else Python's own."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


def _refuse(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code

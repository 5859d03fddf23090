"""What the processes of this package have in common: settings, logs, signals, and a database that may be away."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from app.db.connection import DATABASE_AWAY, close_database, fetch, open_database, pool
from app.db.durability import check_durability
from app.db.reachable import DatabaseRefused, DatabaseUnreachable, check_reachable
from app.kernel.logs import configure_logs
from app.settings import Settings, WrongSetting, check_environment, load_settings
from app.webhooks.endpoints.secret_key_check import check_secret_key

logger = logging.getLogger(__name__)

CONNECT_PAUSE_SECONDS_MIN = 0.2
CONNECT_PAUSE_SECONDS_MAX = 5.0
CANNOT_OPEN: tuple[type[Exception], ...] = (DatabaseUnreachable, *DATABASE_AWAY)
CHATTY_LOGGERS = ("httpx", "tortoise")
EXIT_OK = 0
EXIT_WRONG_SETTING = 2
EXIT_NOT_REACHABLE = 3

Run = Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]


def run_process(run: Run) -> int:
    """Run one process until a signal ends it; answers its exit code."""
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
    except WrongSetting as wrong:
        return _refuse(str(wrong), EXIT_WRONG_SETTING)
    configure_logs(settings.log_format, settings.log_level)
    for chatty in CHATTY_LOGGERS:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        try:
            runner.run(_until_signal(run, settings))
        except WrongSetting as wrong:
            return _refuse(str(wrong), EXIT_WRONG_SETTING)
        except DatabaseRefused as refused:
            return _refuse(str(refused), EXIT_NOT_REACHABLE)
    return EXIT_OK


async def open_until(stopped: asyncio.Event, settings: Settings, *, application_name: str) -> bool:
    """Open the pool, and leave it open where this process may use what is behind it. The database being away is waited
    out. False if `stopped` is set before.

    :raises WrongSetting: this process may not use it.
    """
    opening = asyncio.create_task(_open_and_check(settings, application_name))
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait([opening, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not opening.done():
        opening.cancel()
        await asyncio.gather(opening, waiting, return_exceptions=True)
        return False
    opening.result()
    return True


async def _open_and_check(settings: Settings, application_name: str) -> None:
    assert settings.database_url is not None
    await _open_database(settings.database_url, settings.database_pool_size, application_name)
    try:
        await _check(settings)
    except BaseException:
        await close_database()
        raise


async def _open_database(url: str, pool_size: int, application_name: str) -> None:
    pause = CONNECT_PAUSE_SECONDS_MIN
    while True:
        try:
            await check_reachable(url)
            await open_database(url, pool_size=pool_size, application_name=application_name)
        except DatabaseRefused:
            raise
        except CANNOT_OPEN as error:
            logger.warning("no database yet, trying again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, CONNECT_PAUSE_SECONDS_MAX)
        else:
            return


async def _check(settings: Settings) -> None:
    """Look whether the database keeps what it commits and the key is its own; a connection may be lost meanwhile."""
    assert settings.secret_key is not None
    pause = CONNECT_PAUSE_SECONDS_MIN
    while True:
        try:
            await check_durability(settings.environment, fetch)
            async with pool().acquire() as connection:
                await check_secret_key(connection, settings.secret_key)
        except DATABASE_AWAY as error:
            logger.warning("the database went away, trying again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, CONNECT_PAUSE_SECONDS_MAX)
        else:
            return


async def _until_signal(run: Run, settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    await run(settings, stopped)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where there is one; else Python's own."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


def _refuse(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code

"""Checks of the database before API and worker start. A fault is reported in one line."""

import asyncpg

from app.db.durability import check_durability
from app.db.reachable import CONNECT_TIMEOUT_SECONDS, close_connection, once_reachable
from app.settings import Settings
from app.webhooks.endpoints.secret_key_check import check_secret_key


async def check_start(url: str, settings: Settings, secret_key: str) -> None:
    """Wait for a database that is just starting, then check that it keeps what it commits, and that the key is its own.

    A connection that is lost meanwhile is made again, for half a minute more.

    :raises DatabaseUnreachable: it does not answer in that time, or does not let us in.
    :raises WrongSetting: naming the variable.
    """
    await once_reachable(url, lambda: _check(url, settings, secret_key))


async def _check(url: str, settings: Settings, secret_key: str) -> None:
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        await check_durability(settings.environment, connection.fetch)
        await check_secret_key(connection, secret_key, settings.secret_key_old)
    finally:
        await close_connection(connection)

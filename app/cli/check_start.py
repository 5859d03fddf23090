"""Checks of the database before API and worker start. A fault is reported in one line."""

import asyncpg

from app.db.durability import check_durability
from app.db.reachable import CONNECT_TIMEOUT_SECONDS, wait_until_reachable
from app.settings import Environment
from app.webhooks.endpoints.secret_key_check import check_secret_key


async def check_start(url: str, *, environment: Environment, secret_key: str) -> None:
    """Wait for a database that is just starting, then check that it keeps what it commits, and that the key is its own.

    :raises DatabaseUnreachable: it does not answer within half a minute, or does not let us in.
    :raises WrongSetting: naming the variable.
    """
    await wait_until_reachable(url)
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        await check_durability(environment, connection.fetch)
        await check_secret_key(connection, secret_key)
    finally:
        await connection.close()

"""Note when a key was last used, without delaying the request."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

import asyncpg

from app.db.away import BUSY, DATABASE_UNUSABLE
from app.db.connection import fetchval
from app.db.outage import database_outage

logger = logging.getLogger(__name__)

_under_way: dict[UUID, "asyncio.Task[None]"] = {}


def note_last_use(customer_id: UUID, api_key_id: UUID, used_at: datetime) -> None:
    """Write it soon. While one note of a key is being written, others of that key are skipped."""
    if api_key_id not in _under_way:
        task = asyncio.create_task(_write(customer_id, api_key_id, used_at), name="note last use of an API key")
        _under_way[api_key_id] = task
        task.add_done_callback(lambda _task: _under_way.pop(api_key_id, None))


async def finish_noting_last_use() -> None:
    """Wait for the notes being written. Call before the database is closed."""
    if _under_way:
        await asyncio.wait(tuple(_under_way.values()))


async def _write(customer_id: UUID, api_key_id: UUID, used_at: datetime) -> None:
    try:
        await fetchval(
            """
            UPDATE api_keys SET last_used_at = $3
            WHERE customer_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)
            """,
            customer_id,
            api_key_id,
            used_at,
        )
    except asyncpg.ReadOnlySQLTransactionError as error:
        # Logged at debug only: every request would repeat it, and `/readyz` reports it already.
        logger.debug("could not note the last use of API key %s: %s", api_key_id, error)
    except BUSY as error:
        # Nobody waits for this note, and the key's next request writes it again.
        logger.debug("could not note the last use of API key %s: %s", api_key_id, error)
    except DATABASE_UNUSABLE as error:
        database_outage.notice("could not note the last use of API key %s: %s", api_key_id, error)

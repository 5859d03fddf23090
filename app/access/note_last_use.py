"""Note when keys were last used, without delaying a request. Notes gather while others are being written."""

import asyncio
import contextvars
import itertools
import logging
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import asyncpg

from app.db.away import BUSY, DATABASE_UNUSABLE
from app.db.connection import fetch
from app.db.outage import database_outage
from app.db.statement import as_text

logger = logging.getLogger(__name__)

TOGETHER_MAX = 200

KeyName = tuple[UUID, UUID]
"""A customer and one of its keys."""

_ONE_SQL = """
    UPDATE api_keys SET last_used_at = $3
    WHERE customer_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)
"""
# Each is looked up separately, as in `look_up_key`. A key that somebody else changes now is noted at its next use:
# nobody waits, so no two processes wait for each other.
_TOGETHER_SQL = """
    WITH noted AS (
        SELECT free.customer_id, free.id, used.used_at
        FROM unnest($1::text::uuid[], $2::text::uuid[], $3::timestamptz[]) AS used (customer_id, id, used_at)
        CROSS JOIN LATERAL (
            SELECT customer_id, id FROM api_keys
            WHERE customer_id = used.customer_id AND id = used.id
                AND (last_used_at IS NULL OR last_used_at < used.used_at)
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        ) AS free
    )
    UPDATE api_keys SET last_used_at = noted.used_at
    FROM noted WHERE api_keys.customer_id = noted.customer_id AND api_keys.id = noted.id
"""


class _Process:
    """The process's notes: those that wait, those that are being written, and who writes."""

    together_max = TOGETHER_MAX
    waiting: dict[KeyName, datetime] = {}  # noqa: RUF012 - there is one of it
    being_written: Mapping[KeyName, datetime] = {}
    task: "asyncio.Task[None] | None" = None


def open_notes(*, together_max: int) -> None:
    """Write notes of so many keys together at most."""
    _Process.together_max = min(together_max, TOGETHER_MAX)


def note_last_use(customer_id: UUID, api_key_id: UUID, used_at: datetime) -> None:
    """Write it soon. While one note of a key waits or is being written, others of that key are skipped."""
    name = customer_id, api_key_id
    writing = _task_here()
    if writing is None or name not in _Process.being_written:
        _Process.waiting.setdefault(name, used_at)
    if writing is None:
        # An empty context: it belongs to no single request.
        _Process.task = contextvars.Context().run(asyncio.create_task, _write_all(), name="note last use of API keys")


async def finish_noting_last_use() -> None:
    """Wait for the notes being written. Call before the database is closed."""
    writing = _task_here()
    if writing is not None:
        await asyncio.wait([writing])


def _task_here() -> "asyncio.Task[None] | None":
    """The task that writes, if it is of this event loop: one of a loop that has ended never goes on."""
    task = _Process.task
    if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
        return None
    return task


async def _write_all() -> None:
    try:
        while notes := dict(itertools.islice(_Process.waiting.items(), _Process.together_max)):
            for name in notes:
                del _Process.waiting[name]
            _Process.being_written = notes
            await _write(notes)
    finally:
        _Process.being_written = {}


async def _write(notes: Mapping[KeyName, datetime]) -> None:
    customer_ids, key_ids = zip(*notes, strict=True)
    try:
        if len(notes) == 1:
            await fetch(_ONE_SQL, *customer_ids, *key_ids, *notes.values())
        else:
            await fetch(_TOGETHER_SQL, as_text(customer_ids), as_text(key_ids), list(notes.values()))
    except asyncpg.ReadOnlySQLTransactionError as error:
        # Logged at debug only: every request would repeat it, and `/readyz` reports it already.
        logger.debug("could not note the last use of %d API keys: %s", len(notes), error)
    except BUSY as error:
        # Nobody waits for this note, and the key's next request writes it again.
        logger.debug("could not note the last use of %d API keys: %s", len(notes), error)
    except DATABASE_UNUSABLE as error:
        database_outage.notice("could not note the last use of %d API keys: %s", len(notes), error)

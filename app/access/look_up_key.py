"""Looks keys and tokens up. While look-ups are under way, further ones gather, and then go together.

So thousands of customers whose keys are not remembered cost a few statements and not one each. No request shares a
look-up that began before it: a key that was revoked before the request is never let in.
"""

import asyncio
import contextvars
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.access.key_format import KeyParts
from app.db.connection import Record, fetch, fetchrow
from app.db.statement import as_text

UNDER_WAY_MAX = 2
"""One that hangs holds up nobody else."""
TOGETHER_MAX = 200

KeyPrefix = tuple[UUID, str]
"""A customer, and the prefix of one of its keys or tokens."""

_KEYS_SQL = """
    SELECT customer_id, id, id AS api_key_id, NULL::uuid AS holder_id, prefix, scopes, secret_hash, last_used_at,
           expires_at, revoked_at, clock_timestamp() AS now
    FROM api_keys WHERE customer_id = {customer} AND prefix = {prefix}
"""
# A token expires with its key at the latest, and is revoked with it.
_TOKENS_SQL = """
    SELECT token.customer_id, token.id, token.api_key_id, token.holder_id, token.prefix, token.scopes,
           token.secret_hash, key.last_used_at, token.expires_at,
           coalesce(token.revoked_at, key.revoked_at) AS revoked_at, clock_timestamp() AS now
    FROM access_tokens AS token
    JOIN api_keys AS key ON key.customer_id = token.customer_id AND key.id = token.api_key_id
    WHERE token.customer_id = {customer} AND token.prefix = {prefix}
"""
# Each is looked up separately: on a table without statistics, a join would read all of the customer's keys.
_TOGETHER_SQL = """
    SELECT found.* FROM unnest($1::text::uuid[], $2::text::text[]) AS asked (customer, prefix)
    CROSS JOIN LATERAL ({} LIMIT 1) AS found
"""


class LookUps:
    """Look-ups of one kind, and those that wait. With a `together_max` of 1 each goes by itself."""

    def __init__(self, sql: str, *, together_max: int = TOGETHER_MAX) -> None:
        self._one_sql = sql.format(customer="$1", prefix="$2")
        self._together_sql = _TOGETHER_SQL.format(sql.format(customer="asked.customer", prefix="asked.prefix"))
        self._together_max = together_max
        self._under_way = 0
        self._waiting: dict[KeyPrefix, list[asyncio.Future[Record | None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def look_up(self, customer_id: UUID, prefix: str) -> Record | None:
        """The row of this key, read after this call."""
        if self._under_way < UNDER_WAY_MAX or self._together_max == 1:
            self._under_way += 1
            try:
                return await fetchrow(self._one_sql, customer_id, prefix)
            finally:
                self._end_one()
        future: asyncio.Future[Record | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((customer_id, prefix), []).append(future)
        return await future

    def _end_one(self) -> None:
        self._under_way -= 1
        if self._waiting:
            self._under_way += 1
            asked = {name: self._waiting.pop(name) for name in list(self._waiting)[: self._together_max]}
            # An empty context: it belongs to no single request.
            task = contextvars.Context().run(asyncio.create_task, self._look_up_together(asked))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look_up_together(self, asked: Mapping[KeyPrefix, Sequence[asyncio.Future[Record | None]]]) -> None:
        customer_ids, prefixes = zip(*asked, strict=True)
        try:
            rows = await fetch(self._together_sql, as_text(customer_ids), as_text(prefixes))
        except Exception as error:  # noqa: BLE001 - who asked is told
            for future in _still_wanted(asked.values()):
                future.set_exception(error)
        else:
            found = {(row["customer_id"], row["prefix"]): row for row in rows}
            for name, futures in asked.items():
                for future in _still_wanted([futures]):
                    future.set_result(found.get(name))
        finally:
            for future in _still_wanted(asked.values()):  # It was cancelled, with the process or its event loop.
                future.cancel()
            self._end_one()


def _still_wanted(asked: Iterable[Sequence[asyncio.Future[Any]]]) -> Iterator[asyncio.Future[Any]]:
    """Those whose caller has not left."""
    return (future for futures in asked for future in futures if not future.done())


class _Process:
    """The process's look-ups."""

    keys = LookUps(_KEYS_SQL)
    tokens = LookUps(_TOKENS_SQL)


def open_look_ups(*, together_max: int) -> None:
    """Begin the process's look-ups, of so many customers together at most."""
    together_max = min(together_max, TOGETHER_MAX)
    _Process.keys, _Process.tokens = (LookUps(sql, together_max=together_max) for sql in (_KEYS_SQL, _TOKENS_SQL))


async def look_up_key(parts: KeyParts) -> Record | None:
    """The row of this key or token, read after this call; None if there is none."""
    look_ups = _Process.tokens if parts.is_token else _Process.keys
    return await look_ups.look_up(parts.customer_id, parts.prefix)

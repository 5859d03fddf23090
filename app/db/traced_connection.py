"""A connection whose statements are spans of the current one. Pools have it only where traces are recorded."""

import functools
from collections.abc import Mapping
from typing import Any

import asyncpg

from app.db.statement_names import KEPT_MAX, statement_name
from app.kernel.tracing import NO_SPAN, Kind, Span, Value, current_span


class TracedConnection(asyncpg.Connection):
    """The methods through which all of our statements go, those of Tortoise as well."""

    __slots__ = ()

    async def execute(self, query: str, *arguments: Any, **options: Any) -> str:
        """As asyncpg's."""
        with _span_of(query):
            return await super().execute(query, *arguments, **options)

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        """As asyncpg's."""
        with _span_of(command):
            return await super().executemany(command, args, **options)

    async def fetch(self, query: str, *arguments: Any, **options: Any) -> list[Any]:
        """As asyncpg's."""
        with _span_of(query):
            rows: list[Any] = await super().fetch(query, *arguments, **options)
            return rows

    async def fetchrow(self, query: str, *arguments: Any, **options: Any) -> Any:
        """As asyncpg's."""
        with _span_of(query):
            return await super().fetchrow(query, *arguments, **options)

    async def fetchval(self, query: str, *arguments: Any, **options: Any) -> Any:
        """As asyncpg's."""
        with _span_of(query):
            return await super().fetchval(query, *arguments, **options)


def _span_of(sql: str) -> Span:
    within = current_span()
    if within is None:
        return NO_SPAN
    name = statement_name(sql)
    return within.child(name, Kind.CLIENT, _values(name))


@functools.lru_cache(maxsize=KEPT_MAX)
def _values(name: str) -> Mapping[str, Value]:
    return {"db.system.name": "postgresql", "db.query.summary": name}

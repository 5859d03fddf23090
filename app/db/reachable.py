"""Whether the database answers, and what to tell people if not: its address, never its password."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from app.db.away import DATABASE_AWAY
from app.db.outage import database_outage

CONNECT_TIMEOUT_SECONDS = 10
STARTS_WITHIN_SECONDS = 30.0
"""How long to wait for a database that is just starting."""
PAUSE_SECONDS = 0.5
DEFAULT_PORT = 5432

Answer = TypeVar("Answer")

REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,  # A wrong password is one of these.
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
"""Refusals that waiting does not change."""


class DatabaseUnreachable(Exception):
    """The database of DATABASE_URL cannot be used; the message says where it is and why not."""


class DatabaseRefused(DatabaseUnreachable):
    """It answers but does not let us in, or the URL cannot be understood: trying again does not help."""


async def check_reachable(url: str) -> None:
    """Connect once.

    :raises DatabaseRefused: it does not let us in, or the URL cannot be understood.
    :raises DatabaseUnreachable: nothing answers at this address.
    """
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    except REFUSED as problem:
        raise DatabaseRefused(f"DATABASE_URL: the database {place_of(url)} does not let us in: {problem}.") from problem
    except ValueError as problem:  # Its message may quote the password.
        raise DatabaseRefused(
            "DATABASE_URL cannot be understood: it is written postgresql://user:password@host:5432/name, and in a "
            "password @ is %40, / is %2F, : is %3A, # is %23, ? is %3F and % is %25."
        ) from problem
    except DATABASE_AWAY as problem:
        why = str(problem) or "no answer in time"
        raise DatabaseUnreachable(f"DATABASE_URL: the database {place_of(url)} does not answer: {why}") from problem
    await close_connection(connection)


async def close_connection(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Close it, whatever has become of it: asyncpg (0.32.0) raises a BrokenPipeError here if the server has ended the
    session, and nobody has noticed yet.
    """
    with suppress(*DATABASE_AWAY):
        await connection.close()


async def wait_until_reachable(url: str, *, seconds: float = STARTS_WITHIN_SECONDS) -> None:
    """Connect; wait up to `seconds` for a database that is just starting.

    :raises DatabaseRefused: at once.
    :raises DatabaseUnreachable: after that time.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            return await check_reachable(url)
        except DatabaseRefused:
            raise
        except DatabaseUnreachable as problem:
            if time.monotonic() > until:
                raise
            database_outage.notice("waiting for the database: %s", problem)
        await asyncio.sleep(PAUSE_SECONDS)


async def once_reachable(
    url: str, begin: Callable[[], Awaitable[Answer]], *, seconds: float = STARTS_WITHIN_SECONDS
) -> Answer:
    """Wait up to `seconds` for a database that is just starting, then `begin`, which may run again: if the connection
    is lost meanwhile, both are tried again, for as long once more.

    :raises DatabaseRefused: at once.
    :raises DatabaseUnreachable: after that time.
    :raises Exception: what `begin` raised, after that time; at once if the database is not to blame.
    """
    await wait_until_reachable(url, seconds=seconds)
    until = time.monotonic() + seconds
    while True:
        try:
            return await begin()
        except DATABASE_AWAY as problem:
            if time.monotonic() > until:
                raise
            why = str(problem) or type(problem).__name__
            database_outage.notice("the database was lost, waiting for it: %s", why)
        await asyncio.sleep(PAUSE_SECONDS)
        await wait_until_reachable(url, seconds=until - time.monotonic())


def place_of(url: str) -> str:
    """`quaestor at db.example:5432`, or `quaestor at /folder/of/the/socket`."""
    try:
        parts = urlsplit(url)
        name = unquote(parts.path.lstrip("/"))
        where = _host(parts.netloc.rpartition("@")[2]) or parse_qs(parts.query).get("host", [""])[0]
    except ValueError:
        return "of DATABASE_URL"
    return " ".join(filter(None, (name, f"at {where}" if where else ""))) or "of DATABASE_URL"


def _host(host: str) -> str:
    has_port = ":" in host.rpartition("]")[2]
    return unquote(host) if has_port or not host else f"{unquote(host)}:{DEFAULT_PORT}"

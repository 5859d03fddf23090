"""The error of a transaction when the database takes no writes: it is certain that nothing happened."""

import contextlib
from collections.abc import Iterator

import asyncpg

_WHY: dict[type[asyncpg.PostgresError], str] = {
    asyncpg.ReadOnlySQLTransactionError: "The database is read-only now",
    asyncpg.DiskFullError: "The disk of the database is full",
}


class NotWritten(Exception):
    """The transaction was rolled back. The message says why, to clients too; the cause is the database's own error."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}, so nothing was done: ask again later, with the same idempotency key.")


@contextlib.contextmanager
def naming_refused_writes() -> Iterator[None]:
    """Raise `NotWritten` in place of an error that says that the database takes no writes."""
    try:
        yield
    except Exception as error:
        refusal = _refusal_in(error)
        if refusal is None:
            raise
        why = next(why for kind, why in _WHY.items() if isinstance(refusal, kind))
        raise NotWritten(why) from refusal


def _refusal_in(error: BaseException | None) -> BaseException | None:
    """The database's own error, which Tortoise may have wrapped."""
    while error is not None and not isinstance(error, tuple(_WHY)):
        error = error.__cause__
    return error

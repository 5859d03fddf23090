"""What a transaction ends with when the database takes no writes now: nothing of it happened, and that is known."""

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
    """Raise what says that the database takes no writes as `NotWritten`."""
    try:
        yield
    except Exception as error:
        refusal = _refusal_in(error)
        if refusal is None:
            raise
        why = next(why for kind, why in _WHY.items() if isinstance(refusal, kind))
        raise NotWritten(why) from refusal


def _refusal_in(error: BaseException | None) -> BaseException | None:
    """The database's own error, which Tortoise wraps in one of its."""
    while error is not None and not isinstance(error, tuple(_WHY)):
        error = error.__cause__
    return error

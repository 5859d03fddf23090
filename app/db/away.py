"""The driver's errors when the database is away or busy. All others are faults of ours, and must be loud.

A broken statement (class 42) and a value that the database cannot take (class 22) are never an outage: waiting fixes
neither.
"""

import asyncpg

from app.db.not_written import NotWritten

DATABASE_AWAY: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # The server ended the connection just as it was taken from the pool.
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # It is shutting down or starting, or an operator ended our session.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # It is a standby, which may be about to take over.
    NotWritten,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""It cannot be reached, or does not serve us now; our commit may be lost with the connection."""
COLLIDED: tuple[type[Exception], ...] = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,  # A migration changed a table meanwhile; statements are parsed again.
)
"""Errors after which the transaction may simply run again."""
BUSY: tuple[type[Exception], ...] = (*COLLIDED, asyncpg.LockNotAvailableError)
"""Other transactions are in the way. That is no outage: nobody else need wait."""
DATABASE_UNUSABLE: tuple[type[Exception], ...] = (*DATABASE_AWAY, *BUSY)
"""It is away, or other transactions are in the way: the same call may work in a moment."""

"""What comes out of the driver when the database is away or busy. All else is a fault of ours, and must be loud.

A broken statement (class 42) and a value that the database cannot take (class 22) are never an outage: waiting mends
neither.
"""

import asyncpg

from app.db.not_written import NotWritten

DATABASE_AWAY: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # A connection that the server ended in the very moment it was taken.
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # It shuts down, starts, or was told to end our session.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # It follows another server, which may be about to take over.
    NotWritten,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""It cannot be reached, or does not serve us now; perhaps our commit is lost with the connection."""
COLLIDED: tuple[type[Exception], ...] = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,  # A migration has changed a table under our feet; statements are parsed anew.
)
"""Ended a transaction that may simply be run again."""
DATABASE_UNUSABLE: tuple[type[Exception], ...] = (*DATABASE_AWAY, *COLLIDED, asyncpg.LockNotAvailableError)
"""It is away, or others are in the way: the same may work in a moment."""

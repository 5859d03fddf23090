"""What counts as the database being away: never a statement or a value of ours."""

import asyncpg
import pytest

from app.db.away import COLLIDED, DATABASE_AWAY, DATABASE_UNUSABLE
from app.db.connection import fetch, pool


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELEKT 1", asyncpg.PostgresSyntaxError),
        ("SELECT * FROM no_such_table", asyncpg.UndefinedTableError),
        ("SELECT no_such_column FROM customers", asyncpg.UndefinedColumnError),
        ("SELECT no_such_function()", asyncpg.UndefinedFunctionError),
        ("SELECT 1 / 0", asyncpg.DivisionByZeroError),
        ("SELECT 'x'::uuid", asyncpg.InvalidTextRepresentationError),
        ("SELECT 1::smallint + 32767::smallint", asyncpg.NumericValueOutOfRangeError),
    ],
)
async def test_is_never_a_broken_statement_or_value(database, sql, kind):
    with pytest.raises(kind) as fault:
        await fetch(sql)
    assert not isinstance(fault.value, DATABASE_UNUSABLE)


async def test_is_never_an_argument_that_the_driver_refuses(database):
    with pytest.raises(asyncpg.DataError) as fault:
        await fetch("SELECT $1::integer", "text")
    assert not isinstance(fault.value, DATABASE_UNUSABLE)


async def test_is_a_session_that_was_ended(database):
    async with pool().acquire() as connection:
        with pytest.raises(DATABASE_AWAY):
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def test_is_a_lock_that_others_keep(database):
    async with pool().acquire() as one, pool().acquire() as other, one.transaction():
        await one.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DATABASE_UNUSABLE) as fault:
            await other.execute("SET lock_timeout = '10ms'; SELECT * FROM customers")
        assert not isinstance(fault.value, DATABASE_AWAY)
        await other.execute("RESET lock_timeout")


@pytest.mark.parametrize("kind", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
def test_is_no_collision_which_may_be_run_again(kind):
    assert issubclass(kind, COLLIDED)
    assert not issubclass(kind, DATABASE_AWAY)


@pytest.mark.parametrize("kind", [ConnectionError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.DiskFullError])
def test_is_what_passes_by_itself(kind):
    assert issubclass(kind, DATABASE_AWAY)

"""What a database that takes no writes refuses did not happen, and says so; its connection is as good as before."""

import asyncpg
import pytest

from app.db.away import DATABASE_AWAY
from app.db.connection import fetchval
from app.db.not_written import NotWritten
from app.db.transaction import transaction

pytestmark = pytest.mark.postgres15

FULL = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
AGAIN = "so nothing was done: ask again later, with the same idempotency key."


async def test_says_that_the_database_is_read_only(small_pool):
    with pytest.raises(NotWritten) as refused:
        async with transaction() as tx:
            await tx.execute("SET TRANSACTION READ ONLY")
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
    assert str(refused.value) == f"The database is read-only now, {AGAIN}"
    assert type(refused.value.__cause__) is asyncpg.ReadOnlySQLTransactionError
    assert isinstance(refused.value, DATABASE_AWAY)
    await _assert_takes_writes_again(small_pool)


@pytest.mark.parametrize("by_key", [False, True])
async def test_says_that_the_disk_is_full(small_pool, by_key):
    with pytest.raises(NotWritten) as refused:
        async with transaction(by_key=by_key) as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
            await tx.execute(FULL)
    assert str(refused.value) == f"The disk of the database is full, {AGAIN}"
    assert type(refused.value.__cause__) is asyncpg.DiskFullError
    await _assert_takes_writes_again(small_pool)


async def test_says_so_of_a_commit_too(small_pool):
    await small_pool.execute(
        """
        CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full''; END';
        CREATE CONSTRAINT TRIGGER fill AFTER INSERT ON halves DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION fill();
        """
    )
    with pytest.raises(NotWritten, match="The disk of the database is full"):
        async with transaction() as tx:
            await tx.execute("INSERT INTO halves VALUES (1, 'left')")
    await small_pool.execute("DROP TRIGGER fill ON halves")
    await _assert_takes_writes_again(small_pool)


async def test_says_it_of_nothing_else(small_pool):
    with pytest.raises(asyncpg.TooManyConnectionsError):
        async with transaction() as tx:
            await tx.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'too_many_connections'; END $$")


async def _assert_takes_writes_again(observer):
    assert await observer.fetchval("SELECT count(*) FROM halves") == 0
    async with transaction() as tx:
        await tx.execute("INSERT INTO halves VALUES (1, 'left')")
    assert await fetchval("SELECT count(*) FROM halves") == 1

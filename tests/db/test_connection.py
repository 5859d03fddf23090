"""What a connection of ours reads and writes, and that the pool always closes."""

import asyncio

import asyncpg
import pytest
from tortoise.context import TortoiseContext

from app.db.connection import PoolUse, close_database, fetch, fetchrow, fetchval, open_database, pool, pools_in_use

pytestmark = pytest.mark.postgres15


async def test_reads_amounts_of_38_digits_as_integers(database):
    largest = 10**38 - 1
    assert await fetchval("SELECT $1::numeric(38, 0)", -largest) == -largest
    assert type(await fetchval("SELECT 5::numeric")) is int
    with pytest.raises(ValueError, match="invalid literal"):
        await fetchval("SELECT 0.5::numeric")


@pytest.mark.parametrize("value", [{"ä": [1, 2.5, None, True, {"x": "☃"}]}, [], {}, {"big": 2**63 - 1}])
async def test_reads_and_writes_json_as_values(database, value):
    assert await fetchval("SELECT $1::jsonb", value) == value


async def test_speaks_utc_and_has_the_settings_of_the_house(database):
    row = await fetchrow(
        "SELECT current_setting('timezone') AS zone, current_setting('jit') AS jit,"
        " current_setting('lock_timeout') AS locks, current_setting('idle_in_transaction_session_timeout') AS idle,"
        " current_setting('application_name') AS name"
    )
    assert dict(row) == {"zone": "UTC", "jit": "off", "locks": "5s", "idle": "30s", "name": "quaestor-tests"}


async def test_isolates_transactions_as_the_house_does_whatever_the_server_is_set_to(fresh_url):
    connection = await asyncpg.connect(fresh_url)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    await connection.close()
    await open_database(fresh_url, pool_size=2)
    isolation = await fetchval("SHOW transaction_isolation")
    await close_database()

    assert isolation == "read committed"


@pytest.mark.parametrize(("read", "expected"), [(fetch, [(1,)]), (fetchrow, (1,)), (fetchval, 1)])
async def test_reads_again_what_a_migration_collided_with(database, read, expected):
    await pool().execute("CREATE TABLE first_read (); CREATE TABLE then_read ()")
    migrating = await asyncpg.connect(database)
    try:
        async with migrating.transaction():
            await migrating.execute("ALTER TABLE then_read ADD COLUMN later integer")
            reading = asyncio.create_task(read("SELECT count(*) + 1 FROM first_read, then_read"))
            while not await migrating.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                assert not reading.done()
            await asyncio.sleep(0.2)  # It is the read, which has waited longer, that PostgreSQL ends.
            await migrating.execute("ALTER TABLE first_read ADD COLUMN later integer")
        assert await reading == expected
    finally:
        await migrating.close()
        await pool().execute("DROP TABLE first_read, then_read")


async def test_opens_no_more_connections_than_asked_for(fresh_url):
    await open_database(fresh_url, pool_size=3, application_name="quaestor-of-three")
    await asyncio.gather(*(fetch("SELECT pg_sleep(0.01)") for _ in range(12)))
    opened = await fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quaestor-of-three'")
    await close_database()

    assert opened == 3


async def test_knows_how_its_pools_are_used(fresh_url):
    assert pools_in_use() == []
    await open_database(fresh_url, pool_size=2)
    held = [await pool().acquire() for _ in range(2)]
    waiting = [asyncio.create_task(fetch("SELECT")) for _ in range(3)]
    while pools_in_use()[0].waiting < 3:
        await asyncio.sleep(0.001)
    assert pools_in_use() == [
        PoolUse("main", in_use=2, idle=0, waiting=3, size_max=2),
        PoolUse("by_key", in_use=0, idle=0, waiting=0, size_max=4),
    ]
    waiting.pop().cancel()
    await pool().release(held.pop())
    await asyncio.wait(waiting)
    assert pools_in_use()[0] == PoolUse("main", in_use=1, idle=1, waiting=0, size_max=2)
    await pool().release(held.pop())
    await close_database()


async def test_closes_what_another_task_opened(fresh_url):
    await asyncio.create_task(open_database(fresh_url, pool_size=2))
    with TortoiseContext():  # What this task knows is an older state, or none.
        await close_database()
    assert pools_in_use() == []
    await open_database(fresh_url, pool_size=2)
    assert await fetchval("SELECT 1") == 1
    await close_database()
    await close_database()  # There is nothing to do.


async def test_closes_by_force_what_is_still_held(fresh_url, monkeypatch):
    monkeypatch.setattr("app.db.connection.CLOSE_TIMEOUT_SECONDS", 0.05)
    await open_database(fresh_url, pool_size=2)
    held = await pool().acquire()
    await close_database()

    with pytest.raises((asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError)):
        await held.fetchval("SELECT 1")


async def test_says_so_when_the_server_is_not_there(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        await open_database(f"postgresql://quaestor@/quaestor?host={tmp_path}")
    await close_database()

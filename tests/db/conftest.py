"""A small pool on a database of the test's own, and a way to see what the server is doing."""

import asyncio

import asyncpg
import pytest

from app.db.connection import close_database, open_database

POOL_SIZE = 4
HELD_COMMITS = 1


@pytest.fixture
async def small_pool(fresh_url):
    """Four connections on a database with the one table `halves`, of which two are a whole."""
    observer = await asyncpg.connect(fresh_url)
    await observer.execute("CREATE TABLE halves (id integer, half text, PRIMARY KEY (id, half))")
    await open_database(fresh_url, pool_size=POOL_SIZE, application_name="quaestor-tests")
    yield observer
    await close_database()
    await observer.close()


@pytest.fixture
async def slow_commits(small_pool):
    """Every COMMIT after a write to `halves` takes a while."""

    async def take(seconds):
        await small_pool.execute(
            f"""
            CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON halves DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (new.half = 'right') EXECUTE FUNCTION dawdle();
            """
        )

    return take


@pytest.fixture
async def held_commits(small_pool):
    """Every COMMIT after a write to `halves` waits until the test lets go."""
    await small_pool.execute(
        f"""
        CREATE FUNCTION wait_to_be_let_go() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0
            AS 'BEGIN PERFORM pg_advisory_xact_lock_shared({HELD_COMMITS}); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER wait_to_be_let_go AFTER INSERT ON halves DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait_to_be_let_go();
        """
    )
    await small_pool.execute("SELECT pg_advisory_lock($1)", HELD_COMMITS)

    async def let_go():
        await small_pool.execute("SELECT pg_advisory_unlock($1)", HELD_COMMITS)

    return let_go


@pytest.fixture
def until_committing(small_pool):
    """Wait until somebody's COMMIT is under way; the test's own time-out ends a wait in vain."""
    committing = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active')"

    async def wait():
        while not await small_pool.fetchval(committing):
            await asyncio.sleep(0.005)

    return wait

import asyncpg
import pytest

from app.db.connection import close_database, fetch, fetchrow, fetchval, open_database, pool
from app.db.transaction import run_alone, transaction
from app.kernel.tracing import Kind, span_at_door
from tests.recorded_spans import recording


@pytest.fixture
def spans():
    with recording() as made:
        yield made


@pytest.fixture
async def traced_pool(spans, migrated_url):
    await open_database(migrated_url, pool_size=5, application_name="quaestor-tests")
    yield
    await close_database()


async def test_shows_the_statements_of_a_transaction_and_its_commit(spans, traced_pool):
    with span_at_door("door", Kind.SERVER, None):
        async with transaction() as tx:
            await tx.execute("SELECT 1")
            await tx.fetchval("SELECT count(*) FROM feeds")
    door = spans.one("door")
    assert spans.below(door) == ["BEGIN", "SELECT", "SELECT feeds", "COMMIT"]
    told = spans.one("SELECT feeds")
    assert (told.kind, told.values) == ("client", {"db.system.name": "postgresql", "db.query.summary": "SELECT feeds"})


async def test_shows_what_is_read_and_written_outside_of_one(spans, traced_pool):
    with span_at_door("door", Kind.SERVER, None):
        await fetch("SELECT 1 FROM feeds")
        await fetchrow("SELECT 1 FROM ledgers")
        await fetchval("SELECT 1 FROM holders")
        await run_alone("DELETE FROM feeds WHERE false")
        await pool().executemany("SELECT $1::int", [(1,), (2,)])
    assert spans.below(spans.one("door")) == [
        *("SELECT feeds", "SELECT ledgers", "SELECT holders", "DELETE feeds", "SELECT"),
    ]


async def test_shows_a_rollback_and_which_statement_failed_but_no_value(spans, traced_pool):
    with span_at_door("door", Kind.SERVER, None), pytest.raises(asyncpg.DataError, match="Ada"):
        async with transaction() as tx:
            await tx.fetchval("SELECT id FROM ledgers WHERE id = cast(cast($1 AS text) AS uuid)", "Ada")
    assert spans.below(spans.one("door")) == ["BEGIN", "SELECT ledgers", "ROLLBACK"]
    failed = spans.one("SELECT ledgers")
    assert (failed.is_failed, failed.values["error.type"]) == (True, "InvalidTextRepresentationError")
    assert "Ada" not in repr(spans)


async def test_records_no_statement_of_a_request_that_is_not_recorded(spans, traced_pool):
    await fetchval("SELECT 1")
    assert spans == []


async def test_is_used_only_where_something_is_recorded(database):
    async with pool().acquire() as connection:
        assert type(connection._con) is asyncpg.Connection  # isinstance() would say that it is of every subclass.

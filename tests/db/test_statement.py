"""Parts of several packages are one statement."""

import pytest

from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.statement import Statement, as_text, rows_sql, seldom
from app.db.transaction import transaction


@pytest.fixture
async def table(database):
    await pool().execute("CREATE TABLE parts (customer_id uuid, name text, value text, written_at timestamptz)")
    yield
    await pool().execute("DROP TABLE parts")


MARK = f"""
    UPDATE parts AS p SET value = n.value FROM {rows_sql("text text", "name, value")}
    WHERE p.customer_id = n.customer_id AND p.name = n.name RETURNING p.name
"""
COPY = """
    INSERT INTO parts (customer_id, name, value, written_at)
    SELECT $1, marked.name || suffix, $?, $2 FROM marked CROSS JOIN unnest($?::text[]) AS suffix
"""


async def test_gives_each_part_its_own_arguments(table):
    customer_id, other = new_id(), new_id()
    async with transaction() as tx:
        for one in (customer_id, other):
            await tx.execute("INSERT INTO parts VALUES ($1, 'a', '1'), ($1, 'b', '2')", one)
        now = await tx.now()
        statement = Statement(customer_id, now)
        statement.add("marked", MARK, ["a", "c"], ["3", "4"])
        statement.add("copied", COPY, "5", ["x", "y"])
        statement.topics.add("topic")
        assert tx.topics == frozenset()
        await statement.run(tx)
        assert tx.topics == {"topic"}

    rows = await fetch("SELECT customer_id, name, value, written_at FROM parts ORDER BY customer_id = $1, name", other)
    assert [tuple(row) for row in rows] == [
        (customer_id, "a", "3", None),
        (customer_id, "ax", "5", now),
        (customer_id, "ay", "5", now),
        (customer_id, "b", "2", None),
        (other, "a", "1", None),
        (other, "b", "2", None),
    ]


def test_sends_nothing_of_a_column_that_nobody_has():
    assert seldom([None, None]) == []
    assert seldom([None, 0]) == [None, 0]
    assert seldom([]) == []


async def test_sends_a_column_as_text(database):
    ids = [new_id(), None, new_id()]
    numbers = [-(10**38), None, 0]

    rows = await fetch(
        "SELECT * FROM unnest($1::text::uuid[], $2::text::numeric[], $3::text::boolean[], $4::text::text[])",
        as_text(ids),
        as_text(numbers),
        as_text([True, False, None]),
        as_text(["ledger.updated", "postTransfer", "x"]),
    )

    assert [tuple(row) for row in rows] == [
        (ids[0], numbers[0], True, "ledger.updated"),
        (None, None, False, "postTransfer"),
        (ids[2], 0, None, "x"),
    ]


async def test_sends_an_empty_column_as_text(database):
    assert await fetch("SELECT * FROM unnest($1::text::uuid[])", as_text([])) == []

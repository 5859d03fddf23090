"""A database that had a feed before its places knew the latest instant so far."""

import asyncpg

from app.db import migrate as module
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations


async def test_learns_the_latest_instant_of_each_place(fresh_url, monkeypatch):
    earlier = [migration for migration in migrations() if migration.name < "0006"]
    with monkeypatch.context() as patched:
        patched.setattr(module, "migrations", lambda: earlier)
        await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    customers = sorted(new_id() for _ in range(3))
    await connection.execute(
        "INSERT INTO customers SELECT id, 'Example', now() FROM unnest($1::uuid[]) AS id", customers
    )
    for customer_id, minutes in zip(customers, ([10, 30, 20], [5], []), strict=True):
        await connection.execute(
            """
            WITH told AS (
                INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, body, via,
                                    actor, occurred_at)
                SELECT $1, gen_random_uuid(), 'ledger.created', 'ledger', $1, 1, '{}', 'cli', 'operator',
                       '2026-01-01Z'::timestamptz + minute * interval '1 minute'
                FROM unnest($2::integer[]) AS minute
                RETURNING *
            ), feed AS (
                INSERT INTO feeds (customer_id, last_position) SELECT $1, cardinality($2::integer[])
            )
            INSERT INTO feed_entries (customer_id, position, event_id, type, resource_type, resource_id, occurred_at)
            SELECT $1, row_number() OVER (ORDER BY array_position($2, extract(minute FROM occurred_at)::integer)), id,
                   type, resource_type, resource_id, occurred_at
            FROM told
            """,
            customer_id,
            minutes,
        )
    await migrate(fresh_url)

    minute = "extract(minute FROM latest_at)::integer AS minute"
    places = await connection.fetch(f"SELECT customer_id, {minute} FROM feed_entries ORDER BY customer_id, position")
    assert [(row["customer_id"], row["minute"]) for row in places] == [
        *((customers[0], minute) for minute in (10, 30, 30)),
        (customers[1], 5),
    ]
    feeds = await connection.fetch(f"SELECT {minute} FROM feeds ORDER BY customer_id")
    assert [row["minute"] for row in feeds] == [30, 5, None]
    await connection.close()

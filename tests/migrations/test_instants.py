"""A database in which an expiry had become infinity: what has it can be read and moved again."""

import asyncpg
import pytest

from app.db import migrate as module
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations

LAST = "9998-12-31 23:59:59.999999+00"


async def test_makes_an_infinite_expiry_the_last_instant(fresh_url, monkeypatch):
    earlier = [migration for migration in migrations() if migration.name < "0008"]
    with monkeypatch.context() as patched:
        patched.setattr(module, "migrations", lambda: earlier)
        await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    customer_id, debit_id, credit_id, hold_id, soon_id = (new_id() for _ in range(5))
    await connection.execute("INSERT INTO customers VALUES ($1, 'Example', now())", customer_id)
    await connection.execute(
        """
        INSERT INTO api_keys (customer_id, id, name, prefix, secret_hash, scopes, expires_at, created_at)
        SELECT $1, gen_random_uuid(), name, name, decode(repeat('ab', 32), 'hex'), '{*}', at, now()
        FROM (VALUES ('never', 'infinity'::timestamptz), ('late', '9999-06-01Z'), ('soon', '2027-01-01Z'),
                     ('none', NULL)) AS n (name, at)
        """,
        customer_id,
    )
    await connection.execute(
        """
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative)
        SELECT $1, id, 'BANK', 'GBP', 2, 'CREDIT', true, false FROM unnest($2::uuid[]) AS id
        """,
        customer_id,
        [debit_id, credit_id],
    )
    await connection.execute(
        """
        INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, expires_at,
                           created_at, updated_at)
        SELECT $1, id, 'PLACED', 1, 'GBP', 2, $4, $5, at, now(), now()
        FROM (VALUES ($2::uuid, 'infinity'::timestamptz), ($3, '2027-01-01Z')) AS n (id, at)
        """,
        *(customer_id, hold_id, soon_id, debit_id, credit_id),
    )
    await connection.execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, next_attempt_at, created_at)
        VALUES ($1, $2, 'expire_hold', $2, 'PENDING', 'infinity', now())
        """,
        customer_id,
        hold_id,
    )
    await migrate(fresh_url)

    keys = await connection.fetch("SELECT name, expires_at::text AS at FROM api_keys ORDER BY name")
    assert {row["name"]: row["at"] for row in keys} == {
        "late": LAST, "never": LAST, "none": None, "soon": "2027-01-01 00:00:00+00",
    }  # fmt: skip
    holds = await connection.fetch("SELECT id, expires_at FROM holds")
    assert {row["id"]: row["expires_at"].isoformat(" ") for row in holds} == {
        hold_id: LAST.replace("+00", "+00:00"), soon_id: "2027-01-01 00:00:00+00:00",
    }  # fmt: skip
    assert await connection.fetchval("SELECT next_attempt_at::text FROM outbox_messages") == LAST
    for table in ("holds", "api_keys"):
        for at in ("infinity", "-infinity", "9999-01-01Z", "1969-01-01Z"):
            with pytest.raises(asyncpg.CheckViolationError, match="expires_at"):
                await connection.execute(f"UPDATE {table} SET expires_at = $1::text::timestamptz", at)
    await connection.close()

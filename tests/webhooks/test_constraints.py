"""What the code asserts about webhooks, the database checks too."""

import asyncpg
import pytest

from app.db.connection import fetchrow, fetchval, pool
from app.db.identifiers import new_id

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
COLUMNS = "customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,"
COLUMNS += " payload, status, attempt_count, next_attempt_at, lease_token, created_at, updated_at"


@pytest.fixture
async def endpoint(subscribe, happen, pipeline, receiver):
    made, _ = await subscribe(receiver.url)
    await happen()
    await pipeline.drain(budget_seconds=10)
    return made


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("webhook_endpoints", "status = 'BROKEN'"),
        ("webhook_endpoints", "payload = 'FAT'"),
        ("webhook_endpoints", "url = ''"),
        ("webhook_endpoints", "url = repeat('x', 2049)"),
        ("webhook_endpoints", "description = ''"),
        ("webhook_endpoints", "scopes = '{}'"),
        ("webhook_endpoints", "first_position = -1"),
        ("webhook_endpoints", "version = 0"),
        ("webhook_endpoints", "filter = '[]'"),
        ("webhook_endpoints", "header_names = '{X-Api-Key}'"),
        ("webhook_endpoints", "sealed_headers = repeat('x', 64)::bytea"),
        ("webhook_endpoints", "header_names = '{X-Api-Key}', sealed_headers = 'short'"),
        ("webhook_endpoints", "client_certificate = 'PEM'"),
        ("webhook_endpoints", "sealed_client_key = repeat('x', 64)::bytea"),
        ("webhook_secrets", "scheme = 'v9'"),
        ("webhook_secrets", "sealed = substring(sealed for 32)"),
        ("webhook_fan_outs", "position = -1"),
        ("webhook_deliveries", "status = 'LOST'"),
        ("webhook_deliveries", "payload = 'FAT'"),
        ("webhook_deliveries", "attempt_count = -1"),
        ("webhook_deliveries", "attempt_count = 0"),
        ("webhook_deliveries", "feed_position = -1"),
        ("webhook_deliveries", "next_attempt_at = now()"),
        ("webhook_deliveries", "lease_token = gen_random_uuid()"),
        ("webhook_attempts", "number = 0"),
        ("webhook_attempts", "duration_ms = -1"),
    ],
)
async def test_refuses_what_cannot_be(endpoint, table, change):
    with pytest.raises(asyncpg.CheckViolationError):
        await pool().execute(f"UPDATE {table} SET {change}")


async def test_refuses_a_second_delivery_of_a_message_to_an_endpoint(endpoint):
    copied = COLUMNS.replace(" id,", " gen_random_uuid(),", 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool().execute(f"INSERT INTO webhook_deliveries ({COLUMNS}) SELECT {copied} FROM webhook_deliveries")
    assert await fetchval("SELECT count(*) FROM webhook_deliveries") == 1


@pytest.mark.parametrize("table", ["webhook_deliveries", "webhook_secrets"])
async def test_refuses_to_join_two_customers(endpoint, other_actor, table):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await pool().execute(f"UPDATE {table} SET customer_id = $1", other_actor.customer_id)


async def test_refuses_an_endpoint_of_no_holder_or_of_another_customers(endpoint, other_actor):
    for holder_id in (new_id(), other_actor.customer_id):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await pool().execute("UPDATE webhook_endpoints SET holder_id = $1", holder_id)


async def test_refuses_an_attempt_of_no_delivery(endpoint):
    row = await fetchrow("SELECT customer_id FROM webhook_attempts")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await pool().execute(
            "INSERT INTO webhook_attempts (customer_id, delivery_id, number, started_at, duration_ms)"
            " VALUES ($1, $2, 1, now(), 0)",
            row["customer_id"],
            new_id(),
        )

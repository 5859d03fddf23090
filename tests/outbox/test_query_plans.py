"""Over 50,000 analyzed pieces of promised work, what failed is read from an index that has nothing else in it; and an
idempotency key is found among as many of several operations.
"""

import json

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.idempotency import find_made
from app.idempotency.find_made import find_by_key
from app.kernel.actor import worker_actor
from app.outbox import failed_work
from app.outbox.failed_work import count_failed_work, failed_work_for, list_failed_work
from tests.plans import nodes_of

OURS, OTHERS = 50_000, 20
FAILING = 50
FILL_WORK = """
    INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, next_attempt_at, last_error,
                                 created_at)
    SELECT c.customer_id, gen_random_uuid(), 'expire_hold', gen_random_uuid(), 'PENDING',
           CASE WHEN n <= $3 THEN 5 ELSE 0 END, now() + n * interval '1 second', CASE WHEN n <= $3 THEN 'no' END,
           now() + n * interval '1 second'
    FROM customers AS c
    CROSS JOIN LATERAL generate_series(1, CASE WHEN c.customer_id = $1 THEN $2::integer ELSE 500 END) AS n
"""
FILL_KEYS = """
    INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
    SELECT $1, 'operation' || n % 30, 'key ' || n, sha256('a'), gen_random_uuid(), now()
    FROM generate_series(1, $2::integer) AS n
"""


@pytest.fixture(scope="module")
async def customer_id(own_database):
    ids = [new_id() for _ in range(1 + OTHERS)]
    await pool().execute("INSERT INTO customers SELECT id, 'Example', now() FROM unnest($1::uuid[]) AS id", ids)
    await pool().execute(FILL_WORK, ids[0], OURS, FAILING, timeout=300)
    await pool().execute(FILL_KEYS, ids[0], OURS, timeout=300)
    for table in ("customers", "outbox_messages", "idempotency_keys"):
        await pool().execute(f"VACUUM ANALYZE {table}")
    return ids[0]


@pytest.fixture
def explained(monkeypatch):
    """A function that answers which indexes the one statement of a query used, and how many rows it read."""

    async def explained(reading, module):
        statements = []

        async def note(sql, *arguments):
            statements.append((sql, arguments))
            return await fetch(sql, *arguments)

        with monkeypatch.context() as patched:
            patched.setattr(module, "fetch", note)
            await reading
        ((sql, arguments),) = statements
        told = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        nodes = list(nodes_of(json.loads(told)[0]["Plan"]))
        reads = [node for node in nodes if "Relation Name" in node]
        rows = sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in reads)
        return {node["Index Name"] for node in nodes if "Index Name" in node}, rows, [one["Node Type"] for one in reads]

    return explained


@pytest.mark.thorough
async def test_reads_what_failed_without_what_is_promised_for_later(customer_id, explained):
    for reading in (
        list_failed_work(customer_id, limit=1_000),
        count_failed_work(customer_id, counted_max=10_000),
    ):
        indexes, rows, nodes = await explained(reading, failed_work)
        assert indexes == {"outbox_messages_failed"}
        assert rows <= FAILING
        assert "Seq Scan" not in nodes


@pytest.mark.thorough
async def test_reads_what_failed_for_some_objects_by_their_ids(customer_id, explained):
    resources = await fetch("SELECT resource_id FROM outbox_messages WHERE customer_id = $1 LIMIT 50", customer_id)
    ids = [row["resource_id"] for row in resources]
    indexes, rows, nodes = await explained(failed_work_for(customer_id, ids), failed_work)
    assert indexes <= {"outbox_messages_resource", "outbox_messages_failed"}
    assert rows <= FAILING
    assert "Seq Scan" not in nodes


@pytest.mark.thorough
async def test_finds_a_key_of_any_operation_by_a_few_probes(customer_id, explained):
    indexes, rows, nodes = await explained(find_by_key(worker_actor(customer_id), "key 77"), find_made)
    assert indexes == {"idempotency_keys_pkey"}
    assert rows <= 100
    assert "Seq Scan" not in nodes

"""What transfers and deliveries take on disk, table by table, with their indexes, and transfers in PostgreSQL's log
(WAL): measured with 20,000, shown for a million.

The verb posts the transfers, for 64 callers at once, and the sequencer numbers their events after each thousand.
Deliveries are written by SQL, as the product leaves them: inserted claimed, then recorded as delivered.
"""

import asyncio
from uuid import UUID

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.events.number_events import number_events
from app.journal.coalescer import close_coalescer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.actor import Actor
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.posting_raw import PENNY, some_actor
from benchmarks.product import Servers, another_database, checkpoint, done, opened_customer

LEDGERS = 100
COUNT = 20_000
CALLERS, NUMBERED_AT_ONCE = 64, 1_000
ATTEMPTS_MAX = 13
ANSWER_BYTES, REPEATED_BYTES = 4_096, 1_024
OF_TRANSFERS = ("transfers", "idempotency_keys", "events", "feed_entries")

ENDPOINT = """
    INSERT INTO webhook_endpoints (customer_id, id, url, status, event_types, payload, ordered, scopes, first_position,
                                   created_at, updated_at)
    VALUES ($1, $1, 'https://example.com/hooks', 'ENABLED', '{}', 'FULL', false, '{*}', 0, now(), now())
"""
DELIVERIES = """
    INSERT INTO webhook_deliveries
        (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
         payload, status, next_attempt_at, lease_token, created_at, updated_at)
    SELECT $1, id, $1, id, id, 'transfer.posted', 'transfer', id, n, 'FULL', 'PENDING', now(), $1, now(), now()
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS n FROM transfers WHERE customer_id = $1 ORDER BY id LIMIT $2
    ) AS t
"""
DELIVERED = """
    UPDATE webhook_deliveries
    SET status = 'DELIVERED', attempt_count = 1, next_attempt_at = NULL, lease_token = NULL, updated_at = now()
    WHERE customer_id = $1
"""
ATTEMPTS = """
    INSERT INTO webhook_attempts
        (customer_id, delivery_id, number, started_at, duration_ms, response_status, error, response_body)
    SELECT $1, id, number, now(), 20, $3, CASE WHEN $3 <> 200 THEN 'status: the receiver answered ' || $3 END,
           -- Text that does not compress well, as pages of errors do not.
           left((SELECT string_agg(md5(id::text || number || part), '') FROM generate_series(1, $4 / 32) AS part),
                CASE WHEN number = 1 THEN $4 ELSE $5 END)
    FROM (SELECT id FROM webhook_deliveries WHERE customer_id = $1 ORDER BY id LIMIT $2) AS delivery
    CROSS JOIN generate_series(1, $6::int) AS number
"""


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as own:
        return asyncio.run(_measure(own))


async def _measure(using: Servers) -> list[str]:
    customer_id = (await opened_customer(using.database_url)).customer_id
    await fill_ledgers(customer_id, LEDGERS)
    accounts = await fund_ledgers(customer_id)
    await number_events(customer_id)
    before = {table: await _bytes(table) for table in OF_TRANSFERS}
    await checkpoint(using)
    logged = await _post_and_number(some_actor(customer_id), accounts)
    sizes = {table: await _bytes(table) - before[table] for table in OF_TRANSFERS}
    sizes["a transfer, in all"] = sum(sizes.values())
    sizes |= logged
    await pool().execute(ENDPOINT, customer_id)
    await pool().execute(DELIVERIES, customer_id, COUNT, timeout=300)
    await pool().execute(DELIVERED, customer_id, timeout=300)
    sizes["webhook_deliveries"] = await _bytes("webhook_deliveries")
    sizes["webhook_attempts, one each, answered with nothing"] = await _of_attempts(customer_id, COUNT, 200, 0, 0, 1)
    few = COUNT // 20
    failing = await _of_attempts(customer_id, few, 500, ANSWER_BYTES, REPEATED_BYTES, ATTEMPTS_MAX)
    whole = await _of_attempts(customer_id, few, 500, ANSWER_BYTES, ANSWER_BYTES, ATTEMPTS_MAX)
    sizes[f"webhook_attempts, {ATTEMPTS_MAX} each, the same 4 KiB each time"] = failing * COUNT // few
    sizes["the same if each answer were kept whole"] = whole * COUNT // few
    await close_coalescer()
    await done()
    return [
        "| table, with its indexes | MB for a million |",
        "|---|---|",
        *(f"| {table} | {size / COUNT:,.0f} |" for table, size in sizes.items()),
    ]


async def _post_and_number(actor: Actor, accounts: list[str]) -> dict[str, int]:
    """Post `COUNT` transfers between all pairs of accounts in turn; answers what that and the sequencer logged."""
    posting = numbering = 0
    for first in range(0, COUNT, NUMBERED_AT_ONCE):
        begin = await _logged()
        await asyncio.gather(*(_post_some(actor, accounts, first + caller) for caller in range(CALLERS)))
        posted = await _logged()
        await number_events(actor.customer_id)
        posting += posted - begin
        numbering += await _logged() - posted
    return {"WAL of posting": posting, "WAL of the sequencer": numbering}


async def _post_some(actor: Actor, accounts: list[str], first: int) -> None:
    """One caller's part of the next thousand, one after another."""
    for number in range(first, first - first % NUMBERED_AT_ONCE + NUMBERED_AT_ONCE, CALLERS):
        debit, step = number % len(accounts), 1 + number // len(accounts) % (len(accounts) - 1)
        command = PostTransfer(
            debit_id=accounts[debit],
            credit_id=accounts[(debit + step) % len(accounts)],
            amount=PENNY,
            idempotency_key=str(new_id()),
        )
        await post_transfer(actor.with_request(str(new_id())), command)


async def _logged() -> int:
    """How many bytes PostgreSQL has logged since it was made."""
    return int(await fetchval("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"))


async def _of_attempts(customer_id: UUID, count: int, status: int, first: int, later: int, attempts: int) -> int:
    await pool().execute("TRUNCATE webhook_attempts")
    await pool().execute(ATTEMPTS, customer_id, count, status, first, later, attempts, timeout=300)
    return await _bytes("webhook_attempts")


async def _bytes(table: str) -> int:
    return int(await fetchval("SELECT pg_total_relation_size($1::text::regclass)", table))

"""500 clients that wait for one ledger each: how long after its commit each has its answer."""

import asyncio
import statistics
from time import monotonic
from uuid import UUID

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, pool
from app.db.notifications import notifications, resource_topic
from app.db.transaction import transaction
from app.kernel.actor import Via
from benchmarks.fill import fill_ledgers
from benchmarks.product import Servers, api, client, done, opened_customer

WAITERS = 500
QUERY = "query ($id: ID!) { ledger(by: {id: $id}, wait: true, timeoutMs: 50000) { status } }"


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    key, ledger_ids = asyncio.run(_prepare(using))
    with api(using, QUAESTOR_WAIT_BACKUP_POLL_SECONDS="60") as (_process, address):
        delays = asyncio.run(_wait(using, address, key, ledger_ids))
    p50, worst = statistics.median(delays), max(delays)
    return [
        "| what | figure |",
        "|---|---|",
        f"| {WAITERS} clients waiting at once, commit to answer, p50 | {p50:.0f} ms |",
        f"| the last of them | {worst:.0f} ms |",
    ]


async def _prepare(using: Servers) -> tuple[str, list[UUID]]:
    customer = await opened_customer(using.database_url)
    actor = await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    await fill_ledgers(actor.customer_id, WAITERS)
    await pool().execute("UPDATE ledgers SET status = 'PENDING' WHERE customer_id = $1", actor.customer_id)
    rows = await fetch("SELECT id FROM ledgers WHERE customer_id = $1", actor.customer_id)
    _, key = await create_api_key(actor, CreateApiKey("reader", ["ledgers:read"]))
    await done()
    return key, [row["id"] for row in rows]


async def _wait(using: Servers, address: str, key: str, ledger_ids: list[UUID]) -> list[float]:
    await opened_customer(using.database_url)
    await notifications().at(using.database_url, application_name="quaestor-benchmark").start()
    committed = 0.0
    async with client(address, key, connections=WAITERS) as http:

        async def wait(ledger_id: UUID) -> float:
            answer = await http.post("/graphql", json={"query": QUERY, "variables": {"id": str(ledger_id)}})
            assert answer.json()["data"]["ledger"]["status"] == "OK", answer.text
            return (monotonic() - committed) * 1000

        waiting = [asyncio.create_task(wait(ledger_id)) for ledger_id in ledger_ids]
        await asyncio.sleep(5)
        assert not any(task.done() for task in waiting)
        async with transaction() as tx:
            await tx.execute("UPDATE ledgers SET status = 'OK' WHERE id = ANY($1)", ledger_ids)
            tx.wake(resource_topic(ledger_id) for ledger_id in ledger_ids)
        committed = monotonic()
        delays = await asyncio.gather(*waiting)
    await notifications().stop()
    await done()
    return delays

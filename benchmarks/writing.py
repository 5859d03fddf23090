"""A process that writes events of customers until it is ended, as other API processes would.

`python -m benchmarks.writing DATABASE_URL CUSTOMER_ID=EVENTS_PER_SECOND …`
"""

import asyncio
import sys
from random import Random
from uuid import UUID

from app.db.connection import open_database
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.kernel.actor import Actor, worker_actor

DATA = {"id": str(new_id()), "status": "OK", "metadata": {"filler": "x" * 600}}


async def write(actor: Actor) -> object:
    """Commit one event; answers its id."""
    async with transaction() as tx:
        return await record_event(tx, actor, "ledger.updated", Resource("ledger", new_id(), 1), DATA)


async def write_on(database_url: str, rates: dict[UUID, float]) -> None:
    """Write without end, for each customer so many events a second."""
    await open_database(database_url, pool_size=2, application_name="quaestor-benchmark")
    # An event that is not announced waits until the worker is woken by another: it would always meet a measured one.
    await notifications().at(database_url, application_name="quaestor-benchmark").start()
    async with asyncio.TaskGroup() as tasks:
        for customer_id, rate in rates.items():
            tasks.create_task(_write_on(worker_actor(customer_id), rate))


async def _write_on(actor: Actor, rate: float) -> None:
    await asyncio.sleep(Random(actor.customer_id.int).random() / rate)  # Customers do not write at the same instants.
    while True:
        await write(actor)
        await asyncio.sleep(1 / rate)


def main(database_url: str, *rates: str) -> None:
    """Write until this process is ended."""
    asyncio.run(write_on(database_url, {UUID(one.split("=")[0]): float(one.split("=")[1]) for one in rates}))


if __name__ == "__main__":
    main(*sys.argv[1:])

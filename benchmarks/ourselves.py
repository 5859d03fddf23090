"""Quaestor as one side of a comparison: running, its accounts funded."""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from app.db.migrate import migrate
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Tenant
from benchmarks.others import ACCOUNTS, FUNDS, Opened
from benchmarks.product import Servers, api, done, opened_customer, servers

DATABASE = os.environ.get("QUAESTOR_BENCHMARK_DATABASE_URL", "")
"""A database of the PostgreSQL that the others use: a new one beside it then takes the place of the embedded server."""

_CREDITED = """
SELECT sum(credits) FROM posting_accounts
WHERE customer_id = $1 AND id IN (SELECT id FROM ledgers WHERE customer_id = $1)
"""


@contextmanager
def ourselves() -> Iterator[tuple[str, Opened]]:
    """An API process's address, and its funded ledgers."""
    with servers() as embedded, _database(embedded) as using:
        customer_id, tenant = asyncio.run(_open(using.database_url))
        with api(using) as (_process, address):
            yield address, Opened(tenant, _received(using.database_url, customer_id))


@contextmanager
def _database(embedded: Servers) -> Iterator[Servers]:
    if not DATABASE:
        yield embedded
        return
    name = f"benchmark_{secrets.token_hex(4)}"
    url = urlsplit(DATABASE)._replace(path=f"/{name}").geturl()
    asyncio.run(_fetch(DATABASE, f"CREATE DATABASE {name}"))
    try:
        asyncio.run(migrate(url))
        yield replace(embedded, database_url=url, environment={**embedded.environment, "DATABASE_URL": url})
    finally:
        asyncio.run(_fetch(DATABASE, f"DROP DATABASE {name}"))


async def _open(url: str) -> tuple[UUID, Tenant]:
    customer = await opened_customer(url)
    await fill_ledgers(customer.customer_id, ACCOUNTS, analyzed=False)
    accounts = await fund_ledgers(customer.customer_id)
    await done()
    return customer.customer_id, Tenant(customer.api_key, accounts)


def _received(url: str, customer_id: UUID) -> Callable[[], int]:
    return lambda: int(asyncio.run(_fetch(url, _CREDITED, customer_id))) - ACCOUNTS * FUNDS


async def _fetch(url: str, sql: str, *values: object) -> int:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *values) or 0
    finally:
        await connection.close()

"""Many small customers beside one big one: with transactions of their own, and with transactions that they share.

A thousand customers with two ledgers each, and one with two thousand, in one database; a process of the API for each
way, asked in turn by 64 clients. Figures are medians of the rounds.
"""

import asyncio
import os
from contextlib import ExitStack

from app.access.open_customer import open_customer
from app.journal.coalescer import close_coalescer
from benchmarks.fill import fill_ledgers, fund_ledgers
from benchmarks.load import Tenant
from benchmarks.posting import LEDGERS_OF_A_SMALL_ONE, SMALL_CUSTOMERS, Figure, Side, median
from benchmarks.product import Servers, another_database, api, done, opened_customer

CLIENTS = 64
ROUNDS = int(os.environ.get("QUAESTOR_BENCHMARK_ROUNDS", "5"))
SECONDS = float(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "3"))
APART = {"QUAESTOR_CUSTOMERS_PER_TRANSACTION": "1"}


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    with another_database(using) as own:
        return asyncio.run(_compare(own))


async def _compare(using: Servers) -> list[str]:
    big = await opened_customer(using.database_url)
    await fill_ledgers(big.customer_id, SMALL_CUSTOMERS * LEDGERS_OF_A_SMALL_ONE, analyzed=False)
    one = [Tenant(big.api_key, await fund_ledgers(big.customer_id))]
    small = []
    for number in range(SMALL_CUSTOMERS):
        customer = await open_customer(f"Small {number}")
        await fill_ledgers(customer.customer_id, LEDGERS_OF_A_SMALL_ONE, holders=1, analyzed=False)
        small.append(Tenant(customer.api_key, await fund_ledgers(customer.customer_id)))
    with ExitStack() as stack:
        apart = stack.enter_context(api(using, **APART))
        shared = stack.enter_context(api(using))
        sides = {
            "one customer": Side(*shared, one, seconds=SECONDS),
            f"{SMALL_CUSTOMERS:,} customers, each a transaction of its own": Side(*apart, small, seconds=SECONDS),
            f"{SMALL_CUSTOMERS:,} customers share transactions": Side(*shared, small, seconds=SECONDS),
        }
        seen: dict[str, list[Figure]] = {name: [] for name in sides}
        for _ in range(ROUNDS):
            for name, side in sides.items():
                seen[name].append(await side.post(CLIENTS))
    await close_coalescer()
    await done()
    medians = {name: median(figures, key=lambda figure: figure.seen.per_second) for name, figures in seen.items()}
    best = medians["one customer"].seen.per_second
    return [
        f"| {CLIENTS} clients post for | transfers/s | of one customer's | p50 ms | p99 ms | API's CPU ms |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {figure.seen.per_second:,.0f} | {figure.seen.per_second / best:.2f} |"
            f" {figure.seen.p50_ms:.1f} | {figure.seen.p99_ms:.1f} | {figure.api_cpu_ms:.3f} |"
            for name, figure in medians.items()
        ),
    ]

"""Prove the books: every invariant, from the entries up, while postings go on.

Each customer is proven in one read-only snapshot that blocks no writer. Whatever grows with the number of transfers is
sorted and joined by PostgreSQL; this process reads one row at a time.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from app.db.connection import Connection, pool
from app.kernel.errors import NotFound
from app.proof.control_rules import BELOW_BY_FORCE, CONTROL_RULES
from app.proof.date_rules import DATE_RULES
from app.proof.event_rules import EVENT_RULES
from app.proof.findings import Finding, Findings, Rule
from app.proof.key_rules import KEY_RULES
from app.proof.ledger_rules import LEDGER_RULES
from app.proof.payment_rules import PAYMENT_RULES
from app.proof.promise_rules import PROMISE_RULES
from app.proof.prove_accounts import prove_accounts
from app.proof.prove_bodies import prove_bodies
from app.proof.safeguarding import Safeguarded, prove_safeguarding
from app.proof.transfer_rules import HOLD_RULES, TRANSFER_RULES
from app.proof.wallet_rules import WALLET_RULES

FINDINGS_KEPT = 20
CUSTOMERS_PER_PAGE = 1_000
STATEMENT_SECONDS_MAX = 6 * 3_600.0
LOCK_TIMEOUT = "1min"
"""How long a proof waits for a table that is locked as a whole, as by a migration or `VACUUM FULL`: longer than a
request waits, since nothing waits for the proof.
"""

# For joins and sorts of whole tables: without statistics nested loops can be very slow, hashing and sorting cannot.
_PREPARE_SQL = """
    SET LOCAL enable_nestloop = off;
    SET LOCAL plan_cache_mode = force_custom_plan;
    SET LOCAL work_mem = '64MB';
"""
_COUNTED = ("transfers", "holds", "payments", "events", "idempotency_keys", "ledgers", "wallets")
_COUNT_SQL = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM {table} WHERE customer_id = $1) AS {table}" for table in _COUNTED
)
_FIRST_FINDINGS_SQL = """
    SELECT object_id::text, stored::text, expected::text, count(*) OVER () AS total FROM ({wrong}) AS wrong
    ORDER BY 1 LIMIT $2
"""
RULES: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("transfers", TRANSFER_RULES),
    ("value dates", DATE_RULES),
    ("holds", HOLD_RULES),
    ("payments", PAYMENT_RULES),
    ("promised work", PROMISE_RULES),
    ("events", EVENT_RULES),
    ("idempotency keys", KEY_RULES),
    ("ledgers", LEDGER_RULES),
    ("wallets", WALLET_RULES),
    ("freezes and overdrafts", CONTROL_RULES),
)
"""Rules in the order in which they are proven, by the subject that progress messages name."""


@dataclass(slots=True)
class Counts:
    """How much was checked."""

    customers: int = 0
    accounts: int = 0
    entries: int = 0
    transfers: int = 0
    holds: int = 0
    payments: int = 0
    events: int = 0
    idempotency_keys: int = 0
    ledgers: int = 0
    wallets: int = 0


@dataclass(slots=True)
class Proof:
    """What was checked, what was found, and how long it took. `below_by_force` breaks no rule, but is to be known.
    `safeguarded` is None unless it was asked for.
    """

    counts: Counts
    findings: Findings
    below_by_force: Findings
    safeguarded: list[Safeguarded] | None = None
    seconds: float = 0.0

    @property
    def is_proven(self) -> bool:
        """Whether every object obeys every rule."""
        return not self.findings.counts


async def prove_books(
    customer_id: UUID | None = None,
    *,
    kept_max: int = FINDINGS_KEPT,
    safeguarding: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Prove the books of one customer, or of all; `kept_max` findings of each rule are kept, all are counted. With
    `safeguarding` also that no wallets hold more than the ledger that backs them.

    `tell` is called with progress in words. Writers are not blocked. Each customer's proof is one transaction: while it
    runs, PostgreSQL keeps old versions of rows for it, as for a backup.

    :raises NotFound: no such customer.
    :raises asyncpg.PostgresError, OSError: PostgreSQL ended the proof, or went away: nothing was proven.
    """
    began = time.monotonic()
    proof = Proof(Counts(), Findings(kept_max), Findings(kept_max), [] if safeguarding else None)
    async for found in _customers(customer_id):
        proof.counts.customers += 1
        tell_of_customer = partial(_tell_of_customer, tell, f"customer {proof.counts.customers} ({found})")
        async with _snapshot() as connection:
            await _prove_customer(connection, found, proof, tell_of_customer)
    if customer_id is not None and not proof.counts.customers:
        raise NotFound("There is no customer with this identifier.", path=("customer",))
    proof.seconds = time.monotonic() - began
    return proof


def _tell_of_customer(tell: Callable[[str], None], customer: str, text: str) -> None:
    tell(f"{customer}: {text}")


@asynccontextmanager
async def _snapshot() -> AsyncIterator[Connection]:
    async with (
        pool().acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_PREPARE_SQL)
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield connection


async def _customers(only: UUID | None) -> AsyncIterator[UUID]:
    last = UUID(int=0)
    while True:
        rows = await pool().fetch(
            "SELECT customer_id FROM customers WHERE customer_id > $1 AND ($2::uuid IS NULL OR customer_id = $2)"
            " ORDER BY customer_id LIMIT $3",
            last,
            only,
            CUSTOMERS_PER_PAGE,
        )
        for row in rows:
            yield row["customer_id"]
        if len(rows) < CUSTOMERS_PER_PAGE:
            return
        last = rows[-1]["customer_id"]


async def _prove_customer(connection: Connection, customer_id: UUID, proof: Proof, tell: Callable[[str], None]) -> None:
    tell("accounts and entries")
    accounts = await prove_accounts(connection, customer_id, proof.findings, tell, seconds_max=STATEMENT_SECONDS_MAX)
    counts = proof.counts
    counts.accounts += accounts.accounts
    counts.entries += accounts.entries
    for subject, rules in RULES:
        tell(subject)
        for rule in rules:
            await _prove_rule(connection, customer_id, rule, proof.findings)
    tell("bodies of events")
    await prove_bodies(connection, customer_id, proof.findings, seconds_max=STATEMENT_SECONDS_MAX)
    await _prove_rule(connection, customer_id, BELOW_BY_FORCE, proof.below_by_force)
    if proof.safeguarded is not None:
        tell("safeguarding")
        proof.safeguarded += await prove_safeguarding(
            connection, customer_id, proof.findings, seconds_max=STATEMENT_SECONDS_MAX
        )
    row = await connection.fetchrow(_COUNT_SQL, customer_id, timeout=STATEMENT_SECONDS_MAX)
    assert row is not None
    for table in _COUNTED:
        setattr(counts, table, getattr(counts, table) + row[table])


async def _prove_rule(connection: Connection, customer_id: UUID, rule: Rule, findings: Findings) -> None:
    wrong = _FIRST_FINDINGS_SQL.format(wrong=rule.sql)
    rows = await connection.fetch(wrong, customer_id, max(findings.room(rule.name), 1), timeout=STATEMENT_SECONDS_MAX)
    for row in rows:
        findings.add(
            Finding(customer_id, rule.name, rule.object_type, row["object_id"], row["stored"], row["expected"])
        )
    if rows:
        findings.add_uncounted(rule.name, rows[0]["total"] - len(rows))

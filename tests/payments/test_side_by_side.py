"""Everything about payments at once: nothing is lost, nothing is done twice, and the books are right."""

import asyncio
import random

import pytest

from app.db.connection import fetch, fetchval, pool
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.errors import DomainError, IdempotencyMismatch, InsufficientFunds, InvalidState
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.payments.movements import LOCK_WAITERS_MAX
from app.proof.prove_books import prove_books
from tests.bookkeeping import gbp, open_account
from tests.journal.orders import locked, until_waiting

LEDGERS, STEPS, CALLERS = 4, 300, 15


@pytest.fixture
async def step(actor, issue, receive, send):
    """A function that does one thing or another, with one ledger or another."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    ledger_ids = [await issue() for _ in range(LEDGERS)]
    for ledger_id in ledger_ids:
        await receive(ledger_id, "20.00")

    async def do(number):
        ledger_id, other = dice.sample(ledger_ids, 2)
        value, key = f"{dice.randrange(1, 3_000) / 100:.2f}", f"key-{number - dice.randrange(2)}"
        match dice.randrange(10):
            case 0 | 1 | 2:
                await receive(ledger_id, value, key)
            case 3 | 4 | 5 | 6:
                simulate = dice.choice([None, None, "decline", "unavailable"])
                await send(ledger_id, value, key, metadata={"simulate": simulate} if simulate else None)
            case 7 | 8:
                await post_transfer(
                    actor,
                    PostTransfer(debit_id=str(ledger_id), credit_id=str(other), amount=gbp(value), idempotency_key=key),
                )
            case 9:
                await close_ledger(actor, CloseLedger(str(ledger_id)))

    return do


@pytest.mark.thorough
async def test_keeps_the_books_right_when_all_happens_at_once(step, work):
    refusals, numbers = [], iter(range(STEPS))

    async def caller():
        for number in numbers:
            try:
                await step(number)
            except DomainError as refusal:
                refusals.append(refusal)

    async def worker():
        while not calling.done():
            await work()
            await asyncio.sleep(0.01)

    calling = asyncio.gather(*(caller() for _ in range(CALLERS)))
    await asyncio.gather(calling, worker(), worker())
    await work.through_all_retries()

    assert {type(refusal) for refusal in refusals} <= {InsufficientFunds, InvalidState, IdempotencyMismatch}
    proof = await prove_books()
    assert proof.is_proven, proof.findings
    assert proof.counts.payments == await fetchval("SELECT count(*) FROM payments") > 50
    assert await fetchval("SELECT count(*) FROM payments WHERE status = 'PENDING'") == 0
    out = await fetch("SELECT id, partner_reference FROM payments WHERE status = 'ACCEPTED' AND direction = 'OUT'")
    paid = await fetch("SELECT payment_id, partner_reference FROM simulator_payments")
    assert len(paid) > 5
    assert sorted(map(tuple, out)) == sorted(map(tuple, paid))


async def test_leaves_connections_to_others_while_many_wait_for_the_settlement_account(
    actor, make_actor, issue, receive
):
    ledger_id = await issue()
    await receive(ledger_id, "1.00")
    other = await make_actor()
    payer, payee = await open_account(other.customer_id, balance=1_000), await open_account(other.customer_id)
    settlement_id = await fetchval("SELECT id FROM system_accounts WHERE customer_id = $1", actor.customer_id)
    async with locked(actor.customer_id, settlement_id):
        arriving = [
            asyncio.create_task(receive(ledger_id, "1.00", key=f"arrival-{number}"))
            for number in range(2 * pool().get_max_size())
        ]
        await until_waiting(LOCK_WAITERS_MAX)
        await post_transfer(
            other, PostTransfer(debit_id=str(payer), credit_id=str(payee), amount=gbp("1.00"), idempotency_key="key-1")
        )
        assert not any(task.done() for task in arriving)
    await asyncio.gather(*arriving)

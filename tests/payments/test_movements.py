"""The transaction of a payment, where others are at what it needs."""

import asyncio
import contextvars

import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.journal.posting_accounts import lock_posting_account, set_holder
from app.kernel.errors import LimitExceeded
from tests.bookkeeping import nothing_changes
from tests.payments.conftest import TellingBank, a_holder, declining, stored_payment


async def test_refuses_to_wait_long_for_any_lock_and_changes_nothing(actor, ledger_id, issue, receive, send, carry_out):
    pending, _ = await send(ledger_id)
    busy_ledger_id = await issue()
    bank = TellingBank()
    async with nothing_changes(), pool().acquire() as connection:
        others = connection.transaction()
        await others.start()
        for operation in ("sendPayment", "simulateIncomingPayment"):
            await connection.execute(
                "INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)"
                " VALUES ($1, $2, 'key-2', sha256(''), $3, now())",
                actor.customer_id,
                operation,
                new_id(),
            )
        await connection.execute("SELECT FROM payments WHERE id = $1 FOR UPDATE", pending.id)
        await connection.execute("SELECT FROM ledgers WHERE id = $1 FOR UPDATE", busy_ledger_id)
        refusals = await asyncio.gather(
            send(ledger_id, "1.00", "key-2"),
            receive(ledger_id, "1.00", "key-2"),
            receive(busy_ledger_id, "1.00", "key-3"),
            carry_out(pending.id, partner=bank),
            return_exceptions=True,
        )
        await others.rollback()

    assert [type(refusal) for refusal in refusals] == [LimitExceeded] * 4
    assert {refusal.path for refusal in refusals} == {("ledger_id",)}
    assert (await send(ledger_id, "1.00", "key-2"))[1] is False
    await carry_out(pending.id, partner=bank)
    assert (await stored_payment(pending.id))["status"] == "ACCEPTED"


@pytest.mark.parametrize("step", ["send", "receive", "accept", "decline"])
async def test_tells_the_holder_that_the_ledger_got_meanwhile(actor, ledger_id, send, receive, carry_out, told, step):
    pending, _ = await send(ledger_id)
    holder_id = await a_holder(actor)
    ask = {
        "send": lambda: send(ledger_id, "1.00", "key-2"),
        "receive": lambda: receive(ledger_id, "1.00", "key-2"),
        "accept": lambda: carry_out(pending.id, partner=TellingBank()),
        "decline": lambda: carry_out(pending.id, partner=declining()),
    }[step]
    async with transaction() as tx:
        await lock_posting_account(tx, actor.customer_id, ledger_id)
        asking = asyncio.create_task(ask(), context=contextvars.Context())
        while not await fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not asking.done()
            await asyncio.sleep(0.01)
        await set_holder(tx, actor.customer_id, ledger_id, holder_id)
        await tx.execute(
            "UPDATE ledgers SET holder_id = $3 WHERE customer_id = $1 AND id = $2",
            actor.customer_id,
            ledger_id,
            holder_id,
        )
    await asking

    (newest,) = await fetch("SELECT id FROM payments ORDER BY updated_at DESC LIMIT 1")
    event = (await told(newest["id"]))[-1]
    assert event.holder_id == holder_id
    assert (await stored_payment(newest["id"]))["version"] == event.resource_version
    versions = [one.resource_version for one in await told(newest["id"])]
    assert versions == list(range(1, len(versions) + 1))

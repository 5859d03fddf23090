import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetchval, pool
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.close_ledger import CloseLedger, close_ledger
from tests.ledgers.conftest import EUR, posting_account, some_id


@pytest.fixture
def open_ledger(issue, make_holder, work):
    """A function that makes a ledger that is OK."""

    async def make(**wanted):
        ledger_id = await issue(await make_holder(), **wanted)
        await work.provision(ledger_id)
        return ledger_id

    return make


async def test_closes_for_ever(actor, open_ledger, told):
    ledger_id = await open_ledger()
    ledger, replayed = await close_ledger(actor, CloseLedger(str(ledger_id), "Moved to another bank."))
    assert (ledger.status, ledger.status_reason, replayed) == ("CLOSED", "Moved to another bank.", False)
    assert (ledger.iban_status, ledger.is_settled) == ("OK", True)
    assert (await told(ledger_id))[-1] == ("ledger.status.closed", 4, {"status": "OK"})
    assert (await posting_account(ledger_id))["is_open"] is False


async def test_is_once_when_asked_twice(actor, open_ledger, told_types):
    ledger_id = await open_ledger()
    await close_ledger(actor, CloseLedger(str(ledger_id), "The first reason."))
    ledger, replayed = await close_ledger(actor, CloseLedger(str(ledger_id), "Another."))
    assert (ledger.status, ledger.status_reason, replayed) == ("CLOSED", "The first reason.", True)
    assert (await told_types(ledger_id)).count("ledger.status.closed") == 1


async def test_is_once_when_asked_at_once(actor, open_ledger, told_types):
    for _ in range(10):
        ledger_id = await open_ledger()
        answers = await asyncio.gather(*(close_ledger(actor, CloseLedger(str(ledger_id))) for _ in range(5)))
        assert sorted(replayed for _, replayed in answers) == [False, True, True, True, True]
        assert (await told_types(ledger_id)).count("ledger.status.closed") == 1


async def test_takes_a_pending_iban_to_declined(actor, open_ledger, work, told):
    ledger_id = await open_ledger(**EUR)
    await assign_iban(actor, AssignIban(str(ledger_id)))
    ledger, _ = await close_ledger(actor, CloseLedger(str(ledger_id)))
    assert (ledger.status, ledger.iban_status, ledger.version) == ("CLOSED", "DECLINED", 5)
    assert (await told(ledger_id))[3:] == [
        ("ledger.status.closed", 4, {"status": "OK"}),
        ("ledger.iban_status.declined", 5, {"iban_status": "PENDING"}),
    ]
    await work.all()
    assert await fetchval("SELECT count(*) FROM simulator_ibans") == 0


@pytest.mark.parametrize(
    ("totals", "message"),
    [
        ("credits = 100", "has a balance"),
        ("credits = 100, debits = 40", "has a balance"),
        ("credits = 100, debits = 100, held = 1, allow_negative = true", "has holds"),
    ],
)
async def test_refuses_a_balance_or_holds(actor, open_ledger, read, totals, message):
    ledger_id = await open_ledger()
    await pool().execute(f"UPDATE posting_accounts SET {totals} WHERE id = $1", ledger_id)
    with pytest.raises(InvalidState) as refusal:
        await close_ledger(actor, CloseLedger(str(ledger_id)))
    assert (refusal.value.path, refusal.value.status) == (("input", "ledgerId"), "OK")
    assert message in refusal.value.message
    assert (await read(ledger_id)).status == "OK"
    assert (await posting_account(ledger_id))["is_open"] is True


async def test_closes_a_ledger_whose_balance_came_back_to_zero(actor, open_ledger):
    ledger_id = await open_ledger()
    await pool().execute("UPDATE posting_accounts SET credits = 100, debits = 100 WHERE id = $1", ledger_id)
    ledger, _ = await close_ledger(actor, CloseLedger(str(ledger_id)))
    assert ledger.status == "CLOSED"


async def test_refuses_virtual_ledgers_and_other_statuses(actor, issue, issue_virtual, make_holder, work, told_types):
    pending, virtual = await issue(), await issue_virtual()
    in_error = await issue(await make_holder("QUARANTINE"))
    declined = await issue(jurisdiction="KP")
    for one in (in_error, declined):
        await work.provision(one)
    for ledger_id, status in ((pending, "PENDING"), (virtual, "OK"), (in_error, "ERROR"), (declined, "DECLINED")):
        before = await told_types(ledger_id)
        with pytest.raises(InvalidState) as refusal:
            await close_ledger(actor, CloseLedger(str(ledger_id)))
        assert (refusal.value.path, refusal.value.status) == (("input", "ledgerId"), status)
        assert await told_types(ledger_id) == before


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, open_ledger, read):
    ledger_id = await open_ledger()
    with pytest.raises(NotFound):
        await close_ledger(other_actor, CloseLedger(str(ledger_id)))
    with pytest.raises(NotFound):
        await close_ledger(actor, CloseLedger(some_id()))
    with pytest.raises(Invalid) as refusal:
        await close_ledger(actor, CloseLedger(str(ledger_id), "a\x00b"))
    assert refusal.value.path == ("input", "reason")
    with pytest.raises(Forbidden):
        await close_ledger(replace(actor, scopes=frozenset({"ledgers:read"})), CloseLedger(str(ledger_id)))
    assert (await read(ledger_id)).status == "OK"


async def test_is_once_for_one_key(actor, open_ledger):
    first, second = await open_ledger(), await open_ledger()
    await close_ledger(actor, CloseLedger(str(first), idempotency_key="close-1"))
    _, replayed = await close_ledger(actor, CloseLedger(str(first), idempotency_key="close-1"))
    assert replayed
    with pytest.raises(IdempotencyMismatch):
        await close_ledger(actor, CloseLedger(str(second), idempotency_key="close-1"))
    assert await fetchval("SELECT count(*) FROM ledgers WHERE status = 'CLOSED'") == 1

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.amounts import AmountText
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.release_hold import ReleaseHold, release_hold
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger
from app.ledgers.status import LedgerStatus
from app.proof.prove_books import prove_books
from tests.bookkeeping import fund, gbp, nothing_changes
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
    assert (refusal.value.path, refusal.value.status) == (("ledger_id",), "OK")
    assert message in refusal.value.message
    assert (await read(ledger_id)).status == "OK"
    assert (await posting_account(ledger_id))["is_open"] is True


async def test_closes_a_ledger_whose_balance_came_back_to_zero(actor, open_ledger):
    ledger_id = await open_ledger()
    await pool().execute("UPDATE posting_accounts SET credits = 100, debits = 100 WHERE id = $1", ledger_id)
    ledger, _ = await close_ledger(actor, CloseLedger(str(ledger_id)))
    assert ledger.status == "CLOSED"


async def test_refuses_other_statuses(actor, issue, make_holder, work, told_types):
    pending = await issue()
    in_error = await issue(await make_holder("QUARANTINE"))
    declined = await issue(jurisdiction="KP")
    for one in (in_error, declined):
        await work.provision(one)
    for ledger_id, status in ((pending, "PENDING"), (in_error, "ERROR"), (declined, "DECLINED")):
        before = await told_types(ledger_id)
        with pytest.raises(InvalidState) as refusal:
            await close_ledger(actor, CloseLedger(str(ledger_id)))
        assert (refusal.value.path, refusal.value.status) == (("ledger_id",), status)
        assert await told_types(ledger_id) == before


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, open_ledger, read):
    ledger_id = await open_ledger()
    with pytest.raises(NotFound):
        await close_ledger(other_actor, CloseLedger(str(ledger_id)))
    with pytest.raises(NotFound):
        await close_ledger(actor, CloseLedger(some_id()))
    with pytest.raises(Invalid) as refusal:
        await close_ledger(actor, CloseLedger(str(ledger_id), "a\x00b"))
    assert refusal.value.path == ("reason",)
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


async def test_takes_another_way_of_writing_for_the_same_content(actor, open_ledger):
    ledger_id = str(await open_ledger())
    await close_ledger(actor, CloseLedger(ledger_id, "Moved.", idempotency_key="close-1"))
    _, replayed = await close_ledger(actor, CloseLedger(ledger_id.upper(), " Moved. ", idempotency_key="close-1"))
    assert replayed


@pytest.fixture
def pay(actor):
    """A function that posts or holds so much between two ledgers."""

    async def make(debit_id, credit_id, value="1.00", *, hold=False):
        key, amount = str(new_id()), gbp(value)
        if hold:
            return await place_hold(
                actor, PlaceHold(debit_id=str(debit_id), credit_id=str(credit_id), amount=amount, idempotency_key=key)
            )
        return await post_transfer(
            actor, PostTransfer(debit_id=str(debit_id), credit_id=str(credit_id), amount=amount, idempotency_key=key)
        )

    return make


async def test_waits_until_no_hold_would_debit_or_credit_it(actor, open_ledger, pay):
    payer, payee = await open_ledger(), await open_ledger()
    await fund(actor.customer_id, payer, 100)
    hold, _ = await pay(payer, payee, hold=True)
    for ledger_id in (payer, payee):
        async with nothing_changes():
            with pytest.raises(InvalidState) as refusal:
                await close_ledger(actor, CloseLedger(str(ledger_id)))
        assert (refusal.value.path, refusal.value.status) == (("ledger_id",), "OK")
    await release_hold(actor, ReleaseHold(str(hold.id)))
    ledger, replayed = await close_ledger(actor, CloseLedger(str(payee)))
    assert (ledger.status, replayed) == ("CLOSED", False)


async def test_closes_after_the_last_penny_was_moved_away(actor, open_ledger, pay):
    payer, payee = await open_ledger(), await open_ledger()
    await fund(actor.customer_id, payer, 100)
    async with nothing_changes():
        with pytest.raises(InvalidState):
            await close_ledger(actor, CloseLedger(str(payer)))
    await pay(payer, payee)
    await close_ledger(actor, CloseLedger(str(payer)))
    async with nothing_changes():
        for sides, argument in (((payer, payee), "debit_id"), ((payee, payer), "credit_id")):
            for hold in (False, True):
                with pytest.raises(InvalidState) as refusal:
                    await pay(*sides, hold=hold)
                assert refusal.value.path == (argument,)


@pytest.mark.thorough
@pytest.mark.parametrize("hold", [False, True])
async def test_is_decided_one_way_against_a_posting_at_the_same_time(actor, open_ledger, pay, hold):
    payer = await open_ledger()
    await fund(actor.customer_id, payer, 10_000)
    for attempt in range(20):
        payee = await open_ledger()
        closing, paying = close_ledger(actor, CloseLedger(str(payee))), pay(payer, payee, hold=hold)
        both = [closing, paying] if attempt % 2 else [paying, closing]
        answers = await asyncio.gather(*both, return_exceptions=True)
        closed, paid = answers if attempt % 2 else answers[::-1]
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [InvalidState]
        await is_consistent(payee, closed=not isinstance(closed, Exception), hold=hold)
        assert isinstance(paid, Exception) is not isinstance(closed, Exception)


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("closing_is_first", [False, True])
async def test_lets_whoever_locks_the_account_first_decide(actor, open_ledger, pay, closing_is_first, hold):
    payer, payee = await open_ledger(), await open_ledger()
    await fund(actor.customer_id, payer, 100)
    steps = [close_ledger(actor, CloseLedger(str(payee))), pay(payer, payee, hold=hold)]
    tasks = []
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM posting_accounts WHERE id = $1 FOR UPDATE", payee)
        for number, step in enumerate(steps if closing_is_first else steps[::-1], start=1):
            tasks.append(asyncio.create_task(step))
            while await fetchval(WAITING) < number:
                await asyncio.sleep(0.01)
    first, second = await asyncio.gather(*tasks, return_exceptions=True)
    assert not isinstance(first, Exception)
    assert isinstance(second, InvalidState)
    await is_consistent(payee, closed=closing_is_first, hold=hold)


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def is_consistent(payee, *, closed, hold):
    """The ledger is closed and empty, or open with what came."""
    status = await fetchval("SELECT status FROM ledgers WHERE id = $1", payee)
    holds = await fetchval("SELECT count(*) FROM holds WHERE credit_id = $1", payee)
    account = await posting_account(payee)
    found = (status, account["is_open"], account["credits"], holds)
    assert found == (("CLOSED", False, 0, 0) if closed else ("OK", True, 0 if hold else 100, 1 if hold else 0))


async def test_closes_a_virtual_ledger_as_it_closes_others(actor, issue_virtual):
    ledger_id = await issue_virtual()
    movement = VirtualMovement(str(ledger_id), AmountText("1.5", "GOLD"), "in")
    await credit_virtual_ledger(actor, movement)
    async with nothing_changes():
        with pytest.raises(InvalidState, match="balance"):
            await close_ledger(actor, CloseLedger(str(ledger_id)))
    await debit_virtual_ledger(actor, replace(movement, idempotency_key="out"))

    closed, replayed = await close_ledger(actor, CloseLedger(str(ledger_id), "Given back."))

    assert (closed.status, closed.status_reason, replayed) == (LedgerStatus.CLOSED, "Given back.", False)
    assert (await close_ledger(actor, CloseLedger(str(ledger_id))))[1]
    with pytest.raises(InvalidState) as refused:
        await credit_virtual_ledger(actor, replace(movement, idempotency_key="late"))
    assert refused.value.status == "CLOSED"
    assert (await prove_books(actor.customer_id)).is_proven

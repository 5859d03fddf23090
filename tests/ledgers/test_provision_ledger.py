import asyncio
import contextvars

import pytest
from schwifty import IBAN

from app.db.connection import fetchval, pool
from app.kernel.actor import worker_actor
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.provision_ledger import provision_ledger
from app.lifecycle.advance import advance
from app.outbox.drain import Unavailable
from app.partners.port import BankAccount
from tests.ledgers.conftest import EUR, GivingBank, posting_account


async def test_makes_a_gbp_ledger_ok_with_account_and_iban_at_once(issue, make_holder, work, read, told):
    ledger_id = await issue(await make_holder())
    await work.provision(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.iban_status, ledger.is_settled, ledger.version) == ("OK", "OK", True, 3)
    assert (ledger.sort_code, ledger.account_number, ledger.bic) == ("040052", "00000001", "PAYRGB2LXXX")
    iban = IBAN(ledger.iban)
    assert (iban.country_code, iban.bank_code, iban.branch_code, iban.account_code) == (
        "GB",
        "PAYR",
        "040052",
        "00000001",
    )
    assert await told(ledger_id) == [
        ("ledger.created", 1, None),
        ("ledger.status.ok", 2, {"status": "PENDING"}),
        ("ledger.iban_status.ok", 3, {"iban_status": "NOT_REQUESTED"}),
    ]
    assert (await posting_account(ledger_id))["is_open"] is True


async def test_makes_a_eur_ledger_ok_without_iban(issue, make_holder, work, read, told_types):
    ledger_id = await issue(await make_holder(), **EUR)
    await work.all()
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.iban_status, ledger.iban, ledger.bic) == ("OK", "NOT_REQUESTED", None, None)
    assert (ledger.sort_code, ledger.account_number, ledger.is_settled) == (None, None, True)
    assert await told_types(ledger_id) == ["ledger.created", "ledger.status.ok"]


async def test_makes_an_unassigned_ledger_ok(issue, work, read):
    ledger_id = await issue()
    await work.provision(ledger_id)
    assert ((await read(ledger_id)).status, (await read(ledger_id)).holder) == ("OK", None)


@pytest.mark.parametrize("status", ["PENDING", "QUARANTINE", "DECLINED"])
async def test_puts_a_ledger_into_error_whose_holder_may_not_hold(issue, make_holder, work, read, told, status):
    ledger_id = await issue(await make_holder(status))
    await work.provision(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.status_reason) == ("ERROR", f"The holder is {status}.")
    assert (ledger.missing_data, ledger.sort_code) == ([], None)
    assert await told(ledger_id) == [
        ("ledger.created", 1, None),
        ("ledger.status.error", 2, {"status": "PENDING"}),
    ]
    assert (await posting_account(ledger_id))["is_open"] is False
    assert await fetchval("SELECT count(*) FROM simulator_requests") == 0


async def test_puts_a_ledger_into_missing_data_whose_holder_lacks_some(issue, make_holder, work, read, told):
    ledger_id = await issue(await make_holder("MISSING_DATA"))
    await work.provision(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.status_reason) == ("MISSING_DATA", "The holder is MISSING_DATA.")
    assert ledger.missing_data == ["dateOfBirth"]
    assert (await told(ledger_id))[1:] == [("ledger.status.missing_data", 2, {"status": "PENDING"})]


async def test_declines_a_jurisdiction_that_is_not_on_the_list(issue, make_holder, work, read, told):
    ledger_id = await issue(await make_holder(), jurisdiction="KP")
    await work.provision(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.status_reason) == ("DECLINED", "The jurisdiction KP is not accepted.")
    assert await told(ledger_id) == [
        ("ledger.created", 1, None),
        ("ledger.status.declined", 2, {"status": "PENDING"}),
    ]
    assert await fetchval("SELECT count(*) FROM simulator_requests") == 0


async def test_declines_what_the_bank_declines(issue, make_holder, work, read, told):
    ledger_id = await issue(await make_holder(), metadata={"simulate": "decline"})
    await work.provision(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.status_reason) == ("DECLINED", "The bank declined this ledger.")
    assert ledger.is_settled is True
    assert (await told(ledger_id))[1:] == [("ledger.status.declined", 2, {"status": "PENDING"})]


async def test_takes_a_pending_iban_to_declined_with_the_ledger(actor, issue, make_holder, work, read, told):
    ledger_id = await issue(await make_holder(), metadata={"simulate": "decline"}, **EUR)
    await assign_iban(actor, AssignIban(str(ledger_id)))
    await work.provision(ledger_id)
    assert ((await read(ledger_id)).status, (await read(ledger_id)).iban_status) == ("DECLINED", "DECLINED")
    assert await told(ledger_id) == [
        ("ledger.created", 1, None),
        ("ledger.iban_status.pending", 2, {"iban_status": "NOT_REQUESTED"}),
        ("ledger.status.declined", 3, {"status": "PENDING"}),
        ("ledger.iban_status.declined", 4, {"iban_status": "PENDING"}),
    ]


async def test_changes_nothing_while_the_bank_is_unavailable_then_goes_on(issue, make_holder, work, read, told_types):
    ledger_id = await issue(await make_holder(), metadata={"simulate": "unavailable"})
    for _ in range(3):
        with pytest.raises(Unavailable):
            await work.provision(ledger_id)
    assert (await read(ledger_id)).version == 1
    await work.provision(ledger_id)
    assert (await read(ledger_id)).status == "OK"
    assert await told_types(ledger_id) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]


async def test_keeps_its_promise_through_retries(issue, make_holder, work, read, monkeypatch):
    monkeypatch.setattr("app.outbox.drain.RETRY_SECONDS", (3600,) * 10)  # None falls due again by itself.
    ledger_id = await issue(await make_holder(), metadata={"simulate": "unavailable"})
    await work.all()
    assert (await read(ledger_id)).status == "PENDING"
    assert await fetchval("SELECT count(*) FROM outbox_messages WHERE next_attempt_at > now()") == 1
    await work.all.through_all_retries()
    assert (await read(ledger_id)).status == "OK"
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 0


async def test_is_once_however_often_it_runs(issue, make_holder, work, read, told_types):
    ledger_id = await issue(await make_holder())
    for _ in range(3):
        await work.provision(ledger_id)
    await work.all()
    assert (await read(ledger_id)).version == 3
    assert await told_types(ledger_id) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]
    assert await fetchval("SELECT count(*) FROM simulator_accounts") == 1


async def test_is_once_when_two_run_at_the_same_time(issue, make_holder, work, told_types):
    holder_id = await make_holder()
    for _ in range(20):
        ledger_id = await issue(holder_id)
        await asyncio.gather(work.provision(ledger_id), work.provision(ledger_id), work.provision(ledger_id))
        assert await told_types(ledger_id) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]
    assert await fetchval("SELECT count(*) FROM simulator_accounts") == 20
    assert await fetchval("SELECT count(*) FROM reserved_bank_identifiers") == 40


async def test_asks_for_the_iban_that_was_wanted_meanwhile(actor, issue, make_holder, work, read):
    ledger_id = await issue(await make_holder(), **EUR)
    await assign_iban(actor, AssignIban(str(ledger_id)))
    await work.provision(ledger_id)
    assert ((await read(ledger_id)).status, (await read(ledger_id)).iban_status) == ("OK", "PENDING")
    assert (await read(ledger_id)).is_settled is False
    assert await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'obtain_iban'") == 1


async def test_records_nothing_that_another_ledger_already_has(issue, make_holder, work, read):
    holder_id = await make_holder()
    first, second = await issue(holder_id), await issue(holder_id)
    await work.provision(first)
    taken = await read(first)
    twice = GivingBank(BankAccount(taken.sort_code, taken.account_number, taken.iban, taken.bic))
    with pytest.raises(Unavailable):
        await work.provision(second, bank=twice)
    assert ((await read(second)).status, (await read(second)).iban) == ("PENDING", None)


async def test_goes_on_when_the_holder_turns_ok_before_error_is_written(
    issue, make_holder, work, read, told_types, catalog, bank, actor, monkeypatch
):
    """The holder is read PENDING, and is OK when it is locked: then the bank is asked after all."""
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    async with pool().acquire() as connection, connection.transaction():
        await connection.execute("SELECT 1 FROM posting_accounts WHERE id = $1 FOR UPDATE", ledger_id)
        provisioning = asyncio.create_task(
            provision_ledger(worker_actor(actor.customer_id), ledger_id, catalog=catalog, partner_for=lambda _: bank)
        )
        while not await fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await work.screen(holder_id)
    await provisioning
    assert (await read(ledger_id)).status == "OK"
    assert "ledger.status.error" not in await told_types(ledger_id)


async def test_lets_no_holder_turn_ok_between_its_look_and_its_writing(issue, make_holder, work, read, monkeypatch):
    """Else its ledgers would be looked for before this one is in ERROR, and nobody would come again."""
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    screening = []

    async def advance_late(*arguments, **changes):
        screening.append(asyncio.create_task(work.screen(holder_id), context=contextvars.Context()))
        while not screening[0].done():
            if await fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                break
        else:
            await work.resubmit(holder_id)
            await pool().execute("DELETE FROM outbox_messages WHERE kind = 'resubmit_ledgers'")
        return await advance(*arguments, **changes)

    with monkeypatch.context() as patched:
        patched.setattr("app.ledgers.provision_ledger.advance", advance_late)
        await work.provision(ledger_id)
    await screening[0]
    await work.all()
    assert (await read(ledger_id)).status == "OK"


@pytest.mark.thorough
async def test_forgets_no_ledger_whose_holder_turns_ok_as_error_is_written(issue, make_holder, work, read):
    for _ in range(30):
        holder_id = await make_holder("PENDING")
        ledger_id = await issue(holder_id)
        await asyncio.gather(work.provision(ledger_id), work.screen(holder_id))
        await work.all()
        ledger = await read(ledger_id)
        assert (ledger.status, ledger.iban_status, ledger.is_settled) == ("OK", "OK", True)


async def test_leaves_a_ledger_that_was_declined_meanwhile(issue, make_holder, work, read, halting_bank, told_types):
    ledger_id = await issue(await make_holder(), metadata={"simulate": []})

    async def somebody_else_finishes():
        halting_bank.before_answer = None
        await work.provision(ledger_id)

    halting_bank.before_answer = somebody_else_finishes
    await work.provision(ledger_id, bank=halting_bank)
    assert await told_types(ledger_id) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]

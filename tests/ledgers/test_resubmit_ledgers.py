import asyncio

import pytest

from app.db.connection import fetchval
from app.holders.party import AddressDetails, PersonDetails
from app.holders.review_holder import ReviewDecision, ReviewHolder, review_holder
from app.holders.status import HolderField
from app.holders.update_holder import UpdateHolder, update_holder

ADA = PersonDetails("Ada Lovelace", "1987-04-01")


async def test_sends_ledgers_in_error_back_when_their_holder_turns_ok(issue, make_holder, work, read, told):
    holder_id = await make_holder("PENDING")
    first, second = await issue(holder_id), await issue(holder_id)
    await work.provision(first)
    await work.provision(second)
    await work.screen(holder_id)
    await work.resubmit(holder_id)
    assert [(await read(one)).status for one in (first, second)] == ["PENDING", "PENDING"]
    assert ((await read(first)).status_reason, (await read(first)).missing_data) == (None, [])
    await work.all()
    assert (await read(second)).status == "OK"
    assert await told(first) == [
        ("ledger.created", 1, None),
        ("ledger.status.error", 2, {"status": "PENDING"}),
        ("ledger.status.pending", 3, {"status": "ERROR"}),
        ("ledger.status.ok", 4, {"status": "PENDING"}),
        ("ledger.iban_status.ok", 5, {"iban_status": "NOT_REQUESTED"}),
    ]


async def test_sends_ledgers_in_missing_data_back_when_the_data_arrives(
    actor, issue, make_holder, work, read, told_types
):
    holder_id = await make_holder("MISSING_DATA")
    ledger_id = await issue(holder_id)
    await work.all()
    assert (await read(ledger_id)).status == "MISSING_DATA"
    await update_holder(actor, UpdateHolder(str(holder_id), party=ADA))
    assert (await read(ledger_id)).is_settled is False
    await work.all()
    assert ((await read(ledger_id)).status, (await read(ledger_id)).missing_data) == ("OK", [])
    assert await told_types(ledger_id) == [
        "ledger.created",
        "ledger.status.missing_data",
        "ledger.status.pending",
        "ledger.status.ok",
        "ledger.iban_status.ok",
    ]


@pytest.mark.parametrize(
    ("decision", "status", "reason"),
    [(ReviewDecision.APPROVE, "OK", None), (ReviewDecision.DECLINE, "ERROR", "The holder is DECLINED.")],
)
async def test_follows_a_review(actor, issue, make_holder, work, read, decision, status, reason):
    holder_id = await make_holder("QUARANTINE")
    ledger_id = await issue(holder_id)
    await work.all()
    assert (await read(ledger_id)).status_reason == "The holder is QUARANTINE."
    await review_holder(actor, ReviewHolder(str(holder_id), decision, "Looked at the passport."))
    await work.all()
    assert ((await read(ledger_id)).status, (await read(ledger_id)).status_reason) == (status, reason)


async def test_gives_a_ledger_in_error_the_reason_that_now_holds(actor, issue, make_holder, work, read, told):
    holder_id = await make_holder("QUARANTINE")
    ledger_id = await issue(holder_id)
    await work.all()
    await review_holder(actor, ReviewHolder(str(holder_id), ReviewDecision.DECLINE, "Another one."))
    await work.all()
    assert (await told(ledger_id))[1:] == [
        ("ledger.status.error", 2, {"status": "PENDING"}),
        ("ledger.updated", 3, {"status_reason": "The holder is QUARANTINE."}),
    ]


async def test_moves_missing_data_to_error_when_the_holder_settles_so(actor, issue, make_holder, work, read, told):
    holder_id = await make_holder("MISSING_DATA")
    ledger_id = await issue(holder_id)
    await work.all()
    await update_holder(actor, UpdateHolder(str(holder_id), party=ADA, metadata={"simulate": "quarantine"}))
    await work.all()
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.status_reason, ledger.missing_data) == ("ERROR", "The holder is QUARANTINE.", [])
    assert (await told(ledger_id))[1:] == [
        ("ledger.status.missing_data", 2, {"status": "PENDING"}),
        ("ledger.status.error", 3, {"status": "MISSING_DATA"}),
    ]


async def test_moves_error_to_missing_data_when_the_holder_settles_so(issue, make_holder, work, read, told):
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    await work.provision(ledger_id)
    assert (await read(ledger_id)).status == "ERROR"
    await update_holder_without_country(work, holder_id)
    await work.all()
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.missing_data) == ("MISSING_DATA", ["address.country"])
    assert (await told(ledger_id))[1:] == [
        ("ledger.status.error", 2, {"status": "PENDING"}),
        ("ledger.status.missing_data", 3, {"status": "ERROR"}),
    ]


async def update_holder_without_country(work, holder_id):
    await update_holder(work.actor, UpdateHolder(str(holder_id), clear=[HolderField.ADDRESS]))


async def test_tells_what_lacks_anew_when_only_that_changed(actor, issue, make_holder, work, read, told):
    holder_id = await make_holder("MISSING_DATA")
    ledger_id = await issue(holder_id)
    await work.all()
    await update_holder(actor, UpdateHolder(str(holder_id), party=ADA, clear=[HolderField.ADDRESS]))
    await work.all()
    assert (await read(ledger_id)).missing_data == ["address.country"]
    assert (await told(ledger_id))[-1] == ("ledger.updated", 3, {"missing_data": ["dateOfBirth"]})


async def test_leaves_ok_ledgers_ok_while_their_holder_is_screened_again(
    actor, issue, make_holder, work, read, told_types
):
    holder_id = await make_holder()
    old = await issue(holder_id)
    await work.all()
    await update_holder(actor, UpdateHolder(str(holder_id), address=AddressDetails(country="FR")))
    new = await issue(holder_id)
    await work.provision(new)
    assert ((await read(old)).status, (await read(new)).status) == ("OK", "ERROR")
    await work.all()
    assert ((await read(old)).status, (await read(new)).status) == ("OK", "OK")
    assert await told_types(old) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]


async def test_waits_while_the_holder_is_pending_again(actor, issue, make_holder, work, read):
    holder_id = await make_holder("MISSING_DATA")
    ledger_id = await issue(holder_id)
    await work.all()
    await update_holder(actor, UpdateHolder(str(holder_id), party=ADA))
    version = (await read(ledger_id)).version
    await work.resubmit(holder_id)
    assert ((await read(ledger_id)).status, (await read(ledger_id)).version) == ("MISSING_DATA", version)


async def test_is_once_however_often_it_runs(issue, make_holder, work, told_types):
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    await work.provision(ledger_id)
    await work.screen(holder_id)
    await asyncio.gather(*(work.resubmit(holder_id) for _ in range(5)))
    assert await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'provision_ledger'") == 2
    await work.all()
    await work.resubmit(holder_id)
    assert await told_types(ledger_id) == [
        "ledger.created",
        "ledger.status.error",
        "ledger.status.pending",
        "ledger.status.ok",
        "ledger.iban_status.ok",
    ]


async def test_touches_no_ledger_of_another_holder(issue, make_holder, work, read):
    other = await issue(await make_holder("QUARANTINE"))
    await work.all()
    version = (await read(other)).version
    holder_id = await make_holder("PENDING")
    await work.provision(await issue(holder_id))
    await work.all()
    assert ((await read(other)).status, (await read(other)).version) == ("ERROR", version)

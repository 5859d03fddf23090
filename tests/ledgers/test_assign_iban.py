import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchval
from app.kernel.errors import Forbidden, IdempotencyMismatch, InvalidState, NotFound
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.close_ledger import CloseLedger, close_ledger
from tests.ledgers.conftest import EUR, some_id


def command(ledger_id, **more):
    return AssignIban(str(ledger_id), **more)


async def test_asks_for_an_iban_in_the_background(actor, issue, make_holder, work, told):
    ledger_id = await issue(await make_holder(), **EUR)
    await work.all()
    ledger, replayed = await assign_iban(actor, command(ledger_id))
    assert (ledger.iban_status, ledger.iban, ledger.is_settled, replayed) == ("PENDING", None, False, False)
    assert (await told(ledger_id))[-1] == ("ledger.iban_status.pending", 3, {"iban_status": "NOT_REQUESTED"})
    promised = await fetch("SELECT kind, resource_id FROM outbox_messages")
    assert [tuple(row) for row in promised] == [("obtain_iban", ledger_id)]


async def test_waits_for_a_ledger_that_is_pending(actor, issue, make_holder, work, read, told_types):
    ledger_id = await issue(await make_holder(), **EUR)
    ledger, _ = await assign_iban(actor, command(ledger_id))
    assert (ledger.status, ledger.iban_status) == ("PENDING", "PENDING")
    assert await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'obtain_iban'") == 0
    await work.all()
    assert ((await read(ledger_id)).status, (await read(ledger_id)).iban_status) == ("OK", "OK")
    assert await told_types(ledger_id) == [
        "ledger.created",
        "ledger.iban_status.pending",
        "ledger.status.ok",
        "ledger.iban_status.ok",
    ]


@pytest.mark.parametrize(("holder_status", "status"), [("PENDING", "ERROR"), ("MISSING_DATA", "MISSING_DATA")])
async def test_waits_for_a_ledger_that_waits_for_its_holder(
    actor, issue, make_holder, work, read, holder_status, status
):
    holder_id = await make_holder(holder_status)
    ledger_id = await issue(holder_id, **EUR)
    await work.provision(ledger_id)
    ledger, _ = await assign_iban(actor, command(ledger_id))
    assert (ledger.status, ledger.iban_status) == (status, "PENDING")
    await work.all()
    if status == "ERROR":
        assert ((await read(ledger_id)).status, (await read(ledger_id)).iban_status) == ("OK", "OK")
    else:
        assert ((await read(ledger_id)).status, (await read(ledger_id)).iban_status) == (status, "PENDING")


async def test_takes_the_wish_of_a_gbp_ledger_that_is_not_ok_yet(actor, issue, make_holder, work, read, told_types):
    ledger_id = await issue(await make_holder())
    await assign_iban(actor, command(ledger_id))
    await work.all()
    assert (await read(ledger_id)).iban_status == "OK"
    assert await told_types(ledger_id) == [
        "ledger.created",
        "ledger.iban_status.pending",
        "ledger.status.ok",
        "ledger.iban_status.ok",
    ]


async def test_is_once_while_it_is_under_way(actor, issue, make_holder, work, told_types):
    ledger_id = await issue(await make_holder(), **EUR)
    await work.all()
    answers = await asyncio.gather(*(assign_iban(actor, command(ledger_id)) for _ in range(10)))
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 9
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 1
    await work.all()
    assert (await told_types(ledger_id))[2:] == ["ledger.iban_status.pending", "ledger.iban_status.ok"]
    assert await fetchval("SELECT count(*) FROM simulator_ibans") == 1


@pytest.mark.parametrize(
    ("simulate", "status"), [("unable-to-advance", "UNABLE_TO_ADVANCE"), ("decline-iban", "DECLINED")]
)
async def test_may_be_asked_again_where_nothing_came_of_it(
    actor, issue, make_holder, work, read, told, simulate, status
):
    ledger_id = await issue(await make_holder(), metadata={"simulate": simulate}, **EUR)
    await work.all()
    await assign_iban(actor, command(ledger_id))
    first_request = await fetchval("SELECT iban_request_id FROM ledgers")
    await work.all()
    assert ((await read(ledger_id)).iban_status, (await read(ledger_id)).is_settled) == (status, True)
    again, replayed = await assign_iban(actor, command(ledger_id))
    assert (again.iban_status, replayed) == ("PENDING", False)
    assert await fetchval("SELECT iban_request_id FROM ledgers") != first_request
    assert (await told(ledger_id))[-1] == ("ledger.iban_status.pending", 5, {"iban_status": status})
    await work.all()
    assert (await read(ledger_id)).iban_status == status


async def test_refuses_what_has_or_can_have_no_new_iban(actor, issue, issue_virtual, make_holder, work, told_types):
    holder_id = await make_holder()
    sterling, euro, virtual = await issue(holder_id), await issue(holder_id, **EUR), await issue_virtual(holder_id)
    declined, closed = await issue(holder_id, jurisdiction="KP", **EUR), await issue(holder_id, **EUR)
    await assign_iban(actor, command(euro))
    await work.all()
    await close_ledger(actor, CloseLedger(str(closed)))
    told_before = {one: await told_types(one) for one in (sterling, euro, virtual, declined, closed)}
    refusals = {
        sterling: ("OK", "has its IBAN already"),
        euro: ("OK", "has its IBAN already"),
        virtual: ("OK", "virtual"),
        declined: ("DECLINED", "is DECLINED"),
        closed: ("CLOSED", "is CLOSED"),
    }
    for ledger_id, (status, message) in refusals.items():
        with pytest.raises(InvalidState) as refusal:
            await assign_iban(actor, command(ledger_id))
        assert (refusal.value.path, refusal.value.status) == (("ledger_id",), status)
        assert message in refusal.value.message
    assert {one: await told_types(one) for one in refusals} == told_before


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, issue, make_holder):
    theirs = await issue(by=other_actor, **EUR)
    for wrong in (some_id(), theirs):
        with pytest.raises(NotFound) as refusal:
            await assign_iban(actor, command(wrong))
        assert refusal.value.path == ("ledger_id",)
    with pytest.raises(Forbidden):
        await assign_iban(replace(actor, scopes=frozenset()), command(theirs))


async def test_replays_a_key_even_when_the_iban_is_there(actor, issue, make_holder, work):
    ledger_id, other = await issue(await make_holder(), **EUR), await issue(**EUR)
    keyed = command(ledger_id, idempotency_key="iban-1")
    await assign_iban(actor, keyed)
    await work.all()
    ledger, replayed = await assign_iban(actor, keyed)
    assert (ledger.iban_status, replayed) == ("OK", True)
    with pytest.raises(IdempotencyMismatch):
        await assign_iban(actor, command(other, idempotency_key="iban-1"))


async def test_takes_an_id_in_capitals_for_the_same_content(actor, issue, make_holder):
    ledger_id = await issue(await make_holder(), **EUR)
    keyed = command(ledger_id, idempotency_key="iban-1")
    await assign_iban(actor, keyed)
    _, replayed = await assign_iban(actor, replace(keyed, ledger_id=keyed.ledger_id.upper()))
    assert replayed

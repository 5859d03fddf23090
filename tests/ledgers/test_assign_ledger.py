import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetchval
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, InvalidState, NotFound
from app.ledgers.assign_ledger import AssignLedger, assign_ledger
from app.ledgers.close_ledger import CloseLedger, close_ledger
from tests.ledgers.conftest import posting_account, some_id


def command(ledger_id, holder_id, **more):
    return AssignLedger(str(ledger_id), str(holder_id), **more)


async def test_gives_an_unassigned_ledger_its_holder(actor, issue, make_holder, work, told):
    ledger_id, holder_id = await issue(), await make_holder()
    await work.all()
    ledger, replayed = await assign_ledger(actor, command(ledger_id, holder_id))
    assert (ledger.holder_id, ledger.holder.id, ledger.status, replayed) == (holder_id, holder_id, "OK", False)
    assert (await told(ledger_id))[-1] == ("ledger.assigned", 4, {"holder_id": None})
    assert (await posting_account(ledger_id))["holder_id"] == holder_id


async def test_assigns_virtual_and_pending_ledgers_too(actor, issue, issue_virtual, make_holder):
    holder_id = await make_holder()
    for ledger_id in (await issue(), await issue_virtual()):
        ledger, _ = await assign_ledger(actor, command(ledger_id, holder_id))
        assert ledger.holder_id == holder_id


async def test_refuses_a_ledger_that_is_held(actor, issue, make_holder, told):
    first, second = await make_holder(), await make_holder()
    ledger_id = await issue(first)
    before = await told(ledger_id)
    for holder_id in (first, second):
        with pytest.raises(InvalidState) as refusal:
            await assign_ledger(actor, command(ledger_id, holder_id))
        assert (refusal.value.path, refusal.value.status) == (("ledger_id",), "PENDING")
    assert await told(ledger_id) == before


@pytest.mark.parametrize("status", ["PENDING", "MISSING_DATA", "QUARANTINE", "DECLINED"])
async def test_refuses_a_holder_that_is_not_ok(actor, issue, make_holder, told_types, status):
    ledger_id, holder_id = await issue(), await make_holder(status)
    with pytest.raises(InvalidState) as refusal:
        await assign_ledger(actor, command(ledger_id, holder_id))
    assert (refusal.value.path, refusal.value.status) == (("holder_id",), status)
    assert await told_types(ledger_id) == ["ledger.created"]
    assert (await posting_account(ledger_id))["holder_id"] is None


async def test_refuses_a_ledger_that_has_ended(actor, issue, make_holder, work):
    holder_id, declined, closed = await make_holder(), await issue(jurisdiction="KP"), await issue()
    await work.all()
    await close_ledger(actor, CloseLedger(str(closed)))
    for ledger_id, status in ((declined, "DECLINED"), (closed, "CLOSED")):
        with pytest.raises(InvalidState) as refusal:
            await assign_ledger(actor, command(ledger_id, holder_id))
        assert (refusal.value.path, refusal.value.status) == (("ledger_id",), status)


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, issue, make_holder):
    ledger_id, holder_id = await issue(), await make_holder()
    theirs, their_holder = await issue(by=other_actor), await make_holder(by=other_actor)
    for wrong in (some_id(), theirs):
        with pytest.raises(NotFound) as refusal:
            await assign_ledger(actor, command(wrong, holder_id))
        assert refusal.value.path == ("ledger_id",)
    for wrong in (some_id(), their_holder):
        with pytest.raises(NotFound) as refusal:
            await assign_ledger(actor, command(ledger_id, wrong))
        assert refusal.value.path == ("holder_id",)
    with pytest.raises(Invalid):
        await assign_ledger(actor, command("x", holder_id))
    with pytest.raises(Forbidden):
        await assign_ledger(replace(actor, scopes=frozenset()), command(ledger_id, holder_id))
    assert await fetchval("SELECT count(*) FROM ledgers WHERE holder_id IS NOT NULL") == 0


async def test_gives_it_to_one_of_two_that_ask_at_once(actor, issue, make_holder, told_types):
    first, second = await make_holder(), await make_holder()
    for _ in range(20):
        ledger_id = await issue()
        answers = await asyncio.gather(
            assign_ledger(actor, command(ledger_id, first)),
            assign_ledger(actor, command(ledger_id, second)),
            return_exceptions=True,
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["InvalidState", "tuple"]
        ((ledger, _),) = [answer for answer in answers if isinstance(answer, tuple)]
        assert await fetchval("SELECT holder_id FROM ledgers WHERE id = $1", ledger_id) == ledger.holder_id
        assert await told_types(ledger_id) == ["ledger.created", "ledger.assigned"]


async def test_is_once_for_one_key(actor, issue, make_holder, told_types):
    ledger_id, holder_id, other = await issue(), await make_holder(), await make_holder()
    keyed = command(ledger_id, holder_id, idempotency_key="assign-1")
    answers = await asyncio.gather(*(assign_ledger(actor, keyed) for _ in range(5)))
    assert sorted(replayed for _, replayed in answers) == [False, True, True, True, True]
    with pytest.raises(IdempotencyMismatch):
        await assign_ledger(actor, replace(keyed, holder_id=str(other)))
    assert await told_types(ledger_id) == ["ledger.created", "ledger.assigned"]


async def test_takes_ids_in_capitals_for_the_same_content(actor, issue, make_holder):
    ledger_id, holder_id = await issue(), await make_holder()
    keyed = command(ledger_id, holder_id, idempotency_key="assign-1")
    await assign_ledger(actor, keyed)
    same = replace(keyed, ledger_id=keyed.ledger_id.upper(), holder_id=keyed.holder_id.upper())
    _, replayed = await assign_ledger(actor, same)
    assert replayed

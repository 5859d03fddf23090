"""What is stuck, why, and what to do."""

from dataclasses import replace

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.identifiers import new_id
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden
from app.nodes import stuck_work
from app.nodes.find import NotSearched
from app.nodes.retry_work import RetryWork, retry_work
from app.nodes.stuck_work import SCOPE_OF_KIND, StuckCount, StuckKind, count_stuck_work, read_stuck_work

NONE = dict.fromkeys(StuckKind, (0, False))


async def counts(actor, kinds=tuple(StuckKind)):
    return {one.kind: (one.count, one.has_more) for one in await count_stuck_work(actor, kinds)}


async def test_shows_work_that_keeps_failing_the_newest_first(actor, failing):
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada")))
    await failing(1)  # Tried again within seconds.
    first = await failing(2, kind="screen_holder", resource_id=holder.id)
    second = await failing(None, error="Unavailable: the bank is away")
    found = await read_stuck_work(actor, [StuckKind.WORK], limit=10)
    assert [(one.work.id, one.reason) for one in found.items] == [
        (second, "Open the ledger at its bank: Unavailable: the bank is away"),
        (first, "Screen the holder: TimeoutError: no answer"),
    ]
    assert [one.node and one.node.id for one in found.items] == [None, holder.id]
    assert "out of retries" in found.items[0].advice
    assert "tried again by itself" in found.items[1].advice
    assert (found.searched, found.not_searched) == ((StuckKind.WORK,), [])
    assert (await counts(actor))[StuckKind.WORK] == (2, False)
    assert len((await read_stuck_work(actor, None, limit=1)).items) == 1
    await retry_work(actor, RetryWork(str(second)))
    assert [one.work.id for one in (await read_stuck_work(actor, None, limit=10)).items] == [first]


async def test_shows_nothing_of_another_customer(actor, failing):
    stranger = operator_actor((await open_customer("Other Ltd")).customer_id)
    await failing(None)
    assert (await read_stuck_work(stranger, None, limit=10)).items == []
    assert await counts(stranger) == NONE


async def test_reads_only_kinds_that_the_key_may_and_says_which_it_may_not(actor, failing):
    await failing(None)
    for kind, scope in SCOPE_OF_KIND.items():
        reader = Actor(actor.customer_id, frozenset({scope}), Via.GRAPHQL, "reader")
        found = await read_stuck_work(reader, None, limit=10)
        assert kind in found.searched
        assert {SCOPE_OF_KIND[one] for one in found.searched} == {scope}
        lacking = [one for one in StuckKind if one not in found.searched]
        assert found.not_searched == [
            NotSearched(one.value.lower(), f"This key lacks the scope {SCOPE_OF_KIND[one]}.", SCOPE_OF_KIND[one])
            for one in lacking
        ]
        assert len(found.items) == (kind is StuckKind.WORK)
    with pytest.raises(Forbidden, match="one holder"):
        await read_stuck_work(replace(actor, holder_id=new_id()), None, limit=10)


async def test_counts_so_many_at_most(actor, failing, monkeypatch):
    monkeypatch.setattr(stuck_work, "COUNTED_MAX", 2)
    for _ in range(3):
        await failing(None)
    assert await count_stuck_work(actor, [StuckKind.WORK]) == [StuckCount(StuckKind.WORK, 2, has_more=True)]

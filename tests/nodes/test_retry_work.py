"""Promised work, tried again by hand."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.connection import fetchrow, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.feed import FeedFilter, read_feed
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from app.nodes.retry_work import RetryWork, retry_work
from app.outbox.claim import claim_messages, record_done
from app.outbox.failed_work import WorkStatus
from app.outbox.promise import promise

LEASE = timedelta(minutes=10)
RETRIED = FeedFilter(types=("work.retried",))


async def stored(work_id):
    return await fetchrow(
        "SELECT status, attempt_count, next_attempt_at <= now() AS is_due, retry_count, last_error"
        " FROM outbox_messages WHERE id = $1",
        work_id,
    )


async def told(actor):
    return [entry.event for entry in await read_feed(actor, after=0, limit=10, wanted=RETRIED)]


@pytest.mark.parametrize(("attempts", "previous"), [(None, {"status": "DEAD"}), (7, None)], ids=["dead", "failing"])
async def test_makes_work_due_with_its_attempts_counted_anew_and_tells_who_did_it(actor, failing, attempts, previous):
    asker = Actor(actor.customer_id, frozenset({"work:write"}), Via.GRAPHQL, "api_key:7", request_id="r-1")
    work_id = await failing(attempts, kind="send_payment")
    work, replayed = await retry_work(asker, RetryWork(str(work_id)))
    assert (work.id, work.status, work.attempt_count, replayed) == (work_id, WorkStatus.PENDING, 0, False)
    assert dict(await stored(work_id)) == {
        "status": "PENDING",
        "attempt_count": 0,
        "is_due": True,
        "retry_count": 1,
        "last_error": "TimeoutError: no answer",
    }
    [event] = await told(actor)
    assert (event.resource_type, event.resource_id, event.resource_version) == ("work", work_id, 1)
    assert (event.via, event.actor, event.request_id) == ("graphql", "api_key:7", "r-1")
    assert (event.data["kind"], event.data["retry_count"], event.previous) == ("send_payment", 1, previous)
    assert "no answer" not in event.body


async def test_changes_nothing_where_it_is_due_already(actor, failing):
    work_id = await failing(None)
    for _ in range(2):
        await retry_work(actor, RetryWork(str(work_id)))
    assert (await stored(work_id))["retry_count"] == 1
    assert len(await told(actor)) == 1
    await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() + interval '1 hour', attempt_count = 1")
    await retry_work(actor, RetryWork(str(work_id)))
    assert [event.resource_version for event in await told(actor)] == [1, 2]


async def test_leaves_work_alone_that_is_being_tried_now(actor):
    async with transaction() as tx:
        await promise(tx, actor, "send_payment", new_id())
    [message] = await claim_messages(limit=10, lease=LEASE)
    work, _ = await retry_work(actor, RetryWork(str(message.id)))
    assert (work.attempt_count, work.retry_count) == (1, 0)
    assert await told(actor) == []
    assert await record_done(message)


async def test_is_done_once_with_a_key_even_after_the_work_is_done(actor, failing):
    work_id, other_id = await failing(None), await failing(None)
    once = RetryWork(str(work_id), "key")
    answers = await asyncio.gather(*(retry_work(actor, once) for _ in range(3)))
    assert sorted(replayed for _, replayed in answers) == [False, True, True]
    assert len(await told(actor)) == 1
    with pytest.raises(IdempotencyMismatch):
        await retry_work(actor, replace(once, work_id=str(other_id)))
    assert (await stored(other_id))["status"] == "DEAD"
    [message] = await claim_messages(limit=10, lease=LEASE)
    assert await record_done(message)
    assert await retry_work(actor, once) == (None, True)


async def test_refuses_what_is_not_there_or_not_allowed(actor, failing):
    work_id = await failing(None)
    stranger = operator_actor((await open_customer("Other Ltd")).customer_id)
    for asker, wanted in ((stranger, work_id), (actor, new_id())):
        with pytest.raises(NotFound, match="it may be done by now") as missing:
            await retry_work(asker, RetryWork(str(wanted)))
        assert missing.value.path == ("work_id",)
    with pytest.raises(Invalid):
        await retry_work(actor, RetryWork("no id"))
    reader = Actor(actor.customer_id, frozenset({"work:read", "payments:write"}), Via.GRAPHQL, "reader")
    with pytest.raises(Forbidden) as refusal:
        await retry_work(reader, RetryWork(str(work_id)))
    assert refusal.value.required_scope == "work:write"
    with pytest.raises(Forbidden, match="one holder"):
        await retry_work(replace(actor, holder_id=new_id()), RetryWork(str(work_id)))
    assert (await stored(work_id))["status"] == "DEAD"
    assert await told(actor) == []

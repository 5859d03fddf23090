import pytest

from app.access.open_customer import open_customer
from app.db.connection import fetchrow
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.kernel.actor import worker_actor
from app.outbox.inspect_work import count_work, list_work, retry_work
from app.outbox.promise import promise


@pytest.fixture
async def actor(database):
    opened = await open_customer("Example Ltd")
    return worker_actor(opened.customer_id)


async def promised(actor, kind, *, dead):
    resource_id = new_id()
    async with transaction() as tx:
        await promise(tx, actor, kind, resource_id)
        if dead:
            await tx.execute(
                "UPDATE outbox_messages SET status = 'DEAD', next_attempt_at = NULL, attempt_count = 60,"
                " last_error = 'Unavailable: no answer' WHERE resource_id = $1",
                resource_id,
            )
    return resource_id


async def test_lists_what_is_stuck_first(actor):
    alive = await promised(actor, "screen_holder", dead=False)
    dead = await promised(actor, "provision_ledger", dead=True)
    listed = await list_work()
    assert [(work.kind, work.resource_id, work.status) for work in listed] == [
        ("provision_ledger", dead, "DEAD"),
        ("screen_holder", alive, "PENDING"),
    ]
    assert (listed[0].attempt_count, listed[0].last_error) == (60, "Unavailable: no answer")
    assert [work.resource_id for work in await list_work(dead_only=True)] == [dead]


async def test_counts_by_kind_and_status(actor):
    await promised(actor, "screen_holder", dead=False)
    await promised(actor, "screen_holder", dead=False)
    await promised(actor, "screen_holder", dead=True)
    counts = {(count.kind, count.status): count.count for count in await count_work(counted_max=10)}
    assert counts == {("screen_holder", "DEAD"): 1, ("screen_holder", "PENDING"): 2}


async def test_makes_dead_work_due_again_with_its_attempts_counted_anew(actor):
    first = await promised(actor, "provision_ledger", dead=True)
    second = await promised(actor, "provision_ledger", dead=True)
    wanted = next(work.id for work in await list_work() if work.resource_id == first)
    assert await retry_work(wanted) == 1
    row = await fetchrow(
        "SELECT status, attempt_count, next_attempt_at <= now() AS due FROM outbox_messages WHERE resource_id = $1",
        first,
    )
    assert dict(row) == {"status": "PENDING", "attempt_count": 0, "due": True}
    assert [work.resource_id for work in await list_work(dead_only=True)] == [second]
    assert await retry_work() == 1
    assert await retry_work() == 0


async def test_leaves_work_alone_that_is_not_dead(actor):
    await promised(actor, "screen_holder", dead=False)
    [work] = await list_work()
    assert await retry_work(work.id) == 0

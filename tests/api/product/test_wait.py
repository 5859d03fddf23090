"""Many clients that wait at once, while nothing polls."""

import asyncio

import pytest

from app.access.remembered_keys import remembered_keys
from app.db.connection import fetchval, pool
from app.db.notifications import notifications, resource_topic

POOL_SIZE = 5
WAIT = """
    query ($id: ID!, $timeout: Int) {
        ledger(by: { id: $id }, wait: true, timeoutMs: $timeout) { id status statusReason ibanStatus isSettled }
    }
"""
WELL_BEFORE_THE_POLL_SECONDS = 40


@pytest.fixture
def settings(settings):
    """A small pool, and a backup poll that is too rare to help."""
    return settings.model_copy(update={"database_pool_size": POOL_SIZE, "wait_backup_poll_seconds": 60.0})


def waiters():
    """Who waits, by topic; the ends of keys are listened for while the keys are remembered."""
    known = remembered_keys._entries.values()
    keys = {resource_topic(credential_id) for entry in known for credential_id in entry.credential_ids}
    return {topic: waiting for topic, waiting in notifications()._waiters.items() if topic not in keys}


async def start_waiting(client, ledger_ids, *, topics_each=1):
    """One waiting request for each of these; all are listening when it returns."""
    waiting = [asyncio.create_task(client.data(WAIT, id=one, timeout=50_000)) for one in ledger_ids]

    def listening():
        return sum(len(waiting) for waiting in waiters().values())

    while listening() < len(ledger_ids) * topics_each:
        await asyncio.sleep(0.01)
    while pool().get_idle_size() < pool().get_size():
        await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    return waiting


@pytest.mark.thorough
async def test_wakes_500_clients_on_the_commits_they_wait_for(customer, work):
    holder_id = await customer.create_holder()
    await work()
    each = [await customer.issue_ledger(holderId=holder_id) for _ in range(100)]
    shared = await customer.issue_ledger(holderId=holder_id)
    waiting = await start_waiting(customer, [*each * 3, *[shared] * 200], topics_each=2)
    assert len(waiting) == 500

    # They hold no connection, so others are answered meanwhile.
    assert pool().get_idle_size() == pool().get_size() <= POOL_SIZE
    others = await asyncio.gather(*(customer.data("{ ledgers(first: 5) { nodes { status } } }") for _ in range(50)))
    assert {ledger["status"] for answer in others for ledger in answer["ledgers"]["nodes"]} == {"PENDING"}
    assert not any(task.done() for task in waiting)

    async with asyncio.timeout(WELL_BEFORE_THE_POLL_SECONDS):
        await work()
        answers = await asyncio.gather(*waiting)
    assert [answer["ledger"]["id"] for answer in answers] == [*each * 3, *[shared] * 200]
    assert {(a["ledger"]["status"], a["ledger"]["ibanStatus"], a["ledger"]["isSettled"]) for a in answers} == {
        ("OK", "OK", True)
    }
    assert not waiters()


async def test_wakes_clients_when_the_holder_settles(customer, work):
    holder_id = await customer.create_holder(metadata={"simulate": "quarantine"})
    ledger_ids = [await customer.issue_ledger(holderId=holder_id) for _ in range(5)]
    waiting = await start_waiting(customer, ledger_ids * 10, topics_each=2)
    async with asyncio.timeout(WELL_BEFORE_THE_POLL_SECONDS):
        await work()
        answers = await asyncio.gather(*waiting)
    assert {(a["ledger"]["status"], a["ledger"]["statusReason"]) for a in answers} == {
        ("ERROR", "The holder is QUARANTINE.")
    }


async def test_answers_the_ledger_as_it_is_when_the_time_is_up(customer):
    ledger_id = await customer.issue_ledger()
    answer = await customer.data(WAIT, id=ledger_id, timeout=50)
    assert (answer["ledger"]["status"], answer["ledger"]["isSettled"]) == ("PENDING", False)
    answer = await customer.data(WAIT, id=ledger_id, timeout=0)
    assert answer["ledger"]["status"] == "PENDING"


async def test_holds_nothing_for_clients_that_went_away(customer):
    ledger_id = await customer.issue_ledger()
    waiting = await start_waiting(customer, [ledger_id] * 20)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert not waiters()
    assert await fetchval("SELECT 1") == 1
    assert pool().get_idle_size() == pool().get_size()

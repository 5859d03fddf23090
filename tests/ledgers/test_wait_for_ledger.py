import asyncio

import pytest

from app.db.notifications import notifications, resource_topic
from app.holders.party import AddressDetails
from app.holders.update_holder import UpdateHolder, update_holder
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.assign_ledger import AssignLedger, assign_ledger
from app.ledgers.queries import find_ledger
from app.ledgers.wait_for_ledger import wait_for_ledger
from tests.ledgers.conftest import EUR

BACKUP_POLL_SECONDS = 60
WELL_BEFORE_THE_TIMEOUT_SECONDS = 40


@pytest.fixture
async def announcing(database):
    """This process hears what it commits."""
    await notifications().at(database, application_name="quaestor-tests").start()
    yield
    await notifications().stop()


@pytest.fixture
def wait(actor, announcing):
    """A function that waits for a ledger; the backup poll is too rare to help."""

    async def start(ledger_id, *, timeout_seconds=50, find=None):
        looks = 0

        async def look():
            nonlocal looks
            looks += 1
            return await (find() if find else find_ledger(actor, ledger_id))

        waiting = asyncio.create_task(
            wait_for_ledger(look, timeout_seconds=timeout_seconds, backup_poll_seconds=BACKUP_POLL_SECONDS)
        )
        while looks < 2 and not waiting.done():
            await asyncio.sleep(0.01)
        return waiting

    return start


async def answer_of(waiting):
    """What a wait that was woken answers: one that ran into its own time-out fails."""
    async with asyncio.timeout(WELL_BEFORE_THE_TIMEOUT_SECONDS):
        return await waiting


async def test_answers_a_settled_ledger_at_once(issue, make_holder, work, wait):
    ledger_id = await issue(await make_holder())
    await work.all()
    assert (await (await wait(ledger_id))).status == "OK"


async def test_answers_nothing_for_what_does_not_exist(wait):
    async def nothing():
        return None

    assert await (await wait(None, find=nothing)) is None


async def test_wakes_on_the_commit_that_settles_it(issue, make_holder, work, wait):
    ledger_id = await issue(await make_holder())
    waiting = await wait(ledger_id)
    assert not waiting.done()
    await work.provision(ledger_id)
    ledger = await answer_of(waiting)
    assert (ledger.status, ledger.iban_status) == ("OK", "OK")


async def test_waits_for_the_iban_too(actor, issue, make_holder, work, wait):
    ledger_id = await issue(await make_holder(), **EUR)
    await assign_iban(actor, AssignIban(str(ledger_id)))
    waiting = await wait(ledger_id)
    await work.provision(ledger_id)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await work.obtain(ledger_id)
    assert (await answer_of(waiting)).iban_status == "OK"


async def test_wakes_when_the_holder_settles_the_matter(issue, make_holder, work, wait):
    """The ledger is in ERROR and stays so: only its holder's commit says that nothing more will change."""
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    await work.provision(ledger_id)
    waiting = await wait(ledger_id)
    await work.all.through_all_retries()
    assert (await answer_of(waiting)).status == "OK"


async def test_answers_an_error_only_when_it_tells_how_the_holder_settled(issue, make_holder, work, wait, actor):
    holder_id = await make_holder("PENDING")
    ledger_id = await issue(holder_id)
    await work.provision(ledger_id)
    await update_holder(actor, UpdateHolder(str(holder_id), metadata={"simulate": "decline"}))
    waiting = await wait(ledger_id)
    await work.screen(holder_id)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await work.resubmit(holder_id)
    ledger = await answer_of(waiting)
    assert (ledger.status, ledger.status_reason) == ("ERROR", "The holder is DECLINED.")


async def test_wakes_on_a_commit_to_the_holder_alone(issue, make_holder, work, wait, actor):
    """The holder was sent to be screened again and came back as it was: the ledger itself never changed."""
    holder_id = await make_holder("MISSING_DATA")
    ledger_id = await issue(holder_id)
    await work.all()
    await update_holder(actor, UpdateHolder(str(holder_id), address=AddressDetails(country="FR")))
    waiting = await wait(ledger_id)
    assert not waiting.done()
    await work.screen(holder_id)
    ledger = await answer_of(waiting)
    assert (ledger.status, ledger.version) == ("MISSING_DATA", 2)


async def test_listens_to_a_holder_that_it_is_given_meanwhile(actor, issue, make_holder, work, wait):
    ledger_id, holder_id = await issue(), await make_holder()
    waiting = await wait(ledger_id)
    await assign_ledger(actor, AssignLedger(str(ledger_id), str(holder_id)))
    async with asyncio.timeout(WELL_BEFORE_THE_TIMEOUT_SECONDS):
        while resource_topic(holder_id) not in notifications()._waiters:
            await asyncio.sleep(0.01)
    await work.provision(ledger_id)
    assert (await answer_of(waiting)).holder_id == holder_id


async def test_answers_the_ledger_as_it_is_when_the_time_is_up(issue, wait):
    ledger_id = await issue()
    ledger = await (await wait(ledger_id, timeout_seconds=0.1))
    assert (ledger.status, ledger.is_settled) == ("PENDING", False)


async def test_looks_by_itself_should_a_wake_up_be_lost(actor, issue, work):
    """Nothing is announced here, so only the backup poll can find out."""
    ledger_id = await issue()
    waiting = asyncio.create_task(
        wait_for_ledger(lambda: find_ledger(actor, ledger_id), timeout_seconds=50, backup_poll_seconds=0.05)
    )
    await asyncio.sleep(0.1)
    await work.provision(ledger_id)
    assert (await answer_of(waiting)).status == "OK"


async def test_leaves_no_listener_behind(issue, work, wait):
    ledger_id = await issue()
    waiting = await wait(ledger_id)
    assert notifications()._waiters
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not notifications()._waiters

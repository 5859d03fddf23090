"""What the sequencer notes of credits and debits, and which of them comes first."""

import asyncio
import contextlib
import random

import asyncpg
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.events.feed import read_feed
from app.events.number_events import number_events
from app.journal.amounts import exact
from app.journal.coalescer import Coalescer
from app.journal.instructions import Post
from app.journal.place_hold import PlaceHold, place_hold
from app.kernel.actor import worker_actor
from tests.bookkeeping import GBP, gbp, open_account
from tests.events.conftest import LONG_AGO
from tests.events.test_number_events import until_blocked

pytestmark = pytest.mark.postgres15


class TestTransfers:
    async def noted(self):
        return {row["ledger_id"]: row["changed_at"] for row in await fetch("SELECT * FROM ledger_changes")}

    async def test_takes_two_positions_and_keeps_what_it_is_about(self, actor, make_holder, post, happen):
        payer, payee = await make_holder(), await make_holder()
        debit_id = await open_account(actor.customer_id, holder_id=payer, balance=100)
        credit_id = await open_account(actor.customer_id, holder_id=payee)
        await number_events(actor.customer_id)
        transfer = await post(debit_id, credit_id)
        await happen()
        assert await number_events(actor.customer_id) == 2

        entry = await fetchrow("SELECT * FROM feed_entries WHERE resource_id = $1", transfer.id)
        assert (entry["position"], entry["debit_id"], entry["credit_id"]) == (4, debit_id, credit_id)
        assert (entry["holder_id"], entry["other_holder_id"]) == (payer, payee)
        assert await fetchval("SELECT max(position) FROM feed_entries") == 5
        assert await fetchval("SELECT last_position FROM feeds") == 5

    async def test_has_a_single_holder_in_the_one_column(self, actor, make_holder, post):
        payee = await make_holder()
        own_id = await open_account(actor.customer_id, holder_id=payee, balance=100)
        nobodys_id = await open_account(actor.customer_id)
        for debit_id, credit_id in (
            (own_id, nobodys_id),
            (nobodys_id, own_id),
            (own_id, await open_account(actor.customer_id, holder_id=payee)),
        ):
            await post(debit_id, credit_id, "0.50")
        await number_events(actor.customer_id)
        rows = await fetch("SELECT holder_id, other_holder_id FROM feed_entries")
        assert [tuple(row) for row in rows] == [(payee, None)] * 4

    async def test_gives_a_hold_one_position(self, actor):
        debit_id = await open_account(actor.customer_id, balance=100)
        credit_id = await open_account(actor.customer_id)
        await place_hold(
            actor,
            PlaceHold(debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp("1.00"), idempotency_key="key"),
        )
        await number_events(actor.customer_id)
        rows = await fetch("SELECT position, type, debit_id FROM feed_entries ORDER BY position")
        assert [tuple(row) for row in rows][1:] == [(3, "hold.status.placed", debit_id)]

    async def test_notes_when_ledgers_were_credited_and_debited(self, actor, make_ledger, post):
        debit_id, credit_id, idle_id = await make_ledger(balance=1_000), await make_ledger(), await make_ledger()
        await number_events(actor.customer_id)
        funded_at = (await self.noted())[debit_id]
        assert funded_at > LONG_AGO
        await post(debit_id, credit_id)
        last = await post(debit_id, credit_id)
        assert (await self.noted())[credit_id] == LONG_AGO

        await number_events(actor.customer_id)
        assert await self.noted() == {debit_id: last.posted_at, credit_id: last.posted_at, idle_id: LONG_AGO}

    async def test_leaves_a_later_change_and_other_customers_as_they_are(self, actor, make_actor, make_ledger, post):
        debit_id, credit_id = await make_ledger(balance=1_000), await make_ledger()
        other = await make_actor()
        await pool().execute("UPDATE ledger_changes SET changed_at = '2100-01-01Z' WHERE ledger_id = $1", debit_id)
        later = (await self.noted())[debit_id]
        transfer = await post(debit_id, credit_id)
        assert await number_events(other.customer_id) == 0
        assert (await self.noted())[credit_id] == LONG_AGO
        await number_events(actor.customer_id)
        assert await self.noted() == {debit_id: later, credit_id: transfer.posted_at}

    async def test_notes_nothing_of_holds(self, actor, make_ledger):
        debit_id, credit_id = await make_ledger(balance=100), await make_ledger()
        await number_events(actor.customer_id)
        before = await self.noted()
        await place_hold(
            actor,
            PlaceHold(debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp("1.00"), idempotency_key="key"),
        )
        assert await number_events(actor.customer_id) == 1
        assert await self.noted() == before

    async def test_waits_for_a_verb_that_holds_a_row(self, actor, make_ledger, post, database):
        ledger = await make_ledger(balance=1_000)
        await number_events(actor.customer_id)
        transfer = await post(ledger, await make_ledger(balance=1_000))
        verb = await asyncpg.connect(database)
        await verb.execute("BEGIN")
        await verb.execute("SELECT 1 FROM ledger_changes WHERE ledger_id = $1 FOR UPDATE", ledger)
        numbering = asyncio.create_task(number_events(actor.customer_id))
        await asyncio.sleep(0.4)  # Longer than a statement of its own waits for a lock.
        assert not numbering.done()
        await verb.execute("COMMIT")
        await verb.close()

        assert await numbering == 2
        assert (await self.noted())[ledger] == transfer.posted_at

    async def test_survives_a_deadlock_with_a_verb(self, actor, make_ledger, post, database):
        """The verb locks the same two ledgers' rows in the other order."""
        low, high = sorted([await make_ledger(balance=1_000), await make_ledger(balance=1_000)])
        transfer = await post(low, high)
        verb = await asyncpg.connect(database)
        locking = "SELECT 1 FROM ledger_changes WHERE ledger_id = $1 FOR UPDATE"
        await verb.execute("BEGIN")
        await verb.execute(locking, high)
        numbering = asyncio.create_task(number_events(actor.customer_id, wait=True))
        await until_blocked(1)
        with contextlib.suppress(
            asyncpg.DeadlockDetectedError
        ):  # Whose timeout ends first: on a busy machine, its own.
            await verb.execute(locking, low)
        await verb.execute("COMMIT")
        await verb.close()

        assert await numbering == 3
        assert set((await self.noted()).values()) == {transfer.posted_at}
        assert await fetchval("SELECT last_position FROM feeds") == 6

    @pytest.mark.parametrize("sequencers", [1, 2])
    async def test_follow_each_other_per_account_as_in_its_books(self, actor, sequencers):
        """Several processes post among a few accounts, while sequencers number."""
        accounts = [await open_account(actor.customer_id, balance=10_000) for _ in range(4)]
        dice = random.Random(sequencers)
        is_over = asyncio.Event()

        async def write():
            coalescer = Coalescer()
            for _ in range(10):
                postings = [posting(actor, *dice.sample(accounts, 2)) for _ in range(dice.randint(1, 5))]
                await coalescer.submit(actor.customer_id, postings)

        async def sequence():
            while not is_over.is_set():
                await number_events(actor.customer_id, wait=dice.random() < 0.5)
                await asyncio.sleep(dice.uniform(0, 0.003))

        async def write_all():
            await asyncio.gather(*(write() for _ in range(6)))
            is_over.set()

        await asyncio.gather(write_all(), *(sequence() for _ in range(sequencers)))
        await number_events(actor.customer_id)
        entries = await read_feed(actor, after=0, limit=1_000)
        assert [entry.position for entry in entries] == list(range(2, 2 * len(entries) + 1, 2))
        for account_id in accounts:
            sides = [entry.event.data[side] for entry in entries for side in ("debit", "credit")]
            sequence_numbers = [int(side["sequence"]) for side in sides if side["id"] == str(account_id)]
            assert sequence_numbers == list(range(1, len(sequence_numbers) + 1))
            assert len(sequence_numbers) > 10


def posting(actor, debit_id, credit_id):
    return Post(
        actor=worker_actor(actor.customer_id),
        resource_id=new_id(),
        key=None,
        debit_id=debit_id,
        credit_id=credit_id,
        amount=exact(1, GBP),
    )

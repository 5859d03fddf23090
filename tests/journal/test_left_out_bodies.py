"""Events of transfers are stored without their body once the operator says so, and told in the same bytes for ever."""

import asyncio

import pytest

from app.db.connection import fetch, fetchrow, pool
from app.events import left_out_bodies
from app.events.event_types import TRANSFER_POSTED
from app.events.posted_transfer import format_of
from app.journal.post_transfer import PostTransfer, post_transfer
from app.proof.prove_books import prove_books
from tests.bookkeeping import gbp
from tests.rich_books import write_rich_books
from tests.told_events import told_event, told_events


@pytest.fixture
def stores_bodies(monkeypatch, database):
    """The process is as before `quaestor migrate --finish`; calling it finishes."""
    monkeypatch.setattr(left_out_bodies, "MIGRATION", "9999_not_yet")
    left_out_bodies.forget()

    def finish():
        monkeypatch.undo()
        left_out_bodies.forget()

    yield finish
    finish()


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def asked(monkeypatch):
    """A query of one value that counts how often it was asked, with an answer and a clock to set."""

    class Asked:
        count, answer, now = 0, False, 1_000.0

        async def fetchval(self, _sql, name):
            assert name == "0044_events_without_bodies"
            self.count += 1
            return self.answer

    one = Asked()
    monkeypatch.setattr(left_out_bodies, "monotonic", lambda: one.now)
    left_out_bodies.forget()
    yield one
    left_out_bodies.forget()


async def test_looks_once_a_minute_and_never_again_once_it_is_so(asked):
    for now, answer, count, is_so in (
        (1_000.0, False, 1, False),
        (1_059.0, True, 1, False),
        (1_060.0, True, 2, True),
        (9_999.0, False, 2, True),
    ):
        asked.now, asked.answer = now, answer
        await left_out_bodies.look(asked.fetchval)
        assert (asked.count, left_out_bodies.are_left_out()) == (count, is_so)


async def test_is_asked_once_by_several_at_the_same_time(asked):
    answered = asyncio.Event()

    async def slowly(sql, name):
        await answered.wait()
        return await asked.fetchval(sql, name)

    asked.answer = True
    looking = [asyncio.create_task(left_out_bodies.look(slowly)) for _ in range(3)]
    await asyncio.wait(looking, timeout=0.01)
    assert not left_out_bodies.are_left_out()
    answered.set()
    await asyncio.gather(*looking)
    assert (asked.count, left_out_bodies.are_left_out()) == (1, True)


async def test_looks_again_at_once_where_a_look_failed(asked):
    async def fail(_sql, _name):
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await left_out_bodies.look(fail)
    asked.answer = True
    await left_out_bodies.look(asked.fetchval)
    assert left_out_bodies.are_left_out()


async def test_posts_by_memory_although_it_could_not_look(stores_bodies, actor, pair, monkeypatch):
    async def fail(_fetchval):
        raise ConnectionResetError

    monkeypatch.setattr(left_out_bodies, "look", fail)
    sides = {"debit_id": str(pair[0]), "credit_id": str(pair[1])}
    transfer, _ = await post_transfer(actor, PostTransfer(**sides, amount=gbp("1.00"), idempotency_key="a"))
    assert (await fetchrow("SELECT body FROM events WHERE resource_id = $1", transfer.id))["body"] is not None


@pytest.mark.parametrize("effective_at", [None, "2026-01-01T00:00:00Z"], ids=["by memory", "by locking"])
async def test_stores_bodies_until_it_is_finished(stores_bodies, actor, pair, effective_at):
    async def post(key):
        sides = {"debit_id": str(pair[0]), "credit_id": str(pair[1])}
        command = PostTransfer(**sides, amount=gbp("1.00"), idempotency_key=key, effective_at=effective_at)
        return (await post_transfer(actor, command))[0]

    before = await post("before")
    stored = await fetchrow("SELECT body, body_format, body_checksum FROM events WHERE resource_id = $1", before.id)
    assert stored["body"].startswith('{"id":"')
    assert (stored["body_format"], stored["body_checksum"]) == (None, None)
    assert (await told_event("WHERE resource_id = $1", before.id))["body"] == stored["body"]

    stores_bodies()
    after = await post("after")
    left_out = await fetchrow("SELECT body, body_format FROM events WHERE resource_id = $1", after.id)
    assert (left_out["body"], left_out["body_format"]) == ("", 111)
    assert str(after.id) in (await told_event("WHERE resource_id = $1", after.id))["body"]


async def test_tells_everything_that_can_happen_as_it_was_told_then(stores_bodies):
    """Bodies that were stored when their transfers were posted, against those made of the rows after all else happened:
    reversals, captures, closed ledgers, backdated and forced transfers, payments, wallets, gold, later postings.
    """
    books = await write_rich_books()
    await pool().execute("UPDATE posting_accounts SET holder_id = NULL WHERE customer_id = $1", books.customer_id)
    stored = await fetch("SELECT * FROM events WHERE type = $1", TRANSFER_POSTED)
    assert {row["body_format"] for row in stored} == {None}
    parties = {row["id"]: await _parties_of(row["resource_id"]) for row in stored}
    for row in stored:
        await pool().execute(
            "UPDATE events SET body = '', body_format = $2, body_checksum = 0 WHERE id = $1",
            row["id"],
            format_of(*parties[row["id"]]),
        )
    made = {event["id"]: event["body"] for event in await told_events("WHERE type = $1", TRANSFER_POSTED)}

    assert len(made) >= 50
    ledger, wallet, system = "ledger", "wallet", "system_account"
    assert set(parties.values()) == {(ledger, ledger), (ledger, system), (system, ledger), (wallet, wallet)}
    assert made == {row["id"]: row["body"] for row in stored}
    stores_bodies()


async def _parties_of(transfer_id):
    rows = await fetch(
        """
        SELECT CASE WHEN is_system THEN 'system_account' WHEN book = 'WALLET' THEN 'wallet' ELSE 'ledger' END AS party
        FROM transfers JOIN posting_accounts AS account ON account.id = ANY(ARRAY[debit_id, credit_id])
        WHERE transfers.id = $1 ORDER BY account.id = credit_id
        """,
        transfer_id,
    )
    return tuple(row["party"] for row in rows)


async def test_proves_both_kinds_side_by_side(stores_bodies):
    await write_rich_books()
    stores_bodies()
    await write_rich_books("Other Ltd")
    counts = await fetch(
        "SELECT body = '' AS is_left_out, count(*) FROM events WHERE type = $1 GROUP BY 1", TRANSFER_POSTED
    )
    assert {row["is_left_out"]: row["count"] > 50 for row in counts} == {True: True, False: True}
    assert (await prove_books()).findings.counts == {}

"""The end of a batch: exactly the rows that were decided, and who is woken."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.notifications import EVENTS_TOPIC, WORK_TOPIC, feed_topic
from app.db.transaction import transaction
from app.journal.carry_out_batch import carry_out_batch
from tests.bookkeeping import open_account
from tests.journal.orders import capture, carry_out, expire, made, place, post, release, reverse
from tests.told_events import told_events

pytestmark = pytest.mark.postgres15

TOMORROW = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def pair(actor):
    """A payer and a payee, each of a holder of its own."""
    ids = []
    for balance in (1_000, 0):
        holder_id = new_id()
        await pool().execute(
            "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
            " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now())",
            actor.customer_id,
            holder_id,
        )
        ids.append(await open_account(actor.customer_id, holder_id=holder_id, balance=balance))
    return ids


async def holders_of(ids):
    return [await fetchval("SELECT holder_id FROM posting_accounts WHERE id = $1", one) for one in ids]


async def test_writes_a_transfer(actor, pair):
    order = post(actor, *pair, 250, "key-1", reference="rent", metadata={"é": [1, None, {"a": "'\"\\"}]})

    posted = made((await carry_out(actor, order))[0])

    assert dict(await fetchrow("SELECT * FROM transfers WHERE id = $1", posted.id)) == {
        "customer_id": actor.customer_id,
        "id": order.resource_id,
        "kind": "INTER_LEDGER",
        "amount_minor_units": 250,
        "asset": "GBP",
        "scale": 2,
        "debit_id": pair[0],
        "debit_sequence": 2,
        "debit_balance_after": 750,
        "credit_id": pair[1],
        "credit_sequence": 1,
        "credit_balance_after": 250,
        "hold_id": None,
        "payment_id": None,
        "reverses_id": None,
        "group_id": None,
        "reference": "rent",
        "metadata": {"é": [1, None, {"a": "'\"\\"}]},
        "is_forced": False,
        "posted_at": posted.posted_at,
        "effective_at": None,
    }
    key = await fetchrow("SELECT * FROM idempotency_keys")
    assert (key["operation"], key["key"], key["resource_id"]) == ("postTransfer", "key-1", posted.id)
    assert bytes(key["command_hash"]) == order.key.command_hash


async def test_writes_a_hold_and_the_promise_to_expire_it(actor, pair):
    endless, ending = (
        made(outcome)
        for outcome in await carry_out(
            actor, place(actor, *pair, 5), place(actor, *pair, 6, expires_at=TOMORROW, metadata={"a": 1})
        )
    )

    assert dict(await fetchrow("SELECT * FROM holds WHERE id = $1", ending.id)) == {
        "customer_id": actor.customer_id,
        "id": ending.id,
        "status": "PLACED",
        "amount_minor_units": 6,
        "asset": "GBP",
        "scale": 2,
        "debit_id": pair[0],
        "credit_id": pair[1],
        "payment_id": None,
        "expires_at": TOMORROW,
        **dict.fromkeys(("captured_minor_units", "released_minor_units", "last_transfer_id", "parts_version")),
        "reference": None,
        "metadata": {"a": 1},
        "version": 1,
        "created_at": ending.created_at,
        "updated_at": ending.created_at,
    }
    assert await fetchval("SELECT expires_at FROM holds WHERE id = $1", endless.id) is None
    promised = await fetch("SELECT kind, resource_id, status, next_attempt_at FROM outbox_messages")
    assert [tuple(row) for row in promised] == [("expire_hold", ending.id, "PENDING", TOMORROW)]


async def test_writes_every_kind_of_change_in_one_batch(actor, pair):
    old, older, posted = (
        made(outcome)
        for outcome in await carry_out(
            actor, place(actor, *pair, 5), place(actor, *pair, 6), post(actor, *pair, 7, metadata={"a": 1})
        )
    )

    outcomes = await carry_out(
        actor,
        capture(actor, old.id, 3),
        release(actor, older.id),
        reverse(actor, posted.id),
        post(actor, *pair, 1, metadata={"b": 2}),
        place(actor, *pair, 2, expires_at=TOMORROW),
        place(actor, *pair, 1_000),
    )

    assert [made(outcome).id for outcome in outcomes[:2]] == [old.id, older.id]
    rows = await fetch("SELECT status, version, updated_at FROM holds WHERE id = ANY($1)", [old.id, older.id])
    assert {(row["status"], row["version"]) for row in rows} == {("CAPTURED", 2), ("RELEASED", 2)}
    assert {row["updated_at"] for row in rows} == {outcomes[3].object.posted_at}
    transfers = await fetch(
        "SELECT kind, hold_id, reverses_id, metadata FROM transfers WHERE kind = 'REVERSAL' OR debit_id = $1"
        " ORDER BY kind, debit_sequence",
        pair[0],
    )
    assert [tuple(row) for row in transfers] == [
        ("INTER_LEDGER", None, None, {"a": 1}),
        ("INTER_LEDGER", old.id, None, {}),
        ("INTER_LEDGER", None, None, {"b": 2}),
        ("REVERSAL", None, posted.id, {}),
    ]
    assert await fetchval("SELECT count(*) FROM holds WHERE status = 'PLACED'") == 1


async def test_tells_of_each_change_to_both_sides(actor, pair):
    holders = await holders_of(pair)
    outcomes = await carry_out(actor, post(actor, *pair, 5), place(actor, *pair, 6))
    posted, held = (made(outcome) for outcome in outcomes)

    rows = await told_events("WHERE resource_id = ANY($1) ORDER BY type DESC", [posted.id, held.id])

    assert [(row["type"], row["resource_type"], row["resource_id"], row["resource_version"]) for row in rows] == [
        ("transfer.posted", "transfer", posted.id, 1),
        ("hold.status.placed", "hold", held.id, 1),
    ]
    for row in rows:
        assert [row["holder_id"], row["other_holder_id"]] == holders
        assert (row["via"], row["actor"], row["request_id"]) == ("graphql", "api_key:test", "request-1")
        assert row["occurred_at"] == posted.posted_at
        assert orjson.loads(row["body"])["id"] == str(row["id"])
    queued = await fetch(
        "SELECT * FROM unnumbered_events WHERE resource_id = ANY($1) ORDER BY insertion", [posted.id, held.id]
    )
    assert [row["event_id"] for row in queued] == [row["id"] for row in rows]
    for row in queued:
        assert [row["debit_id"], row["credit_id"]] == pair
        assert [row["holder_id"], row["other_holder_id"]] == holders


async def test_wakes_those_who_wait_for_events_and_for_work(actor, pair):
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [post(actor, *pair)])
        assert tx.topics == {EVENTS_TOPIC, feed_topic(actor.customer_id)}
    async with transaction() as tx:
        await carry_out_batch(tx, actor.customer_id, [place(actor, *pair, expires_at=TOMORROW)])
        assert tx.topics == {EVENTS_TOPIC, feed_topic(actor.customer_id), WORK_TOPIC}


async def test_writes_a_whole_batch_of_a_thousand(actor, pair):
    orders = [post(actor, *pair, 1, f"key-{n}") for n in range(500)]
    orders += [place(actor, *pair, 1, f"key-{n}", expires_at=TOMORROW) for n in range(500)]

    outcomes = await carry_out(actor, *orders)

    ids = {made(outcome).id for outcome in outcomes}
    assert len(ids) == 1_000
    stored = await fetch("SELECT id FROM transfers WHERE debit_id = $1 UNION ALL SELECT id FROM holds", pair[0])
    assert {row["id"] for row in stored} == ids
    assert await fetchval("SELECT count(*) FROM outbox_messages") == 500
    assert await fetchval("SELECT count(*) FROM idempotency_keys") == 1_000


async def test_writes_holds_alone(actor, pair):
    """No entry: neither the sequence nor the time of the last entry move."""
    held = made((await carry_out(actor, place(actor, *pair, 10, expires_at=TOMORROW)))[0])
    before = await fetchrow("SELECT sequence, last_posted_at FROM posting_accounts WHERE id = $1", pair[0])
    await pool().execute("UPDATE holds SET expires_at = now() WHERE id = $1", held.id)
    made((await carry_out(actor, expire(actor, held.id)))[0])

    after = await fetchrow("SELECT sequence, last_posted_at, held FROM posting_accounts WHERE id = $1", pair[0])
    assert tuple(after) == (*before, 0)
    assert await fetchval("SELECT last_posted_at FROM posting_accounts WHERE id = $1", pair[1]) is None

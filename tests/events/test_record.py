"""An event is written with its change, its bytes frozen, and waits for its position."""

from dataclasses import replace

import orjson
import pytest

from app.db.connection import fetch, fetchrow, fetchval
from app.db.identifiers import new_id
from app.db.statement import Statement
from app.db.transaction import transaction
from app.events.record import API_VERSION, Resource, add_events, json_text, new_event, record_event
from app.kernel.clock import rfc3339


@pytest.fixture
async def written(actor):
    resource = Resource("ledger", new_id(), 3, holder_id=new_id())
    async with transaction() as tx:
        event_id = await record_event(
            tx, actor, "ledger.status.ok", resource, {"status": "OK", "name": "ä☃"}, previous={"status": "PENDING"}
        )
        instant, topics = await tx.now(), tx.topics
    return event_id, resource, instant, topics


async def test_writes_the_whole_body_once(actor, written):
    event_id, resource, instant, _ = written
    row = await fetchrow("SELECT * FROM events")

    assert orjson.loads(row["body"]) == {
        "id": str(event_id),
        "type": "ledger.status.ok",
        "timestamp": rfc3339(instant),
        "api_version": API_VERSION,
        "resource": {"type": "ledger", "id": str(resource.id), "version": 3},
        "previous": {"status": "PENDING"},
        "data": {"status": "OK", "name": "ä☃"},
        "cause": {"via": "graphql", "request_id": "request-1"},
    }
    assert list(orjson.loads(row["body"])) == [
        "id",
        "type",
        "timestamp",
        "api_version",
        "resource",
        "previous",
        "data",
        "cause",
    ]


async def test_notes_who_did_it_and_what_it_is_about(actor, written):
    event_id, resource, instant, _ = written
    row = dict(await fetchrow("SELECT * FROM events"))
    row.pop("body")

    assert row == {
        "customer_id": actor.customer_id,
        "id": event_id,
        "type": "ledger.status.ok",
        "resource_type": "ledger",
        "resource_id": resource.id,
        "resource_version": 3,
        "holder_id": resource.holder_id,
        "other_holder_id": None,
        "via": "graphql",
        "actor": "api_key:test",
        "request_id": "request-1",
        "occurred_at": instant,
        "traceparent": None,
        "body_format": None,
        "body_checksum": None,
    }


async def test_leaves_it_waiting_for_its_position(actor, written):
    event_id, resource, instant, _ = written
    waiting = await fetchrow("SELECT * FROM unnumbered_events")

    assert waiting["insertion"] > 0
    assert {**waiting, "insertion": 0} == {
        "customer_id": actor.customer_id,
        "insertion": 0,
        "event_id": event_id,
        "type": "ledger.status.ok",
        "resource_type": "ledger",
        "resource_id": resource.id,
        "holder_id": resource.holder_id,
        "other_holder_id": None,
        "debit_id": None,
        "credit_id": None,
        "occurred_at": instant,
    }
    assert await fetchval("SELECT count(*) FROM feed_entries") == 0


async def test_wakes_who_waits_for_the_object_the_feed_or_any_event(actor, written):
    _, resource, _, topics = written
    assert topics == {"events", f"f:{actor.customer_id}", f"r:{resource.id}"}


async def test_gives_an_id_whose_last_two_bits_are_free(written):
    assert written[0].int & 0b11 == 0
    assert written[0].version == 7


async def test_writes_many_at_once_in_their_order(actor):
    """With all that one can have; and with what none of them has left out of what is sent."""
    others = replace(actor, request_id=None)
    events = [
        new_event(actor, "wallet.created", Resource("wallet", new_id(), 1), "2026-01-01T00:00:00Z", '{"a":1}')
        for _ in range(20)
    ]
    moved = new_event(
        others,
        "hold.status.captured",
        Resource("hold", new_id(), 2, holder_id=new_id()),
        "2026-01-01T00:00:00Z",
        "{}",
        previous='{"status":"PLACED"}',
    )
    moved.other_holder_id, moved.debit_id, moved.credit_id = new_id(), new_id(), new_id()
    async with transaction() as tx:
        for written in (events, [moved]):
            statement = Statement(actor.customer_id, await tx.now())
            add_events(statement, written)
            await statement.run(tx)
        instant, topics = await tx.now(), tx.topics

    assert topics == {"events", f"f:{actor.customer_id}"}
    rows = await fetch(
        "SELECT * FROM events NATURAL JOIN (SELECT event_id AS id, insertion FROM unnumbered_events) AS n"
    )
    rows.sort(key=lambda row: row["insertion"])
    assert [row["id"] for row in rows] == [event.id for event in [*events, moved]]
    assert [row["body"] for row in rows] == [event.body for event in [*events, moved]]
    assert {(row["customer_id"], row["occurred_at"]) for row in rows} == {(actor.customer_id, instant)}
    assert [(row["holder_id"], row["other_holder_id"], row["request_id"]) for row in rows] == [
        *[(None, None, "request-1")] * 20,
        (moved.resource.holder_id, moved.other_holder_id, None),
    ]
    waiting = await fetch("SELECT * FROM unnumbered_events ORDER BY insertion")
    assert [
        (row["event_id"], row["type"], row["resource_type"], row["resource_id"], row["debit_id"], row["credit_id"])
        for row in waiting
    ] == [
        (event.id, event.type, event.resource.type, event.resource.id, event.debit_id, event.credit_id)
        for event in [*events, moved]
    ]
    assert (waiting[-1]["holder_id"], waiting[-1]["other_holder_id"]) == (
        moved.resource.holder_id,
        moved.other_holder_id,
    )


async def test_writes_a_body_as_orjson_would(actor):
    event = new_event(
        replace(actor, request_id='a "request"'),
        "ledger.updated",
        Resource("ledger", new_id(), 7),
        "2026-01-01T00:00:00Z",
        json_text({"name": 'ä☃"\\', "tags": [1, None, 2.5, {}]}),
        previous=json_text({"name": None}),
    )
    assert orjson.dumps(orjson.loads(event.body)).decode() == event.body

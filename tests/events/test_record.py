"""An event is written with its change, its bytes frozen, and waits for its position."""

import orjson
import pytest

from app.db.connection import fetchrow, fetchval
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.record import API_VERSION, Resource, record_event
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

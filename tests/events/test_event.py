"""An event as it is read."""

from app.db.connection import fetchrow
from app.db.transaction import transaction
from app.events.event import Event, event_of
from app.events.record import Resource, record_event
from app.kernel.identifiers import new_id


async def test_reads_what_was_recorded(actor):
    resource = Resource("holder", new_id(), 2)
    async with transaction() as tx:
        event_id = await record_event(tx, actor, "holder.updated", resource, {"b": 1}, previous={"b": 0})
    row = await fetchrow("SELECT * FROM events")
    event = event_of(row)

    assert event == Event(
        customer_id=actor.customer_id,
        id=event_id,
        type="holder.updated",
        resource_type="holder",
        resource_id=resource.id,
        resource_version=2,
        holder_id=None,
        body=row["body"],
        via="graphql",
        actor="api_key:test",
        request_id="request-1",
        occurred_at=row["occurred_at"],
    )
    assert event.data == {"b": 1}
    assert event.previous == {"b": 0}

"""Events as they are read: with the body of those that are stored without it."""

from app.db.connection import fetch
from app.events.event import EVENT_SQL
from app.events.posted_transfer import body_of


async def told_events(rest="", *arguments):
    """The events that `rest` of the statement (`WHERE …`) leaves, each with its `body`."""
    rows = await fetch(f"SELECT {EVENT_SQL}, event.traceparent FROM events AS event {rest}", *arguments)
    return [{**row, "body": body_of(row)} for row in rows]


async def told_event(rest="", *arguments):
    """The only one."""
    [event] = await told_events(rest, *arguments)
    return event

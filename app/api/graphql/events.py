"""Events: the audit trail as a query, and both subscriptions."""

import datetime as dt
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from app.api.graphql.access import ApiKey
from app.api.graphql.context import Context, Info
from app.api.graphql.described import argument, described, described_input, described_type, optional
from app.api.graphql.filter_values import FILTER, DateTimeFilter, id_in, span_in
from app.api.graphql.ledgers import LedgerChange
from app.api.graphql.loaders import load_key_of_actor
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.paging import After, Connection, Which, paged, show_page
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.events import event
from app.events.event_types import EVENT_TYPES, check_stored_types
from app.events.feed import FeedFilter, feed_end, read_newest, read_page
from app.events.feed_place import feed_place
from app.events.number_events import number_before_reading
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE
from app.events.watch_events import watch_events
from app.kernel.checks import check_known
from app.kernel.errors import NotFound
from app.ledgers.queries import find_ledger
from app.ledgers.watch_ledger_changes import watch_ledger_changes

OnlyLedger = Annotated[strawberry.ID | None, argument(f"Only this one: `{EXAMPLE_ID}`.")]
Types = Annotated[list[str] | None, argument('Exact types or wildcards: `["ledger.*"]`.')]


@shows(event.Event, resource_id=lambda view: str(view.shown.resource_id))
@described_type("A committed fact. The same row feeds this query, subscriptions and webhooks, and is the audit trail.")
class Event(Node):
    type: str = described("What happened: `ledger.status.ok`.")
    resource_type: str = described("To what kind of object: `ledger`.")
    resource_id: strawberry.ID = described(f"To which one: `{EXAMPLE_ID}`.")
    resource_version: int = described("Its version after the change: `2`.")
    data: JSONValue = described("The whole object after the change, without personal data.")
    previous: JSONValue | None = described('What was replaced: `{"status": "PENDING"}`.')
    via: str = described("Which door: `graphql`, `rest`, `kafka`, `worker`, `cli`.")
    actor: str = described(f"Who: `api_key:{EXAMPLE_ID}`, `worker`.")
    request_id: str | None = described("In which request: the answer's `X-Request-Id`.")
    occurred_at: dt.datetime = described("When: `2026-11-20T12:00:00.123456Z`.")
    shown: strawberry.Private[event.Event]

    @described(
        "The key that did it, or that made the access token which did. Null: none did, or this key may not see it "
        "(`keys:write`)."
    )
    async def api_key(self, info: Info) -> ApiKey | None:
        return view(await load_key_of_actor(info.context, self.shown.actor), info.context)


@described_type("An event as it happens.")
class EventMessage:
    cursor: str = described("Where to resume: the next `after`.")
    event: Event = described("The event.")


@described_input("Which events; what is left out does not matter.")
class EventFilter:
    types: list[str] | None = optional('Exact types or wildcards: `["ledger.*"]`.')
    resource_id: strawberry.ID | None = optional(f"About this: `{EXAMPLE_ID}`.")
    resource_type: list[str] | None = optional('About these: `["holder"]`.')
    occurred_at: DateTimeFilter | None = optional("In this time.")


def _wanted(given: EventFilter | None) -> FeedFilter:
    given = given or EventFilter()
    types, nouns = given.types, given.resource_type
    return FeedFilter(
        types=None if types is None else check_stored_types(types, (FILTER, "types")),
        resource_id=id_in(given.resource_id, "resourceId"),
        resource_types=(
            None if nouns is None else check_known(nouns, tuple(SCOPE_OF_RESOURCE_TYPE), (FILTER, "resourceType"))
        ),
        **span_in(given.occurred_at, "occurred_at"),
    )


async def _page(context: Context, asked: Page, given: EventFilter | None) -> Connection[Event]:
    """The events after a cursor, or the last ones before one, in the feed's order either way."""
    if asked.backward:
        place = feed_place(asked.before, ("before",))
        page = await read_newest(context.actor, before=place, limit=asked.limit, wanted=_wanted(given))
    else:
        place = feed_place(asked.after, ("after",))
        page = await read_page(context.actor, after=place, limit=asked.limit, wanted=_wanted(given))
    return show_page(
        [view(entry.event, context) for entry in page.entries],
        page.entries,
        lambda entries: [entry.cursor for entry in entries],
        has_more=page.has_more,
        resumed=place is not None,
        backward=asked.backward,
        end_cursor=None if asked.backward and page.entries else page.end.cursor,
    )


@strawberry.type
class EventQueries:
    """Queries about events."""

    @paged(
        "The audit trail in feed order, oldest first: nothing committed is ever skipped. With `last` the newest "
        "events, or those before a cursor, in the same order.",
        is_ordered=False,
    )
    async def events(self, info: Info, page: Page, filter: Which[EventFilter] = None) -> Connection[Event]:
        return await _page(info.context, page, filter)

    @described("The feed's end now, as a cursor: pass it as `after` to follow what happens next.")
    async def feed_end(self, info: Info) -> str:
        customer_id = info.context.actor.customer_id
        await number_before_reading(customer_id)
        return (await feed_end(customer_id)).cursor

    @described('Every type of event there is: `["ledger.status.ok"]`.')
    def event_types(self, info: Info) -> list[str]:
        _ = info.context.actor
        return list(EVENT_TYPES)


@described_type("What can be watched. Both resume: nothing committed since a cursor is missed.")
class Subscription:
    @strawberry.subscription(description="Each change of a ledger, or of any. Resume with the last cursor as `after`.")
    async def ledger_changed(
        self, info: Info, ledger_id: OnlyLedger = None, after: After = None
    ) -> AsyncGenerator[LedgerChange, None]:
        context, actor = info.context, info.context.actor
        actor.require("ledgers:read")
        only = None if ledger_id is None else parse_id(ledger_id, ("ledgerId",))
        if only is not None and await find_ledger(actor, only) is None:
            raise NotFound(f"There is no ledger {only}.", path=("ledgerId",))
        changes = watch_ledger_changes(
            actor,
            after=feed_place(after, ("after",)),
            ledger_id=only,
            backup_poll_seconds=context.settings.wait_backup_poll_seconds,
        )
        async with aclosing(changes):
            async for change in changes:
                yield LedgerChange.of(change, context)

    @strawberry.subscription(description="Each event as it happens. Resume with the last cursor as `after`.")
    async def events(self, info: Info, types: Types = None, after: After = None) -> AsyncGenerator[EventMessage, None]:
        context, actor = info.context, info.context.actor
        happened = watch_events(
            actor,
            after=feed_place(after, ("after",)),
            types=None if types is None else check_stored_types(types, ("types",)),
            backup_poll_seconds=context.settings.wait_backup_poll_seconds,
        )
        async with aclosing(happened):
            async for entry in happened:
                yield EventMessage(cursor=entry.cursor, event=view(entry.event, context))

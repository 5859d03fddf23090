"""Webhooks: endpoints, deliveries and attempts. Their mutations are in webhook_mutations.py."""

import datetime as dt
from uuid import UUID

import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.described import described, described_enum, described_input, described_type, optional
from app.api.graphql.events import Event
from app.api.graphql.filter_values import FILTER, DateTimeFilter, id_in, several_in, span_in
from app.api.graphql.loaders import (
    load_attempts,
    load_endpoint,
    load_event,
    load_request_body,
    load_secret_ends,
    load_stats,
)
from app.api.graphql.node import EXAMPLE_ID, ItsId, Node
from app.api.graphql.paging import Connection, Which, paged, read_page_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.events.event_types import check_event_types
from app.kernel.checks import refuse
from app.webhooks import queries, records
from app.webhooks.endpoints.give_public_key import give_public_key
from app.webhooks.endpoints.rotate_webhook_secret import LIVE_SECRETS_MAX
from app.webhooks.own_headers import HEADERS_MAX
from app.webhooks.replays import replay as replays
from app.webhooks.status import DeliveryStatus, EndpointStatus, Payload
from app.webhooks.vault import Vault

described_enum(
    EndpointStatus,
    "Whether an endpoint is sent to. Example: `ENABLED`.",
    {
        EndpointStatus.ENABLED: "It is.",
        EndpointStatus.PAUSED: "It keeps failing: deliveries wait and use up no attempts; one is tried now and then.",
        EndpointStatus.DISABLED: "It is not: deliveries are suspended until it is enabled.",
    },
    name="WebhookEndpointStatus",
)
described_enum(
    DeliveryStatus,
    "Where a delivery stands. Example: `DELIVERED`.",
    {
        DeliveryStatus.PENDING: "Not attempted yet.",
        DeliveryStatus.RETRYING: "To be tried again, after a failure or because that was asked for.",
        DeliveryStatus.DELIVERED: "Answered with 2xx.",
        DeliveryStatus.EXHAUSTED: "Failed at every attempt.",
        DeliveryStatus.CANCELLED: "Its endpoint was deleted.",
    },
    name="WebhookDeliveryStatus",
)
described_enum(
    Payload,
    "What a message holds. Example: `FULL`.",
    {
        Payload.FULL: "The whole object.",
        Payload.THIN: "Ids only.",
        Payload.NOTIFICATION: "A flat body with names of its own: `entity-ready-to-use`, `ledger-changed`.",
    },
    name="WebhookPayload",
)


ATTEMPTS_ASSUMED = 16
"""How many attempts a delivery may have: the schedule makes 13, if no setting says otherwise."""


@shows(records.WebhookStats)
@described_type("What became of an endpoint's deliveries in the last 7 days, and what is open now.")
class WebhookStats:
    delivered: int = described("How often one was answered with 2xx: `117`.")
    failed: int = described("How often one ran out of attempts: `0`.")
    pending: int = described("Open now, counted up to 10,000, and as many more that are suspended: `2`.")
    oldest_pending_seconds: float | None = described("How long the oldest open one waits: `1.5`.")


@shows(records.WebhookAttempt)
@described_type("One HTTP request of a delivery.")
class WebhookAttempt:
    number: int = described("1, 2, 3…")
    started_at: dt.datetime = described("When: `2026-11-20T12:00:00.123456Z`.")
    duration_ms: int = described("How long it took, in ms: `12`.")
    response_status: int | None = described("The HTTP status answered: `204`. Null: none was.")
    error: str | None = described("What went wrong, by stage: `connect: refused`. Null: nothing.")
    response_body: str | None = described(
        "The first 4 KiB of the answer, or 1 KiB where it repeats the one before.", large=True
    )


@described_input("Which deliveries; what is left out does not matter.")
class WebhookDeliveryFilter:
    endpoint_id: strawberry.ID | None = optional(f"To this one: `{EXAMPLE_ID}`.")
    status: list[DeliveryStatus] | None = optional("In these: `[RETRYING]`.")
    event_types: list[str] | None = optional('Of these exact types or wildcards: `["ledger.*"]`.')
    resource_id: strawberry.ID | None = optional(f"About this: `{EXAMPLE_ID}`.")
    created_at: DateTimeFilter | None = optional("Made in this time.")


@shows(
    records.WebhookEndpoint,
    holder_id=lambda view: None if view.shown.holder_id is None else str(view.shown.holder_id),
)
@described_type("A subscriber's URL.")
class WebhookEndpoint(Node):
    url: str = described("Where to: `https://example.com/hooks`.")
    description: str | None = described("What it is for: `back office`.")
    status: EndpointStatus = described("Whether it is sent to: `ENABLED`.")
    status_reason: str | None = described("Why: `It answered 410 Gone.`")
    event_types: list[str] = described('Exact types or wildcards, empty for all: `["ledger.*"]`.')
    payload: Payload = described("What its messages hold: `FULL`.")
    ordered: bool = described("Whether what is told of one resource comes strictly in order: `true`.")
    max_per_second: int | None = described("Deliveries a second at most, retries included: `50`. Null: no limit.")
    filter: JSONValue | None = described(
        'Only events whose `data` contains this are sent: `{"metadata": {"brand": "north"}}`. Null: all.'
    )
    holder_id: strawberry.ID | None = described(
        f"Only events of this holder are sent: `{EXAMPLE_ID}`. Null: those of all are."
    )
    header_names: list[str] = described('Its own headers, their names only: `["X-Api-Key"]`.', length=HEADERS_MAX)
    created_at: dt.datetime = described("When it was created: `2026-11-20T12:00:00.123456Z`.")
    updated_at: dt.datetime = described("When it last changed: `2026-11-20T12:00:00.123456Z`.")
    shown: strawberry.Private[records.WebhookEndpoint]
    deleted_at: dt.datetime | None = described(
        "When it was deleted. It is then found only by its id, and as the endpoint of a delivery or a replay. "
        "Null: it is not deleted."
    )

    @described(
        "The ed25519 key that verifies the `v1a` signatures of its messages: `whpk_…`. It is also at "
        "`/.well-known/webhook-keys/<id>`, without an API key, with those that still sign beside it."
    )
    async def public_key(self, info: Info) -> str:
        return await give_public_key(info.context.actor, self.shown, vault=Vault.of(info.context.settings))

    @described(
        "When its older secrets stop signing, the next first: `[]` where it has one secret only.",
        length=LIVE_SECRETS_MAX,
    )
    async def secret_expires_at(self, info: Info) -> list[dt.datetime]:
        return list(await load_secret_ends(info.context, self.shown.id) or ())

    @described("What became of its deliveries in the last 7 days.", needs="webhooks:read")
    async def stats(self, info: Info) -> WebhookStats:
        return view(await load_stats(info.context, UUID(self.id)), info.context)

    @paged("Its deliveries, newest first unless ordered otherwise.", needs="webhooks:read")
    async def deliveries(
        self, info: Info, page: Page, filter: Which[WebhookDeliveryFilter] = None
    ) -> Connection["WebhookDelivery"]:
        return await _page(info.context, page, filter, endpoint_id=UUID(self.id))


@shows(records.WebhookDelivery, event_id=lambda view: str(view.shown.message_id))
@described_type("One message for one endpoint.")
class WebhookDelivery(Node):
    event_id: strawberry.ID = described(f"The `webhook-id` header: `{EXAMPLE_ID}`.")
    event_type: str = described("What it tells of: `ledger.status.ok`.")
    status: DeliveryStatus = described("Where it stands: `DELIVERED`.")
    attempt_count: int = described("Attempts so far: `1`.")
    next_attempt_at: dt.datetime | None = described("When it is tried next; null: it is not.")
    created_at: dt.datetime = described("When it was made: `2026-11-20T12:00:00.123456Z`.")
    updated_at: dt.datetime = described("When it last changed: `2026-11-20T12:00:00.123456Z`.")
    shown: strawberry.Private[records.WebhookDelivery]

    @described("The event it tells of. Null where this key may not read it.")
    async def event(self, info: Info) -> Event | None:
        return view(await load_event(info.context, self.shown.event_id), info.context)

    @described("Where it goes.", needs="webhooks:read")
    async def endpoint(self, info: Info) -> WebhookEndpoint:
        return view(await load_endpoint(info.context, self.shown.endpoint_id), info.context)

    @described("The exact body that is sent. Null where this key may not read it.", large=True)
    async def request_body(self, info: Info) -> str | None:
        return await load_request_body(info.context, self.shown)

    @described("Its HTTP requests, in order.", length=ATTEMPTS_ASSUMED, needs="webhooks:read")
    async def attempts(self, info: Info) -> list[WebhookAttempt]:
        return [view(one, info.context) for one in await load_attempts(info.context, self.shown.id) or ()]


@shows(replays.WebhookReplay)
@described_type("Messages to be sent again, in the background: the same deliveries, whose attempts go on counting.")
class WebhookReplay(Node):
    matched: int = described("How many messages it is about: `117`.")
    scheduled: int = described("How many of them are due by now, or were sent: `50`.")
    finished_at: dt.datetime | None = described(
        "When all were scheduled: `2026-11-20T12:00:00.123456Z`. Null: they are not yet."
    )
    created_at: dt.datetime = described("When it was asked for: `2026-11-20T12:00:00.123456Z`.")
    shown: strawberry.Private[replays.WebhookReplay]

    @described("Where it goes.", needs="webhooks:read")
    async def endpoint(self, info: Info) -> WebhookEndpoint:
        return view(await load_endpoint(info.context, self.shown.endpoint_id), info.context)


def _wanted(given: WebhookDeliveryFilter | None, endpoint_id: UUID | None) -> queries.DeliveryFilter:
    given = given or WebhookDeliveryFilter()
    named = id_in(given.endpoint_id, "endpointId")
    if endpoint_id is not None and named not in {None, endpoint_id}:
        refuse("These are one endpoint's deliveries already: leave `endpointId` out.", (FILTER, "endpointId"))
    types, path = given.event_types, (FILTER, "eventTypes")
    return queries.DeliveryFilter(
        endpoint_id=endpoint_id or named,
        status=several_in(given.status, "status"),
        event_types=None if types is None else check_event_types(types, path),
        resource_id=id_in(given.resource_id, "resourceId"),
        **span_in(given.created_at, "created_at"),
    )


async def _page(
    context: Context, page: Page, given: WebhookDeliveryFilter | None, *, endpoint_id: UUID | None = None
) -> Connection[WebhookDelivery]:
    wanted, read = _wanted(given, endpoint_id), queries.read_webhook_deliveries
    return await read_page_of(context, wanted, page, read=read, cursors=queries.webhook_delivery_cursors)


@strawberry.type
class WebhookQueries:
    """Queries about webhooks."""

    @described("One endpoint; null where there is none.")
    async def webhook_endpoint(self, info: Info, id: ItsId) -> WebhookEndpoint | None:
        found = await queries.find_webhook_endpoint(info.context.actor, parse_id(id, ("id",)))
        return view(found, info.context)

    @described("All endpoints, oldest first.", length=queries.ENDPOINTS_MAX)
    async def webhook_endpoints(self, info: Info) -> list[WebhookEndpoint]:
        return [view(one, info.context) for one in await queries.list_webhook_endpoints(info.context.actor)]

    @described("One delivery; null where there is none.")
    async def webhook_delivery(self, info: Info, id: ItsId) -> WebhookDelivery | None:
        found = await queries.find_webhook_delivery(info.context.actor, parse_id(id, ("id",)))
        return view(found, info.context)

    @paged("Deliveries to all endpoints, newest first unless ordered otherwise.")
    async def webhook_deliveries(
        self, info: Info, page: Page, filter: Which[WebhookDeliveryFilter] = None
    ) -> Connection[WebhookDelivery]:
        return await _page(info.context, page, filter)

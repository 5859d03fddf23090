"""Send again, or for the first time, what happened in some time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.db.connection import Record, fetchrow, fetchval
from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.events.event_types import check_event_types
from app.events.feed import DISORDER_MAX, position_before
from app.events.number_events import number_events
from app.kernel.actor import Actor
from app.kernel.checks import check_count, check_instant, refuse
from app.kernel.errors import LimitExceeded, Path
from app.outbox.promise import promise
from app.webhooks.endpoints.endpoint_checks import ENDPOINT_ID_PATH, check_grants, lock_named_endpoint, may_write
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.replays.matching import Matching
from app.webhooks.replays.replay import WebhookReplay, replay_of
from app.webhooks.status import DeliveryStatus, EndpointStatus

OPEN_MAX = 10
"""How many replays of one endpoint may be under way."""
RETRY_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ReplayWebhooks:
    """What to send again: what happened from `since` on, before `until` (None: now). None means any."""

    endpoint_id: str
    since: datetime
    until: datetime | None = None
    event_types: Sequence[str] | None = None
    resource_id: str | None = None
    statuses: Sequence[DeliveryStatus] | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """The positions of what happened in some time: all are after the first, up to and with the last."""

    after: int
    last: int


async def replay_webhooks(actor: Actor, command: ReplayWebhooks) -> WebhookReplay:
    """Promise to send to one endpoint all that it asks for and that happened in some time; answers how many messages
    match.

    What happened before the endpoint was made, or before it asked for these types, is sent as well: such messages have
    no delivery yet. With `statuses`, only messages whose delivery has one of them; PENDING includes those without
    delivery. Messages keep their `webhook-id`. The work follows in batches. What changes meanwhile is left out: a
    message that no longer has one of the statuses, or is no longer asked for.

    :raises Invalid: malformed, `until` before `since`, or the endpoint is DISABLED, so that nothing would be sent.
    :raises NotFound: there is no such endpoint.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    :raises LimitExceeded: `OPEN_MAX` replays of this endpoint are under way.
    """
    may_write(actor)
    planned = await _planned(actor, command)
    endpoint = await _endpoint(actor, planned.endpoint_id)
    # Events committed before now are part of it, even if they have no position yet.
    await number_events(actor.customer_id, wait=True)
    span = await _span(actor, planned)
    planned = replace(planned, position=span.after, last_position=span.last)
    # Counted without a lock: fan-out waits for whoever locks the endpoint.
    return await _promise(actor, replace(planned, matched=await Matching(planned, endpoint).count()))


async def _planned(actor: Actor, command: ReplayWebhooks) -> WebhookReplay:
    now: datetime = await fetchval("SELECT clock_timestamp()")
    check_instant(command.since, ("since",))
    until = now if command.until is None else check_instant(command.until, ("until",))
    if until < command.since:
        if command.until is None:
            refuse("`since` is in the future: nothing has happened since then.", ("since",))
        refuse("`until` is before `since`: leave it out for all until now.", ("until",))
    check_count(command.statuses or (), ("status",))
    _refuse_empty(command.event_types, ("event_types",), "`eventTypes`", "types")
    _refuse_empty(command.statuses, ("status",), "`status`", "statuses")
    types = command.event_types
    return WebhookReplay(
        customer_id=actor.customer_id,
        id=new_id(),
        endpoint_id=parse_id(command.endpoint_id, ENDPOINT_ID_PATH),
        since=command.since,
        until=until,
        event_types=None if types is None else check_event_types(types, ("event_types",)),
        resource_id=None if command.resource_id is None else parse_id(command.resource_id, ("resource_id",)),
        statuses=None if command.statuses is None else tuple(dict.fromkeys(command.statuses)),
        matched=0,
        scheduled=0,
        position=0,
        last_position=0,
        created_at=now,
        finished_at=None,
    )


def _refuse_empty(asked: Sequence[object] | None, path: Path, name: str, what: str) -> None:
    """Refuse an empty list: it matches nothing, as in every filter, so nothing would be sent."""
    if asked is not None and not asked:
        refuse(f"An empty list matches nothing: leave {name} out for all {what}.", path)


@whole_use_case
async def _endpoint(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    async with transaction() as tx:
        return endpoint_of(await _locked(tx, actor, endpoint_id))


async def _locked(tx: Transaction, actor: Actor, endpoint_id: UUID) -> Record:
    row = await lock_named_endpoint(tx, actor, endpoint_id)
    check_grants(actor, row["scopes"])
    if row["status"] == EndpointStatus.DISABLED:
        refuse("This endpoint is DISABLED: enable it first, and then ask for the replay.", ENDPOINT_ID_PATH)
    return row


async def _span(actor: Actor, planned: WebhookReplay) -> _Span:
    within = """
        SELECT position FROM feed_entries
        WHERE customer_id = $1 AND position > $2 AND position <= $3 AND occurred_at >= $4 AND occurred_at < $5
        ORDER BY position
    """
    row = await fetchrow(
        f"SELECT ({within} LIMIT 1) AS first, ({within} DESC LIMIT 1) AS last",
        planned.customer_id,
        await position_before(actor, planned.since),
        await position_before(actor, planned.until + DISORDER_MAX),
        planned.since,
        planned.until,
    )
    assert row is not None
    return _Span(0, 0) if row["first"] is None else _Span(row["first"] - 1, row["last"])


@whole_use_case
async def _promise(actor: Actor, planned: WebhookReplay) -> WebhookReplay:
    async with transaction() as tx:
        await _locked(tx, actor, planned.endpoint_id)
        open_count = await tx.fetchval(
            """
            SELECT count(*) FROM webhook_replays
            WHERE customer_id = $1 AND endpoint_id = $2 AND finished_at IS NULL
            """,
            actor.customer_id,
            planned.endpoint_id,
        )
        if open_count >= OPEN_MAX:
            message = f"{OPEN_MAX} replays of this endpoint are under way: wait until one is finished."
            raise LimitExceeded(message, retry_after_seconds=RETRY_AFTER_SECONDS)
        now = await tx.now()
        row = await tx.fetchrow(
            """
            INSERT INTO webhook_replays (customer_id, id, endpoint_id, since, until, event_types, resource_id, statuses,
                                         matched, position, last_position, created_at, finished_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                    CASE WHEN $9::bigint = 0 THEN $12::timestamptz END)
            RETURNING *
            """,
            actor.customer_id,
            planned.id,
            planned.endpoint_id,
            planned.since,
            planned.until,
            None if planned.event_types is None else list(planned.event_types),
            planned.resource_id,
            None if planned.statuses is None else [status.value for status in planned.statuses],
            planned.matched,
            planned.position,
            planned.last_position,
            now,
        )
        assert row is not None
        if planned.matched:
            await promise(tx, actor, "replay_webhooks", planned.id)
    return replay_of(row)

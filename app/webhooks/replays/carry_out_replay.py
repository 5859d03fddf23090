"""Make due what a replay is about, in batches along the feed.

A batch makes its deliveries due and moves the replay's position in one transaction, so that each is made due once,
whoever is killed. The next batch waits while many of the endpoint's deliveries are due (see `pace.py`).

So that other customers hardly notice it, a batch is written in small parts with pauses, and its commit does not wait
for the disk. A crash of the server may undo the last batches together with the position that they moved, so they are
done again: the promise of the rest, and the deletion of this one, are later commits, which do wait.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from time import monotonic
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.notifications import EVENTS_TOPIC
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import Actor
from app.outbox.promise import promise
from app.webhooks.deliveries.match_messages import Message
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.replays.make_due import ANY_STATUS, make_due
from app.webhooks.replays.matching import POSITIONS_MAX, Matching
from app.webhooks.replays.pace import Pace
from app.webhooks.replays.replay import WebhookReplay, replay_of
from app.webhooks.status import EndpointStatus

BATCH_SIZE_MAX = 60
PART_MAX = 15
"""How many deliveries one statement writes at most."""
RUN_SECONDS_MAX = 2.0
"""After that the rest is promised again, so that other work gets its turn, and the lease of this work does not end."""
RUNS_MAX = 4
"""How many replays one process carries out at a time: others leave their place to other work."""
LOOK_AGAIN_SECONDS = 0.05
WAIT_FOR_TURN = timedelta(seconds=1)
WAIT_FOR_ENDPOINT = timedelta(seconds=30)
"""When to look again whether an endpoint that is PAUSED or DISABLED is sent to. Once it is enabled, that is at once."""

_running: dict[UUID, Pace] = {}


class _Step(Enum):
    """What a batch did: made some due, found too many due, found the endpoint not sent to, or came to the end."""

    ON = auto()
    FULL = auto()
    SUSPENDED = auto()
    FINISHED = auto()


@dataclass(frozen=True, slots=True)
class _Place:
    """A replay, its endpoint, and the time of a batch."""

    replay: WebhookReplay
    endpoint: WebhookEndpoint
    now: datetime


async def carry_out_replay(actor: Actor, replay_id: UUID) -> None:
    """Carry out one replay for some seconds, and promise what is left."""
    if len(_running) >= RUNS_MAX or replay_id in _running:
        await _promise_again(actor, replay_id, WAIT_FOR_TURN)
        return
    _running[replay_id] = Pace()
    try:
        await _carry_out(actor, replay_id)
    finally:
        _running.pop(replay_id, None)


async def _carry_out(actor: Actor, replay_id: UUID) -> None:
    until, pace = monotonic() + RUN_SECONDS_MAX, _running[replay_id]
    while monotonic() < until:
        began = monotonic()
        step = await _batch(actor, replay_id, pace)
        if step in {_Step.FINISHED, _Step.SUSPENDED}:
            return
        # As long as the batch took, so that others get their turn.
        await asyncio.sleep(LOOK_AGAIN_SECONDS if step is _Step.FULL else monotonic() - began)
    await _promise_again(actor, replay_id, timedelta(0))


@whole_use_case
async def _promise_again(actor: Actor, replay_id: UUID, wait: timedelta) -> None:
    async with transaction() as tx:
        await promise(tx, actor, "replay_webhooks", replay_id, not_before=await tx.now() + wait)


@whole_use_case
async def _batch(actor: Actor, replay_id: UUID, pace: Pace) -> _Step:
    async with transaction(by_key=True, waits_for_disk=False) as tx:
        place = await _place(tx, actor, replay_id)
        if place is None or place.replay.finished_at is not None:
            return _Step.FINISHED
        if place.endpoint.deleted_at is not None:
            await _move_on(tx, place, position=place.replay.position, scheduled=0, is_last=True)
            return _Step.FINISHED
        if place.endpoint.status is not EndpointStatus.ENABLED:
            # While its row is locked, so that whoever enables it finds this: see `hasten_replays`.
            await promise(tx, actor, "replay_webhooks", replay_id, not_before=place.now + WAIT_FOR_ENDPOINT)
            return _Step.SUSPENDED
        if not pace.note(await _due_count(tx, place, counted_max=pace.allowed)):
            return _Step.FULL
        replay = place.replay
        until = min(replay.last_position, replay.position + POSITIONS_MAX)
        messages, position = await Matching(replay, place.endpoint).read(
            tx, replay.position, until, limit=min(BATCH_SIZE_MAX, pace.allowed)
        )
        scheduled = await _schedule(tx, place, messages)
        is_last = position >= replay.last_position
        await _move_on(tx, place, position=position, scheduled=scheduled, is_last=is_last)
        if scheduled:
            tx.wake([EVENTS_TOPIC])
    return _Step.FINISHED if is_last else _Step.ON


async def _place(tx: Transaction, actor: Actor, replay_id: UUID) -> _Place | None:
    """The replay, locked against another worker, and its endpoint, locked against a change of its status."""
    row = await tx.fetchrow(
        "SELECT * FROM webhook_replays WHERE customer_id = $1 AND id = $2 FOR UPDATE", actor.customer_id, replay_id
    )
    if row is None:
        return None
    replay = replay_of(row)
    endpoint = await tx.fetchrow(
        "SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 FOR SHARE",
        actor.customer_id,
        replay.endpoint_id,
    )
    assert endpoint is not None, "endpoints stay as rows"
    return _Place(replay, endpoint_of(endpoint), await tx.now())


async def _due_count(tx: Transaction, place: _Place, *, counted_max: int) -> int:
    """How many of the endpoint's deliveries are due, counted up to a limit."""
    count = await tx.fetchval(
        """
        SELECT count(*) FROM (
            SELECT FROM unnest('{PENDING,RETRYING}'::text[]) AS lane (status) CROSS JOIN LATERAL (
                SELECT FROM webhook_deliveries
                WHERE customer_id = $1 AND endpoint_id = $2 AND status = lane.status AND next_attempt_at <= $3
                ORDER BY next_attempt_at LIMIT $4
            ) AS due LIMIT $4
        ) AS counted
        """,
        place.replay.customer_id,
        place.replay.endpoint_id,
        place.now,
        counted_max,
    )
    return int(count)


async def _schedule(tx: Transaction, place: _Place, messages: Sequence[Message]) -> int:
    """Make the deliveries of these messages due, a part at a time, with a pause between two parts as long as the first
    of them took; returns how many.
    """
    count, took_seconds = 0, 0.0
    for start in range(0, len(messages), PART_MAX):
        await asyncio.sleep(took_seconds)
        began = monotonic()
        count += await _schedule_part(tx, place, messages[start : start + PART_MAX], start)
        took_seconds = monotonic() - began
    return count


async def _schedule_part(tx: Transaction, place: _Place, messages: Sequence[Message], first: int) -> int:
    """Make the deliveries that there are due, and new ones. The first message has this number in the batch, from 0."""
    made = await _make_missing(tx, place, messages, first) if place.replay.wants_undelivered else set()
    known = [message.id for message in messages if message.id not in made]
    moved: list[Record] = []
    if known:
        moved = await make_due(
            tx,
            place.replay.customer_id,
            place.replay.endpoint_id,
            known,
            first=first,
            statuses=place.replay.statuses or ANY_STATUS,
            # What comes to have such a status later, by this very replay perhaps, was not asked for.
            unchanged_since=place.replay.created_at if place.replay.statuses else None,
            is_ordered=place.endpoint.ordered,
            now=place.now,
        )
    return len(made) + len(moved)


async def _make_missing(tx: Transaction, place: _Place, messages: Sequence[Message], first: int) -> set[UUID]:
    """Insert deliveries for the messages that have none; returns those messages. Fan-out leaves them as they are."""
    rows = await tx.fetch(
        """
        INSERT INTO webhook_deliveries
            (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
             payload, status, next_attempt_at, replayed_at, is_ordered, created_at, updated_at)
        SELECT $1, id, $2, message_id, event_id, event_type, resource_type, resource_id, position, $4, 'PENDING',
               $3::timestamptz + ($13::integer + place) * interval '1 microsecond', $3, $12, $3, $3
        FROM unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::uuid[], $11::bigint[])
             WITH ORDINALITY AS new (id, message_id, event_id, event_type, resource_type, resource_id, position, place)
        ON CONFLICT DO NOTHING
        RETURNING message_id
        """,
        place.replay.customer_id,
        place.replay.endpoint_id,
        place.now,
        place.endpoint.payload.value,
        [new_id() for _ in messages],
        [message.id for message in messages],
        [message.event_id for message in messages],
        [message.type for message in messages],
        [message.resource_type for message in messages],
        [message.resource_id for message in messages],
        [message.position for message in messages],
        place.endpoint.ordered,
        first,
    )
    return {row["message_id"] for row in rows}


async def _move_on(tx: Transaction, place: _Place, *, position: int, scheduled: int, is_last: bool) -> None:
    await tx.execute(
        """
        UPDATE webhook_replays
        SET position = $3, scheduled = scheduled + $4, finished_at = CASE WHEN $5 THEN $6::timestamptz END
        WHERE customer_id = $1 AND id = $2
        """,
        place.replay.customer_id,
        place.replay.id,
        position,
        scheduled,
        is_last,
        place.now,
    )

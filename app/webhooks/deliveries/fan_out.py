"""Turn a customer's new events into deliveries, once, in feed order."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from asyncpg import LockNotAvailableError

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease
from app.webhooks.deliveries.insert_deliveries import (
    NewDelivery,
    Pass,
    insert_alone,
    insert_in_parts,
)
from app.webhooks.deliveries.match_messages import Interests, Message
from app.webhooks.deliveries.read_new_events import Begun, entries_between, events_of, lock_position, look
from app.webhooks.signing_secret import SealedKey
from app.webhooks.status import EndpointStatus

Room: TypeAlias = Callable[[EndpointKey, int], int]
"""Says, for an endpoint and how many new deliveries it has, how many of them to claim."""

BATCH_SIZE_MAX = 500
DELIVERIES_MAX = 500
"""How many deliveries one pass makes at most. With many endpoints it takes fewer events."""
POSITIONS_MAX = 200_000
"""How many feed positions one pass reads at most, wanted or not."""
FEW_MAX = 60
"""Up to so many positions, and deliveries for them, are a few."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """What one pass did: how many feed entries it took, how many deliveries it made, which of them it claimed, which
    endpoints have some that are due and not claimed, and whether there is more for another pass. And how many endpoints
    of the customer are not disabled, and which of them are `enabled`.
    """

    entries: int
    deliveries: int
    claimed: list[Claimed]
    left_due: Collection[EndpointKey] = ()
    has_more: bool = False
    is_taken: bool = False
    """Whether another worker was at it, so that nothing was done."""
    endpoint_count: int = 0
    enabled: Sequence[EndpointKey] = ()


NOTHING = FanOut(0, 0, [])


@whole_use_case
async def fan_out(
    customer_id: UUID, *, lease: Lease, room: Room, may_rest: Callable[[], bool] = lambda: True
) -> FanOut:
    """Make the deliveries of up to `BATCH_SIZE_MAX` numbered events, all or none. Events of types that no endpoint asks
    for are skipped.

    If another worker is at it, returns at once with zeros. The first deliveries of each endpoint, as many as `room`
    says, are created already claimed by this worker, which sends them next; after a crash their lease ends. Between
    parts that nobody waits for it rests a little, while `may_rest`: others may want its place.

    The commit does not wait for the disk. If a crash of the database undoes it, the position is as it was before too,
    and the next pass makes the deliveries again.
    """
    send_before = time.monotonic() + lease.usable_seconds
    begun = await look(customer_id)
    if begun is None:
        return NOTHING
    interests = Interests(begun.endpoints)
    few: _Matched | None = None
    if begun.last_position - begun.position <= FEW_MAX:
        few = await _match(customer_id, begun.position, begun.last_position, interests, limit=FEW_MAX)
        if few.delivery_count <= FEW_MAX:
            done = await _fan_out_few(customer_id, begun, few, lease, room, send_before)
            if done is not None:
                return done
    return await _fan_out_many(customer_id, begun, interests, few, lease, room, may_rest, send_before)


@dataclass(frozen=True, slots=True)
class _Matched:
    """Feed entries, and the messages for them."""

    entries: list[Record]
    messages: list[Message]

    @property
    def delivery_count(self) -> int:
        """How many deliveries that makes."""
        return sum(len(message.endpoints) for message in self.messages)


async def _match(
    customer_id: UUID, after: int, until: int, interests: Interests, *, limit: int, tx: Transaction | None = None
) -> _Matched:
    """Read the entries between two positions that some endpoint asks for."""
    types = interests.stored_types
    entries = await entries_between(customer_id, after, until, types, limit=limit, tx=tx) if types else []
    return _Matched(entries, interests.match(entries, events_of(entries)))


async def _fan_out_few(
    customer_id: UUID, begun: Begun, few: _Matched, lease: Lease, room: Room, send_before: float
) -> FanOut | None:
    """The usual case while little happens: one more round trip. None: nothing is done, and the other way is better."""
    deliveries = _deliveries(few.messages, room)
    this = _pass(customer_id, begun, lease, begun.position, begun.last_position)
    try:
        inserted = await insert_alone(this, deliveries)
    except LockNotAvailableError:
        return None  # An endpoint is being changed, which the other way waits for longer.
    if inserted is None:
        return FanOut(0, 0, [], has_more=True)
    return _done(this, begun, few.entries, deliveries, inserted, send_before)


async def _fan_out_many(
    customer_id: UUID,
    begun: Begun,
    interests: Interests,
    few: _Matched | None,
    lease: Lease,
    room: Room,
    may_rest: Callable[[], bool],
    send_before: float,
) -> FanOut:
    """Any number, under the lock: while one worker is at it, the others leave it alone. If all that is new is a `few`
    that was read before, it is not read again: entries do not change.

    What was numbered since the look is left to the next pass, which sees the endpoints that were made since.
    """
    async with transaction(waits_for_disk=False) as tx:
        position = await lock_position(tx, customer_id)
        if position is None:
            return FanOut(0, 0, [], has_more=True, is_taken=True)
        if position >= begun.last_position:
            return FanOut(0, 0, [], has_more=True)
        until = min(begun.last_position, position + POSITIONS_MAX)
        limit = min(BATCH_SIZE_MAX, max(DELIVERIES_MAX // max(interests.endpoint_count, 1), 1))
        if few is not None and position == begun.position and len(few.entries) <= limit:
            matched = few
        else:
            matched = await _match(customer_id, position, until, interests, limit=limit, tx=tx)
        if len(matched.entries) == limit:
            until = matched.entries[-1]["position"]
        deliveries = _deliveries(matched.messages, room)
        this = _pass(customer_id, begun, lease, position, until)
        is_last = until == begun.last_position
        inserted = await insert_in_parts(tx, this, deliveries, is_last=is_last, may_rest=may_rest)
    return _done(this, begun, matched.entries, deliveries, inserted, send_before)


def _pass(customer_id: UUID, begun: Begun, lease: Lease, after: int, until: int) -> Pass:
    return Pass(
        customer_id=customer_id,
        at=begun.at,
        token=new_id(),
        lease_ends_at=begun.at + lease.length,
        after=after,
        until=until,
    )


def _deliveries(messages: Sequence[Message], room: Room) -> list[NewDelivery]:
    endpoints = {endpoint.id: endpoint for message in messages for endpoint in message.endpoints}
    wanted = Counter(endpoint.id for message in messages for endpoint in message.endpoints)
    free = {one.id: room((one.customer_id, one.id), wanted[one.id]) for one in endpoints.values()}
    deliveries = []
    for message in messages:
        for endpoint in message.endpoints:
            is_claimed = (
                free[endpoint.id] > 0
                and endpoint.status is EndpointStatus.ENABLED
                and endpoint.max_per_second is None  # Its pace is kept where due deliveries are claimed.
            )
            free[endpoint.id] -= is_claimed
            deliveries.append(NewDelivery(new_id(), endpoint, message, is_claimed))
    return deliveries


def _done(
    this: Pass,
    begun: Begun,
    entries: Sequence[Record],
    deliveries: Sequence[NewDelivery],
    inserted: dict[UUID, bool],
    send_before: float,
) -> FanOut:
    to_send = [new for new in deliveries if inserted.get(new.id)]
    keys = begun.keys_of({new.endpoint.id for new in to_send})
    claimed = [_claim(new, this, keys[new.endpoint.id], send_before) for new in to_send]
    left_due = {
        (this.customer_id, new.endpoint.id)
        for new in deliveries
        if not inserted.get(new.id) and new.endpoint.status is EndpointStatus.ENABLED
    }
    return FanOut(
        len(entries),
        len(inserted),
        claimed,
        left_due,
        has_more=this.until < begun.last_position,
        endpoint_count=len(begun.endpoints),
        enabled=[(one.customer_id, one.id) for one in begun.endpoints if one.status is EndpointStatus.ENABLED],
    )


def _claim(new: NewDelivery, this: Pass, keys: tuple[SealedKey, ...], send_before: float) -> Claimed:
    message = new.message
    return Claimed(
        customer_id=this.customer_id,
        id=new.id,
        endpoint_id=new.endpoint.id,
        message_id=message.id,
        event_type=message.type,
        attempt_count=0,
        created_at=this.at,
        lease_token=this.token,
        url=new.endpoint.url,
        sealed_keys=keys,
        payload=new.endpoint.payload,
        event=message.event,
        resource_id=message.resource_id,
        is_ordered=new.endpoint.ordered,
        send_before=send_before,
        sealed_headers=new.endpoint.sealed_headers,
        tls=new.endpoint.tls,
        read_by=new.endpoint.holder_id,
    )

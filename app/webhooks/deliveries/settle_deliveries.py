"""Make an endpoint's open deliveries follow its status: suspend them, make them due again, or cancel them.

An endpoint's status is one row, and changes at once. Its deliveries, perhaps a million, follow here in batches, as
work promised with the change. They delay nobody who claims, records or changes the status.

Each batch applies the endpoint's present status, so it does not matter how often or when this runs, or what the status
was when the work was promised. A batch takes a share lock on the endpoint's row, a change of status an exclusive one:
no batch is half done when the status changes. Claimed deliveries are left alone until their result is recorded.

Batches are small, with pauses between them, and their commits do not wait for the disk, so that other customers hardly
notice them. A crash of the server may undo the last batches, but never the promise that they are done later: the server
keeps its commits in their order. The message that promises this work is deleted in a commit that waits for the disk,
after all batches of its run. If that commit is kept, so are the batches, and the promise of the rest that the last of
them made. If it is not, the message is still there, and is due again when its lease ends.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.notifications import EVENTS_TOPIC
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import Actor
from app.outbox.promise import promise
from app.webhooks.status import EndpointStatus

BATCH_SIZE_MAX = 25
SETTLING_SECONDS_MAX = 2.0
"""After that the rest is promised again, so that other work gets its turn, and the lease of this work does not end."""
LOOK_AGAIN_AFTER = timedelta(seconds=5)
"""When to look again at deliveries that are claimed now."""

SUSPEND = "next_attempt_at = NULL, lease_token = NULL"
# In the order of the feed, so that they are claimed in it.
RESUME = "next_attempt_at = $3::timestamptz + batch.place * interval '1 microsecond'"
CANCEL = "status = 'CANCELLED', next_attempt_at = NULL, lease_token = NULL"

PAUSES = {SUSPEND: 6, CANCEL: 6, RESUME: 1}
"""The pause after a batch, as a multiple of how long it took. Nobody waits for deliveries to be suspended: none is
sent meanwhile. Those that are resumed are waited for.
"""

BEGINNING = ("~", datetime(9999, 1, 1, tzinfo=UTC))
"""Behind every status and time: what is due is settled from its end."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the next batch begins, as long as the endpoint's status asks for the same change.

    Settled deliveries leave dead index entries where the batches were; no later batch reads those again.
    """

    change: str = ""
    is_through_due: bool = False
    after: tuple[Any, Any] = BEGINNING


async def promise_settling(
    tx: Transaction, actor: Actor, endpoint_id: UUID, *, not_before: datetime | None = None
) -> None:
    """Promise that the endpoint's open deliveries will follow its status."""
    await promise(tx, actor, "settle_deliveries", endpoint_id, not_before=not_before)


async def settle_deliveries(actor: Actor, endpoint_id: UUID) -> None:
    """Settle in batches, with a pause after each. Promise again what is left at the end."""
    until = monotonic() + SETTLING_SECONDS_MAX
    place: _Place | None = _Place()
    while place is not None:
        began = monotonic()
        place = await _settle_batch(actor, endpoint_id, place, is_last=began >= until)
        if place is not None:
            await asyncio.sleep(PAUSES[place.change] * (monotonic() - began))


@whole_use_case
async def _settle_batch(actor: Actor, endpoint_id: UUID, place: _Place, *, is_last: bool) -> _Place | None:
    """Settle the batch at this place; returns the next place, or None when this run has nothing left to do."""
    async with transaction(by_key=True, waits_for_disk=False) as tx:
        change = await _change_asked_for(tx, actor, endpoint_id)
        if place.change != change:
            place = _Place(change, is_through_due=change == RESUME)
        last = await (_settle_suspended if place.is_through_due else _settle_due)(tx, actor, endpoint_id, place)
        if last is not None:
            place = _Place(change, place.is_through_due, (last["first_key"], last["second_key"]))
        if last is None or last["count"] < BATCH_SIZE_MAX:
            if change != CANCEL or place.is_through_due:
                await _come_back_for_claims(tx, actor, endpoint_id, change)
                return None
            place = _Place(change, is_through_due=True)
        if is_last:
            await promise_settling(tx, actor, endpoint_id)
            return None
    return place


async def _change_asked_for(tx: Transaction, actor: Actor, endpoint_id: UUID) -> str:
    endpoint = await tx.fetchrow(
        "SELECT status, deleted_at FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 FOR SHARE",
        actor.customer_id,
        endpoint_id,
    )
    assert endpoint is not None, "endpoints stay as rows"
    if endpoint["deleted_at"] is not None:
        return CANCEL
    return RESUME if endpoint["status"] == EndpointStatus.ENABLED else SUSPEND


async def _settle_due(tx: Transaction, actor: Actor, endpoint_id: UUID, place: _Place) -> Record | None:
    """Change a batch of unclaimed deliveries that have a next attempt; returns the last one, and how many.

    The one that is due last comes first. So the index does not begin with dead entries, which each look for due
    deliveries would read.
    """
    return await tx.fetchrow(
        f"""
        WITH batch AS MATERIALIZED (
            SELECT id, status, next_attempt_at FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = $2 AND next_attempt_at IS NOT NULL
              AND (status, next_attempt_at) <= ($4::text, $5::timestamptz)
              AND (lease_token IS NULL OR next_attempt_at <= $3)
            ORDER BY status DESC, next_attempt_at DESC LIMIT $6
            FOR UPDATE SKIP LOCKED
        ), settled AS (
            UPDATE webhook_deliveries AS delivery SET {place.change}, updated_at = $3
            FROM batch WHERE delivery.customer_id = $1 AND delivery.id = batch.id
        )
        SELECT status AS first_key, next_attempt_at AS second_key, count(*) OVER () AS count
        FROM batch ORDER BY status, next_attempt_at LIMIT 1
        """,
        actor.customer_id,
        endpoint_id,
        await tx.now(),
        *place.after,
        BATCH_SIZE_MAX,
    )


async def _settle_suspended(tx: Transaction, actor: Actor, endpoint_id: UUID, place: _Place) -> Record | None:
    """Change a batch of suspended deliveries, in the order of the feed; returns the last one, and how many."""
    after_position, after_id = place.after if place.after != BEGINNING else (-1, UUID(int=0))
    last = await tx.fetchrow(
        f"""
        WITH open AS MATERIALIZED (
            SELECT id, feed_position FROM webhook_deliveries
            WHERE customer_id = $1 AND endpoint_id = $2 AND next_attempt_at IS NULL
              AND status IN ('PENDING', 'RETRYING') AND (feed_position, id) > ($4::bigint, $5::uuid)
            ORDER BY feed_position, id LIMIT $6
            FOR UPDATE SKIP LOCKED
        ), batch AS MATERIALIZED (
            SELECT id, feed_position, row_number() OVER (ORDER BY feed_position, id) AS place FROM open
        ), settled AS (
            UPDATE webhook_deliveries AS delivery SET {place.change}, updated_at = $3
            FROM batch WHERE delivery.customer_id = $1 AND delivery.id = batch.id
        )
        SELECT feed_position AS first_key, id AS second_key, count(*) OVER () AS count
        FROM batch ORDER BY feed_position DESC, id DESC LIMIT 1
        """,
        actor.customer_id,
        endpoint_id,
        await tx.now(),
        after_position,
        after_id,
        BATCH_SIZE_MAX,
    )
    if last is not None and place.change == RESUME:
        tx.wake([EVENTS_TOPIC])
    return last


async def _come_back_for_claims(tx: Transaction, actor: Actor, endpoint_id: UUID, change: str) -> None:
    """If a worker still has claims, promise to look again: they may be recorded, given back, or left behind by a worker
    that died.
    """
    if change == RESUME:
        return
    is_left = await tx.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM webhook_deliveries WHERE customer_id = $1 AND endpoint_id = $2 AND next_attempt_at IS NOT NULL
        )
        """,
        actor.customer_id,
        endpoint_id,
    )
    if is_left:
        await promise_settling(tx, actor, endpoint_id, not_before=await tx.now() + LOOK_AGAIN_AFTER)

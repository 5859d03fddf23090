"""Claim due deliveries with a lease and a fencing token, endpoint by endpoint, so that none crowds out another."""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.db.connection import Record, fetch
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import worker_actor
from app.webhooks.client_tls import sealed_tls
from app.webhooks.deliveries.claim_in_order import claim_in_order
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease, Place
from app.webhooks.deliveries.places import Places, Reading, keep_places, take_places
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.deliveries.stored_events import LOADED_COLUMNS, STORED_SQL, stored_event
from app.webhooks.signing_secret import sealed_keys
from app.webhooks.status import DeliveryStatus, Payload

TURN_CLAIMS_OF_CUSTOMER_MAX = 16
"""How many deliveries are claimed in a turn for those of a customer's endpoints that keep failing or hang."""
LOADED_SQL = f"""
    SELECT claimed.*, endpoint.url, endpoint.sealed_headers, endpoint.ca_certificate, endpoint.client_certificate,
           endpoint.sealed_client_key, endpoint.holder_id AS read_by, endpoint.max_per_second,
           {LOADED_COLUMNS}, key.schemes, key.sealed
    FROM claimed
    CROSS JOIN LATERAL (
        SELECT * FROM webhook_endpoints WHERE customer_id = $1 AND id = claimed.endpoint_id LIMIT 1
    ) AS endpoint
    LEFT JOIN LATERAL (
        SELECT {STORED_SQL} FROM events AS event
        WHERE customer_id = $1 AND id = claimed.event_id LIMIT 1
    ) AS event ON true
    CROSS JOIN LATERAL (
        SELECT array_agg(scheme ORDER BY scheme, created_at DESC, id) AS schemes,
               array_agg(sealed ORDER BY scheme, created_at DESC, id) AS sealed
        FROM webhook_secrets
        WHERE customer_id = $1 AND endpoint_id = claimed.endpoint_id AND (expires_at IS NULL OR expires_at > $2)
    ) AS key
    ORDER BY claimed.feed_position
"""
"""All data that the claimed rows are sent with. $1 is the customer, $2 the time."""


@dataclass(slots=True)  # One that is frozen takes twice as long to make, and there may be hundreds.
class DueLane:
    """An endpoint with deliveries due: first attempts (PENDING) and retries (RETRYING) are lanes of their own.

    If it is not `is_deliverable`, `is_settling` says whether the work to suspend or cancel them is promised. Of an
    endpoint that `is_ordered` or has a rate limit (`max_per_second`), what is wished of both lanes is claimed together.
    """

    customer_id: UUID
    endpoint_id: UUID
    status: DeliveryStatus
    is_deliverable: bool
    is_settling: bool
    is_ordered: bool = False
    max_per_second: int | None = None

    @property
    def endpoint(self) -> EndpointKey:
        """Whose lane it is."""
        return (self.customer_id, self.endpoint_id)

    @property
    def is_plain(self) -> bool:
        """Whether its deliveries may be sent in any order, and as fast as the receiver takes them."""
        return not self.is_ordered and self.max_per_second is None


@dataclass(frozen=True, slots=True)
class Wish:
    """How many deliveries to claim from a lane."""

    lane: DueLane
    count: int


async def due_lanes(*, but: Collection[EndpointKey] = (), in_turn: Sequence[EndpointKey] = ()) -> list[DueLane]:
    """Every lane with something due, of all customers, without those of the endpoints in `but`. Of the endpoints
    `in_turn`, the first of each customer that have something due, as many as a turn may claim for.

    It skips from lane to lane in the index of due deliveries, so the time grows with the lanes, not with the deliveries
    due in them.
    """
    rows = await fetch(
        """
        WITH RECURSIVE lane AS (
            (SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
             WHERE next_attempt_at IS NOT NULL
             ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1)
            UNION ALL
            SELECT following.* FROM lane CROSS JOIN LATERAL (
                SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
                WHERE next_attempt_at IS NOT NULL
                  AND (customer_id, endpoint_id, status) > (lane.customer_id, lane.endpoint_id, lane.status)
                ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1
            ) AS following
        ), due AS (
            SELECT customer_id, endpoint_id, status, in_turn.place,
                   dense_rank() OVER (PARTITION BY customer_id ORDER BY in_turn.place) AS rank
            FROM lane LEFT JOIN unnest($2::uuid[]) WITH ORDINALITY AS in_turn (endpoint_id, place) USING (endpoint_id)
            WHERE next_attempt_at <= now()
              AND NOT EXISTS (SELECT FROM unnest($1::uuid[]) AS but (id) WHERE but.id = lane.endpoint_id)
        ), wanted AS MATERIALIZED (
            SELECT * FROM due WHERE place IS NULL OR rank <= $3
        )
        SELECT lane.customer_id, lane.endpoint_id, lane.status,
               endpoint.is_deliverable, endpoint.ordered, endpoint.max_per_second,
               NOT endpoint.is_deliverable AND EXISTS (
                   SELECT FROM outbox_messages
                   WHERE customer_id = lane.customer_id AND resource_id = lane.endpoint_id
                     AND kind = 'settle_deliveries'
               ) AS is_settling
        FROM wanted AS lane CROSS JOIN LATERAL (
            SELECT status = 'ENABLED' AND deleted_at IS NULL AS is_deliverable, ordered, max_per_second
            FROM webhook_endpoints
            WHERE customer_id = lane.customer_id AND id = lane.endpoint_id LIMIT 1
        ) AS endpoint
        ORDER BY lane.customer_id, lane.endpoint_id, lane.status
        """,
        [endpoint_id for _, endpoint_id in but],
        [endpoint_id for _, endpoint_id in in_turn],
        TURN_CLAIMS_OF_CUSTOMER_MAX,
    )
    return [
        DueLane(
            row["customer_id"],
            row["endpoint_id"],
            DeliveryStatus(row["status"]),
            is_deliverable=row["is_deliverable"],
            is_settling=row["is_settling"],
            is_ordered=row["ordered"],
            max_per_second=row["max_per_second"],
        )
        for row in rows
    ]


@whole_use_case
async def claim_deliveries(customer_id: UUID, wishes: Sequence[Wish], *, lease: Lease) -> list[Claimed]:
    """Claim due deliveries in these lanes of one customer, in feed order. A claim lasts as long as the lease.

    Nothing is claimed for an endpoint that must no longer be sent to.
    """
    send_before = time.monotonic() + lease.usable_seconds
    plain = [wish for wish in wishes if wish.lane.is_plain]
    special: dict[UUID, list[Wish]] = {}
    for wish in wishes:
        if not wish.lane.is_plain:
            special.setdefault(wish.lane.endpoint_id, []).append(wish)
    # Planned by key: with outdated statistics a plan might read all due deliveries. If a crash of the database undoes a
    # claim, the delivery is due again, and the receiver drops the repeat; but an order or a pace would be lost with it.
    async with transaction(by_key=True, waits_for_disk=bool(special)) as tx:
        earliest = time.monotonic()
        reading = Reading(await tx.now(), earliest, time.monotonic())
        lease_ends_at = reading.at + lease.length
        claimed = []
        if plain:
            rows = await _claim_plain(tx, customer_id, plain, lease_ends_at)
            claimed += [claimed_of(row, send_before) for row in rows]
        for _, of_endpoint in sorted(special.items()):  # By id: workers wait for each other's paces in one order.
            found = await _claim_special(tx, customer_id, of_endpoint, lease_ends_at, reading)
            claimed += [replace(claimed_of(row, send_before), place=place) for row, place in found]
    return claimed


async def _claim_plain(
    tx: Transaction, customer_id: UUID, wishes: Sequence[Wish], lease_ends_at: datetime
) -> list[Record]:
    """Claim each row by its place in the table (`ctid`) once it is locked: no plan can do that by a search. If somebody
    else changed the row just before, it is at a new place that this statement does not see yet. Then it is not claimed,
    and the next look finds it due.
    """
    return await tx.fetch(
        f"""
        WITH due AS MATERIALIZED (
            SELECT delivery.ctid AS place
            FROM unnest($3::uuid[], $4::text[], $5::integer[]) AS wish (endpoint_id, status, count)
            CROSS JOIN LATERAL (
                SELECT FROM webhook_endpoints
                WHERE customer_id = $1 AND id = wish.endpoint_id AND status = 'ENABLED' AND deleted_at IS NULL
                LIMIT 1
            ) AS endpoint
            CROSS JOIN LATERAL (
                SELECT ctid FROM webhook_deliveries
                WHERE customer_id = $1 AND endpoint_id = wish.endpoint_id AND status = wish.status
                  AND next_attempt_at <= $2
                ORDER BY next_attempt_at LIMIT wish.count
                FOR UPDATE SKIP LOCKED
            ) AS delivery
        ), claimed AS (
            UPDATE webhook_deliveries AS delivery SET lease_token = $6, next_attempt_at = $7
            FROM due WHERE delivery.ctid = due.place
            RETURNING delivery.*
        )
        {LOADED_SQL}
        """,
        customer_id,
        await tx.now(),
        [wish.lane.endpoint_id for wish in wishes],
        [wish.lane.status.value for wish in wishes],
        [wish.count for wish in wishes],
        new_id(),
        lease_ends_at,
    )


async def _claim_special(
    tx: Transaction, customer_id: UUID, wishes: Sequence[Wish], lease_ends_at: datetime, reading: Reading
) -> list[tuple[Record, Place | None]]:
    """Claim in the lanes of one endpoint that is ordered or has a rate limit. Each row comes with its place, if it may
    begin without waiting for another one's success.
    """
    lane = wishes[0].lane
    wanted = sum(wish.count for wish in wishes)
    places = await take_places(tx, customer_id, lane.endpoint_id, wanted=wanted, max_per_second=lane.max_per_second)
    if not places.count:
        return []
    ids = await claim_in_order(
        tx,
        customer_id,
        lane.endpoint_id,
        [wish.lane.status for wish in wishes],
        count=places.count,
        lease_ends_at=lease_ends_at,
    )
    rows = await tx.fetch(
        f"""
        WITH claim AS MATERIALIZED (
            SELECT $1::uuid AS customer_id, * FROM unnest($3::uuid[]) AS claim (id)
        ), claimed AS (
            SELECT delivery.* FROM claim
            CROSS JOIN LATERAL (
                SELECT * FROM webhook_deliveries WHERE customer_id = claim.customer_id AND id = claim.id LIMIT 1
            ) AS delivery
        )
        {LOADED_SQL}
        """,
        customer_id,
        await tx.now(),
        ids,
    )
    placed = _placed(rows, places, reading)
    await keep_places(tx, customer_id, lane.endpoint_id, places, used=sum(place is not None for _, place in placed))
    return placed


def _placed(rows: Sequence[Record], places: Places, reading: Reading) -> list[tuple[Record, Place | None]]:
    """Give places to these rows, but not to those that follow another one of their resource."""
    placed: list[tuple[Record, Place | None]] = []
    used, resources = 0, set[UUID]()
    for row in rows:
        follows = row["is_ordered"] and row["resource_id"] in resources
        resources.add(row["resource_id"])
        if follows or not places.gap:
            placed.append((row, None))
        else:
            placed.append((row, reading.place(places.at(used))))
            used += 1
    return placed


async def is_sent_to(endpoint: EndpointKey) -> bool:
    """Whether to send to an endpoint now: it is enabled, and not deleted."""
    customer_id, endpoint_id = endpoint
    found = await fetch(
        "SELECT FROM webhook_endpoints"
        " WHERE customer_id = $1 AND id = $2 AND status = 'ENABLED' AND deleted_at IS NULL",
        customer_id,
        endpoint_id,
    )
    return bool(found)


async def put_back(deliveries: Iterable[Claimed], *, after_seconds: float = 0.0) -> None:
    """Give claims back unused. They are due again after `after_seconds`, and no attempt is counted."""
    by_customer: dict[UUID, list[Claimed]] = {}
    for delivery in deliveries:
        by_customer.setdefault(delivery.customer_id, []).append(delivery)
    for customer_id, claimed in by_customer.items():
        await _put_back_of(customer_id, claimed, after_seconds)


@whole_use_case
async def _put_back_of(customer_id: UUID, claimed: Sequence[Claimed], after_seconds: float) -> None:
    async with transaction(by_key=True) as tx:
        await tx.execute(
            """
            WITH claim AS MATERIALIZED (
                SELECT $1::uuid AS customer_id, * FROM unnest($2::uuid[], $3::uuid[]) AS claim (id, token)
            )
            UPDATE webhook_deliveries AS delivery
            SET lease_token = NULL, next_attempt_at = $4::timestamptz + make_interval(secs => $5)
            FROM claim
            WHERE delivery.customer_id = claim.customer_id AND delivery.id = claim.id
              AND delivery.lease_token = claim.token
            """,
            customer_id,
            [delivery.id for delivery in claimed],
            [delivery.lease_token for delivery in claimed],
            await tx.now(),
            after_seconds,
        )


async def promise_settling_of_stray(lanes: Iterable[DueLane]) -> None:
    """Promise to settle what is due for endpoints that must not be sent to, unless that is promised."""
    stray = {lane.endpoint: lane for lane in lanes if not lane.is_deliverable and not lane.is_settling}
    for lane in stray.values():
        await promise_settling_of(lane)


@whole_use_case
async def promise_settling_of(lane: DueLane) -> None:
    """Promise to settle a lane that is due although its endpoint must not be sent to. A worker put its deliveries back,
    or died and left them behind.
    """
    async with transaction() as tx:
        await promise_settling(tx, worker_actor(lane.customer_id), lane.endpoint_id)


def claimed_of(row: Record, send_before: float, *, is_probe: bool = False) -> Claimed:
    """A row that was claimed and loaded (`LOADED_SQL`)."""
    return Claimed(
        customer_id=row["customer_id"],
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        message_id=row["message_id"],
        event_type=row["event_type"],
        attempt_count=row["attempt_count"],
        created_at=row["replayed_at"] or row["created_at"],
        lease_token=row["lease_token"],
        url=row["url"],
        sealed_keys=sealed_keys(row["schemes"], row["sealed"]),
        payload=Payload(row["payload"]),
        event=None if row["body"] is None else stored_event(row),
        resource_id=row["resource_id"],
        send_before=send_before,
        is_ordered=row["is_ordered"],
        unscheduled_count=row["unscheduled_count"],
        is_probe=is_probe,
        sealed_headers=row["sealed_headers"],
        tls=sealed_tls(row["ca_certificate"], row["client_certificate"], row["sealed_client_key"]),
        read_by=row["read_by"],
        max_per_second=row["max_per_second"],
        is_replayed=row["replayed_at"] is not None,
    )

"""Record the outcomes of attempts, many at once, and only where the claim is still ours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.statement import as_text, seldom
from app.db.transaction import Transaction, run_alone, transaction, whole_use_case
from app.events.record import Resource, record_event
from app.kernel.actor import worker_actor
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.claim_in_order import call_next
from app.webhooks.deliveries.claimed import Claimed, EndpointKey
from app.webhooks.deliveries.count_outcomes import COUNT_OUTCOMES_SQL
from app.webhooks.deliveries.note_failures import (
    Turned,
    failures_since_success,
    note_failures,
    plan_next_probes,
    succeeded,
)
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.events import ABOUT_WEBHOOKS, describe_delivery
from app.webhooks.records import delivery_of
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.status import DeliveryStatus

REPEATED_BYTES_MAX = 1_024
"""How much is kept of an answer that repeats the one before: failing receivers give the same answer each time."""


@dataclass(slots=True)
class Outcome:
    """A claimed delivery, when its request began, and its result."""

    delivery: Claimed
    started_at: datetime
    answer: Answer

    @property
    def number(self) -> int:
        """Which attempt this was, from 1."""
        return self.delivery.attempt_count + 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many outcomes counted, and whose status must change now."""

    count: int
    turned: Turned


@dataclass(frozen=True, slots=True)
class _Next:
    """The status and next attempt that an outcome gives its delivery."""

    status: DeliveryStatus
    wait: timedelta | None


_WRITE_SQL = f"""
    WITH outcome AS MATERIALIZED (
        SELECT $1::uuid AS customer_id, id, token, coalesce(status, 'DELIVERED') AS status, next_attempt_at,
               started_at, duration_ms,
               response_status, error, coalesce(response_body, $16) AS response_body, beginning,
               coalesce(is_probe, false) AS is_probe
        FROM unnest($2::text::uuid[], $3::text::uuid[], $4::text[], $5::timestamptz[],
                    $6::text::timestamptz[], $7::text::integer[],
                    $8::text::integer[], $9::text[], $10::text[], $12::text[], $14::boolean[])
            AS o (id, token, status, next_attempt_at, started_at, duration_ms, response_status, error,
                  response_body, beginning, is_probe)
    ), moved AS (
        UPDATE webhook_deliveries AS delivery
        SET status = outcome.status,
            attempt_count = delivery.attempt_count + 1,
            unscheduled_count = delivery.unscheduled_count + outcome.is_probe::integer,
            next_attempt_at = outcome.next_attempt_at, -- Where the endpoint is not sent to, it is suspended after this.
            lease_token = NULL,
            updated_at = coalesce($11, now())
        FROM outcome
        WHERE delivery.customer_id = {{customer_id}} AND delivery.id = outcome.id
          AND delivery.lease_token = outcome.token
        RETURNING delivery.*, outcome.token
    ), attempt AS (
        INSERT INTO webhook_attempts
            (customer_id, delivery_id, number, started_at, duration_ms, response_status, error, response_body)
        SELECT $1, moved.id, moved.attempt_count, outcome.started_at, outcome.duration_ms,
               outcome.response_status, outcome.error,
               CASE WHEN is_repeated THEN outcome.beginning ELSE outcome.response_body END
        FROM moved JOIN outcome ON outcome.id = moved.id AND outcome.token = moved.token
        LEFT JOIN LATERAL (
            -- The one before is the same, or was itself shortened since it repeated the last whole one.
            SELECT before.response_body = outcome.response_body
                   OR (before.response_body = outcome.beginning AND outcome.response_body = (
                       SELECT response_body FROM webhook_attempts
                       WHERE customer_id = $1 AND delivery_id = moved.id
                         AND octet_length(response_body) > $13
                       ORDER BY number DESC LIMIT 1
                   )) AS is_repeated
            FROM webhook_attempts AS before
            WHERE before.customer_id = $1 AND before.delivery_id = moved.id
              AND before.number = moved.attempt_count - 1
            LIMIT 1
        ) AS earlier ON outcome.beginning IS NOT NULL
    ), recovered AS (
        DELETE FROM webhook_failing_endpoints
        WHERE customer_id = $1 AND endpoint_id = ANY($15::uuid[]) AND paused_at IS NULL
    ), counted AS ({COUNT_OUTCOMES_SQL}
    )
"""
_IS_PAUSED_SQL = """
    EXISTS (
        SELECT FROM webhook_failing_endpoints AS failing
        WHERE failing.customer_id = $1 AND failing.endpoint_id = moved.endpoint_id
          AND failing.paused_at IS NOT NULL
    ) AS is_paused
"""
_WRITE_BY_KEY_SQL = _WRITE_SQL.format(customer_id="outcome.customer_id")
_RECORD_SQL = f"{_WRITE_BY_KEY_SQL} SELECT *, {_IS_PAUSED_SQL} FROM moved ORDER BY feed_position"
_RECORD_SUCCESSES_SQL = (
    f"{_WRITE_SQL.format(customer_id='$1')}"
    f" SELECT endpoint_id, count(*) AS count, {_IS_PAUSED_SQL} FROM moved GROUP BY endpoint_id"
)


@whole_use_case
async def record_attempts(
    customer_id: UUID, outcomes: Sequence[Outcome], *, schedule: RetrySchedule, breaker: Breaker
) -> Recorded:
    """Record outcomes of one customer in one transaction.

    An outcome whose lease has passed to another worker changes nothing: the other worker's result counts. It does not
    read the endpoint's status and waits for nothing. Of an answer that repeats the one before, the beginning is kept.
    """
    if all(outcome.answer.is_success and not outcome.delivery.is_ordered for outcome in outcomes):
        return await _record_successes(customer_id, outcomes)
    async with transaction(by_key=True) as tx:
        now = await tx.now()
        rows = await tx.fetch(_RECORD_SQL, *_arguments(customer_id, outcomes, now, schedule, breaker))
        for row in rows:
            if row["status"] == DeliveryStatus.EXHAUSTED:
                await _tell_exhausted(tx, row)
        tokens = {row["id"]: row["token"] for row in rows}
        counted = [one for one in outcomes if tokens.get(one.delivery.id) == one.delivery.lease_token]
        turned = await _note_results(tx, customer_id, counted, rows, breaker)
    return Recorded(len(rows), turned)


async def _record_successes(customer_id: UUID, outcomes: Sequence[Outcome]) -> Recorded:
    """Record outcomes that nothing else follows from: one statement, which is a transaction of its own."""
    rows = await run_alone(_RECORD_SUCCESSES_SQL, *_arguments(customer_id, outcomes))
    to_enable = {row["endpoint_id"] for row in rows if row["is_paused"]}
    return Recorded(sum(row["count"] for row in rows), Turned(to_enable=_keys(customer_id, to_enable)))


def _arguments(
    customer_id: UUID,
    outcomes: Sequence[Outcome],
    now: datetime | None = None,
    schedule: RetrySchedule | None = None,
    breaker: Breaker | None = None,
) -> tuple[Any, ...]:
    """What the statement takes. Without a time, which is for successes alone, it is the statement's own."""
    statuses, times = list[str | None](), list[datetime | None]()
    if now is not None and schedule is not None and breaker is not None:
        for planned in [_next(outcome, schedule, breaker) for outcome in outcomes]:
            statuses.append(None if planned.status is DeliveryStatus.DELIVERED else planned.status.value)
            times.append(None if planned.wait is None else now + planned.wait)
    is_empty = all(outcome.answer.body == "" for outcome in outcomes)
    return (
        customer_id,
        as_text([outcome.delivery.id for outcome in outcomes]),
        as_text([outcome.delivery.lease_token for outcome in outcomes]),
        seldom(statuses),
        seldom(times),
        as_text([outcome.started_at for outcome in outcomes]),
        as_text([outcome.answer.duration_ms for outcome in outcomes]),
        as_text([outcome.answer.status for outcome in outcomes]),
        seldom([outcome.answer.error for outcome in outcomes]),
        [] if is_empty else [outcome.answer.body for outcome in outcomes],
        now,
        [] if is_empty else seldom([_beginning(outcome.answer.body) for outcome in outcomes]),
        REPEATED_BYTES_MAX,
        seldom([outcome.delivery.is_probe or None for outcome in outcomes]),
        sorted({outcome.delivery.endpoint_id for outcome in outcomes if outcome.answer.is_success}),
        "" if is_empty else None,
    )


async def _note_results(
    tx: Transaction, customer_id: UUID, outcomes: Sequence[Outcome], rows: Sequence[Record], breaker: Breaker
) -> Turned:
    """Note what these results mean for their endpoints; returns those whose status must change."""
    results = [(one.delivery.endpoint_id, one.answer.is_success) for one in outcomes]
    to_enable = {row["endpoint_id"] for row in rows if row["is_paused"]} & succeeded(results)
    turned = Turned(to_enable=_keys(customer_id, to_enable), due=await _call_next(tx, customer_id, rows))
    failures = failures_since_success(results)
    if not failures:
        return turned
    to_pause = await note_failures(tx, customer_id, failures, breaker=breaker)
    await _end_probes(tx, customer_id, [one for one in outcomes if one.delivery.is_probe], breaker)
    return turned | Turned(to_pause=to_pause)


async def _end_probes(tx: Transaction, customer_id: UUID, outcomes: Sequence[Outcome], breaker: Breaker) -> None:
    """Plan the next probes where these failed, and let their deliveries wait with the others again.

    Where the status was changed meanwhile, or is being changed, that change's work settles them.
    """
    failed = [one for one in outcomes if not one.answer.is_success]
    asked_for = {one.delivery.endpoint_id: one.answer.retry_after for one in failed}
    paused = await plan_next_probes(tx, customer_id, asked_for, breaker=breaker)
    if paused:
        await _suspend(tx, customer_id, [one.delivery.id for one in failed if one.delivery.endpoint_id in paused])
    for endpoint_id in sorted(asked_for.keys() - paused):
        await promise_settling(tx, worker_actor(customer_id), endpoint_id)


async def _suspend(tx: Transaction, customer_id: UUID, delivery_ids: Sequence[UUID]) -> None:
    """Suspend deliveries of paused endpoints, found by their whole keys."""
    await tx.execute(
        """
        WITH probe AS MATERIALIZED (SELECT $1::uuid AS customer_id, id FROM unnest($2::uuid[]) AS probe (id))
        UPDATE webhook_deliveries AS delivery SET next_attempt_at = NULL
        FROM probe WHERE delivery.customer_id = probe.customer_id AND delivery.id = probe.id
        """,
        customer_id,
        delivery_ids,
    )


async def _call_next(tx: Transaction, customer_id: UUID, rows: Sequence[Record]) -> frozenset[EndpointKey]:
    """Make due what waited for these deliveries, where they are at their end; returns the endpoints."""
    finished = {
        (row["endpoint_id"], row["resource_id"])
        for row in rows
        if row["is_ordered"] and row["status"] != DeliveryStatus.RETRYING
    }
    if not finished or not await call_next(tx, customer_id, sorted(finished)):
        return frozenset()
    return _keys(customer_id, {endpoint_id for endpoint_id, _ in finished})


def _keys(customer_id: UUID, endpoint_ids: Iterable[UUID]) -> frozenset[EndpointKey]:
    return frozenset((customer_id, endpoint_id) for endpoint_id in endpoint_ids)


def _beginning(body: str | None) -> str | None:
    """What is kept of an answer that repeats the one before; None: all of it."""
    if not body:
        return None
    encoded = body.encode()
    if len(encoded) <= REPEATED_BYTES_MAX:
        return None
    return encoded[:REPEATED_BYTES_MAX].decode(errors="ignore")


def _next(outcome: Outcome, schedule: RetrySchedule, breaker: Breaker) -> _Next:
    if outcome.answer.is_success:
        return _Next(DeliveryStatus.DELIVERED, None)
    if outcome.delivery.is_probe:
        return _Next(DeliveryStatus.RETRYING, breaker.first_wait)
    number = outcome.number - outcome.delivery.unscheduled_count
    wait = schedule.wait_after(number, asked_for=outcome.answer.retry_after)
    return _Next(DeliveryStatus.EXHAUSTED if wait is None else DeliveryStatus.RETRYING, wait)


async def _tell_exhausted(tx: Transaction, row: Record) -> None:
    delivery = delivery_of(row)
    if delivery.event_type.startswith(ABOUT_WEBHOOKS):
        return  # Otherwise each failure to report a failure would make another event.
    about = Resource("webhook_delivery", delivery.id, version=delivery.attempt_count)
    actor = worker_actor(delivery.customer_id)
    await record_event(tx, actor, "webhook_delivery.exhausted", about, describe_delivery(delivery))

"""Record the outcomes of attempts. One that cannot be recorded neither stops the others nor is sent again at once."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.db.away import DATABASE_UNUSABLE
from app.kernel.clock import utc_now
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.claim_deliveries import put_back
from app.webhooks.deliveries.note_failures import Turned
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.retry_schedule import RetrySchedule

logger = logging.getLogger(__name__)


async def record_or_put_off(
    customer_id: UUID, outcomes: Sequence[Outcome], *, schedule: RetrySchedule, breaker: Breaker
) -> Turned:
    """Record outcomes of one customer: all together, or if that fails, one by one. Returns whose status must change.

    An outcome that cannot be recorded as it is, is recorded without its texts. If that fails too, its delivery waits as
    long as the schedule says for its age, so that it is not sent again and again without a record.

    :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; call again.
    """
    together = await _record(customer_id, outcomes, schedule, breaker)
    if together is not None:
        return together
    turned = Turned()
    for outcome in outcomes:
        alone = await _record(customer_id, [outcome], schedule, breaker) if len(outcomes) > 1 else None
        bare = replace(outcome, answer=_without_texts(outcome.answer))
        recorded = alone or await _record(customer_id, [bare], schedule, breaker)
        if recorded is None:
            wait = schedule.wait_at_age(utc_now() - outcome.delivery.created_at)
            await put_back([outcome.delivery], after_seconds=wait.total_seconds())
        else:
            turned |= recorded
    return turned


async def _record(
    customer_id: UUID, outcomes: Sequence[Outcome], schedule: RetrySchedule, breaker: Breaker
) -> Turned | None:
    """None: these outcomes cannot be recorded."""
    try:
        recorded = await record_attempts(customer_id, outcomes, schedule=schedule, breaker=breaker)
    except DATABASE_UNUSABLE:
        raise
    except Exception:
        logger.exception("results of deliveries could not be recorded: %s", [one.delivery.id for one in outcomes])
        return None
    return recorded.turned


def _without_texts(answer: Answer) -> Answer:
    error = None if answer.is_success else "status: what came back could not be recorded"
    return replace(answer, error=error, body=None)

"""Record the outcomes of attempts. One that cannot be recorded neither stops the others nor is sent again at once."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.db.away import DATABASE_UNUSABLE
from app.kernel.clock import utc_now
from app.webhooks.deliveries.claim_deliveries import put_back
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.retry_schedule import RetrySchedule

logger = logging.getLogger(__name__)


async def record_or_put_off(customer_id: UUID, outcomes: Sequence[Outcome], *, schedule: RetrySchedule) -> None:
    """Record outcomes of one customer: all together, or if that fails, one by one.

    An outcome that cannot be recorded as it is, is recorded without its texts. If that fails too, its delivery waits as
    long as the schedule says for its age, so that it is not sent again and again without a record.

    :raises OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away; call again.
    """
    if await _is_recorded(customer_id, outcomes, schedule):
        return
    for outcome in outcomes:
        if len(outcomes) > 1 and await _is_recorded(customer_id, [outcome], schedule):
            continue
        if not await _is_recorded(customer_id, [replace(outcome, answer=_without_texts(outcome.answer))], schedule):
            wait = schedule.wait_at_age(utc_now() - outcome.delivery.created_at)
            await put_back([outcome.delivery], after_seconds=wait.total_seconds())


async def _is_recorded(customer_id: UUID, outcomes: Sequence[Outcome], schedule: RetrySchedule) -> bool:
    try:
        await record_attempts(customer_id, outcomes, schedule=schedule)
    except DATABASE_UNUSABLE:
        raise
    except Exception:
        logger.exception("results of deliveries could not be recorded: %s", [one.delivery.id for one in outcomes])
        return False
    return True


def _without_texts(answer: Answer) -> Answer:
    error = None if answer.is_success else "status: what came back could not be recorded"
    return replace(answer, error=error, body=None)

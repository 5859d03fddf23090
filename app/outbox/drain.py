"""Do promised work until nothing is due: claim, act, record, each message on its own."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from time import monotonic

from app.db.connection import pool
from app.kernel.actor import Actor, worker_actor
from app.kernel.errors import LimitExceeded
from app.kernel.tracing import Kind, span_later
from app.outbox.attempt_counts import Ended, work_attempts
from app.outbox.claim import Message, claim_messages, record_done, record_failure

logger = logging.getLogger(__name__)

Handler = Callable[[Actor, Message], Awaitable[None]]
"""Does one kind of work. If it raises, it is tried again, so it must be safe to run twice."""

CONCURRENCY_MAX = 50
RETRY_SECONDS = (1, 2, 4, 8, 15, 30, 60, 120, 300, 600, 1800) + (3600,) * 48
"""Waits after each failed attempt: quick retries for half a minute, then rarer ones, for two days."""
JITTER = 0.2


class Unavailable(Exception):
    """A party we asked cannot answer now. It is expected to pass: logged in one line, without traceback."""


_EXPECTED = (Unavailable, LimitExceeded, TimeoutError, OSError)
"""Failures whose message is enough, without a traceback."""


async def drain_messages(
    handlers: Mapping[str, Handler],
    *,
    budget_seconds: float,
    lease: timedelta,
    concurrency: int = CONCURRENCY_MAX,
    look_again: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
) -> int:
    """Do due work, up to `concurrency` messages at a time, until nothing is due or the budget is used up.

    Answers how many were done. A slow message delays no other. Work under way when the budget ends is finished. A
    message that takes longer than the lease is cancelled and tried again. `look_again` says that more may be due, so
    that new work need not wait for slow work; `stop` says to claim no more.
    """
    deadline = monotonic() + budget_seconds
    look_again = look_again or asyncio.Event()
    under_way: set[asyncio.Task[bool]] = set()
    done_count = 0
    asked = asyncio.create_task(look_again.wait())
    try:
        while True:
            look_again.clear()
            free = 0 if monotonic() >= deadline or (stop and stop.is_set()) else concurrency - len(under_way)
            claimed = await claim_messages(limit=free, lease=lease) if free else []
            under_way |= {asyncio.create_task(_attempt(handlers, message, lease)) for message in claimed}
            if not under_way:
                return done_count
            if len(claimed) == free and free:
                continue  # There may be more due.
            if asked.done():
                asked = asyncio.create_task(look_again.wait())
            await asyncio.wait({asked, *under_way}, return_when=asyncio.FIRST_COMPLETED)
            finished = {task for task in under_way if task.done()}
            under_way -= finished
            done_count += sum(task.result() for task in finished)
    finally:
        asked.cancel()
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _attempt(handlers: Mapping[str, Handler], message: Message, lease: timedelta) -> bool:
    handler = handlers.get(message.kind)
    if handler is None:  # A newer version promised it: leave it for a worker that knows this kind.
        unknown = f"this worker knows no work of the kind {message.kind}"
        await record_failure(message, unknown, again_after=lease, was_tried=False)
        return False
    with span_later(message.kind, Kind.CONSUMER, message.traceparent, message.created_at) as span:
        span.set("quaestor.customer_id", str(message.customer_id))
        span.set("quaestor.resource_id", str(message.resource_id))
        span.set("quaestor.attempt", message.attempt_count)
        actor = worker_actor(message.customer_id, message.request_id, span.traceparent)
        try:
            async with asyncio.timeout(lease.total_seconds()):
                await handler(actor, message)
        except Exception as failure:  # noqa: BLE001 - the edge: recorded, logged and tried again
            span.fail(type(failure).__name__)
            await _fail(message, failure)
            return False
        work_attempts[message.kind, Ended.DONE] += 1
        return await record_done(message)


async def _fail(message: Message, failure: Exception) -> None:
    again_after = retry_after(message.attempt_count)
    ended = Ended.UNAVAILABLE if isinstance(failure, Unavailable) else Ended.FAILED
    work_attempts[message.kind, Ended.GIVEN_UP if again_after is None else ended] += 1
    told = f"{type(failure).__name__}: {failure}"
    logger.warning(
        "%s of %s failed (attempt %d): %s; %s",
        message.kind,
        message.resource_id,
        message.attempt_count,
        told,
        "out of retries" if again_after is None else f"again in {again_after.total_seconds():.0f} s",
        exc_info=None if isinstance(failure, _EXPECTED) else failure,
    )
    if not pool().is_closing():
        await record_failure(message, told, again_after=again_after)


def retry_after(attempt_count: int) -> timedelta | None:
    """The wait after this many attempts, varied by a fifth, so that messages that failed together spread out."""
    if attempt_count > len(RETRY_SECONDS):
        return None
    return timedelta(seconds=RETRY_SECONDS[attempt_count - 1] * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311

"""Does what was promised, in this process, as a worker would: for tests that need the outcome but no worker."""

from datetime import timedelta

from app.db.connection import fetchval, pool
from app.outbox.drain import drain_messages
from workers.routes import make_handlers

LEASE = timedelta(minutes=10)
ROUNDS_MAX = 20


class PromisedWork:
    """Call it to do all that is due. Banks answer at once where `settings` say so."""

    def __init__(self, settings):
        self._handlers = make_handlers(settings)

    async def __call__(self, *, concurrency=10):
        """Do what is due now, and what that promises; answers how many pieces were done."""
        done = 0
        while did := await drain_messages(self._handlers, budget_seconds=600, lease=LEASE, concurrency=concurrency):
            done += did
        return done

    async def through_all_retries(self):
        """Also do what was put off after a failure, without waiting for its time."""
        for _ in range(ROUNDS_MAX):
            await self()
            if not await fetchval("SELECT count(*) FROM outbox_messages"):
                return
            await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
        raise AssertionError(await fetchval("SELECT last_error FROM outbox_messages LIMIT 1"))

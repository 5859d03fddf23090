"""Wait for the commit that settles a ledger, without holding a connection."""

from collections.abc import Awaitable, Callable

from app.db.notifications import resource_topic
from app.db.wait_until_settled import wait_until_settled
from app.ledgers.models import Ledger

TIMEOUT_MS_MAX = 50_000


async def wait_for_ledger(
    find: Callable[[], Awaitable[Ledger | None]], *, timeout_seconds: float, backup_poll_seconds: float
) -> Ledger | None:
    """The ledger that `find` returns, once it is settled or the time is up, in its state at that moment.

    Running out of time is not an error. Commits to the ledger and to its holder end the wait early.
    """
    return await wait_until_settled(
        find, _topics, timeout_seconds=timeout_seconds, backup_poll_seconds=backup_poll_seconds
    )


def _topics(ledger: Ledger) -> list[str]:
    return [resource_topic(one) for one in (ledger.id, ledger.holder_id) if one is not None]

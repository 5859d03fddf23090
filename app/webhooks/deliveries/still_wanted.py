"""Whether an endpoint is still sent to, for deliveries that were claimed a while ago."""

import time

from app.db.away import DATABASE_UNUSABLE
from app.webhooks.deliveries.claim_deliveries import is_sent_to
from app.webhooks.deliveries.claimed import Claimed, EndpointKey, Lease

ASK_AGAIN_AFTER_SECONDS = 2.0
"""After this time, check before sending that the endpoint was not disabled or deleted meanwhile."""
REMEMBERED_MAX = 5_000


class StillWanted:
    """Asks the database, and remembers the answer for a while."""

    def __init__(self, lease: Lease) -> None:
        self._usable_seconds = lease.usable_seconds
        self._known_at: dict[EndpointKey, float] = {}

    async def is_so(self, delivery: Claimed) -> bool:
        """Whether to send to its endpoint still. Asked only for deliveries that waited for a slow endpoint, or have no
        keys: their endpoint may have been deleted as they were claimed.
        """
        claimed_at, now = delivery.send_before - self._usable_seconds, time.monotonic()
        if delivery.sealed_keys and (
            delivery.is_probe
            or now < claimed_at + ASK_AGAIN_AFTER_SECONDS
            or now < self._known_at.get(delivery.endpoint, 0.0) + ASK_AGAIN_AFTER_SECONDS
        ):
            return True
        try:
            is_wanted = await is_sent_to(delivery.endpoint)
        except DATABASE_UNUSABLE:
            return True
        if is_wanted:
            if len(self._known_at) >= REMEMBERED_MAX:
                self._known_at.clear()
            self._known_at[delivery.endpoint] = now
        return is_wanted

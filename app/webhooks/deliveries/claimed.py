"""A delivery that this worker may attempt now, with all that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from app.webhooks.status import Payload

EndpointKey: TypeAlias = tuple[UUID, UUID]
"""Customer and endpoint."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claimed delivery. Its result counts only while the row has `lease_token`.

    `event_body` is None where the event is gone; `sealed_secrets` are the endpoint's live ones, the newest first;
    `send_before` is the worker's clock (`time.monotonic`): later the lease may end during the request.
    """

    customer_id: UUID
    id: UUID
    endpoint_id: UUID
    message_id: UUID
    event_type: str
    attempt_count: int
    created_at: datetime
    lease_token: UUID
    url: str
    sealed_secrets: Sequence[bytes]
    payload: Payload
    event_body: str | None
    send_before: float

    @property
    def endpoint(self) -> EndpointKey:
        """Whose connections and share it uses."""
        return (self.customer_id, self.endpoint_id)

    @property
    def is_retry(self) -> bool:
        """Whether it was attempted before."""
        return self.attempt_count > 0


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a claim holds, and how much of that a request needs at its end, both in time."""

    length: timedelta
    reserve: timedelta

    @property
    def usable_seconds(self) -> float:
        """After a claim, how long a request may still be begun."""
        return (self.length - self.reserve).total_seconds()

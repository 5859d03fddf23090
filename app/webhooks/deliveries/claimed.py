"""A delivery that this worker may attempt now, with all the data it needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from app.webhooks.client_tls import SealedTls
from app.webhooks.deliveries.stored_events import StoredEvent
from app.webhooks.signing_secret import SealedKey
from app.webhooks.status import Payload

EndpointKey: TypeAlias = tuple[UUID, UUID]
"""Customer and endpoint."""


@dataclass(frozen=True, slots=True)
class Place:
    """When a request to an endpoint with a rate limit may begin, by this worker's clock (`time.monotonic`)."""

    begins_at: float
    ends_at: float

    def is_now(self, now: float) -> bool:
        """Whether it may begin now."""
        return self.begins_at <= now <= self.ends_at


@dataclass(slots=True)  # One that is frozen takes ten times as long to make.
class Claimed:
    """One claimed delivery. Its result counts only while the row has `lease_token`.

    `created_at` is when it was made, or if it `is_replayed`, when it was made due by hand. `event` is None if it is
    gone; `sealed_keys` are the endpoint's live signing keys, those of `v1` before those of `v1a`, in each scheme the
    newest first. Begin the request by `send_before` (`time.monotonic`): later the lease may end while it runs.
    `unscheduled_count` says how many of its attempts the schedule does not count, such as probes of a paused endpoint
    (`is_probe`). If it `is_ordered`, it follows what is claimed with it of its resource. If its endpoint has a rate
    limit (`max_per_second`), it begins in its `place`; None: it takes one when its turn comes.
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
    sealed_keys: tuple[SealedKey, ...]
    payload: Payload
    event: StoredEvent | None
    resource_id: UUID
    send_before: float
    is_ordered: bool = False
    unscheduled_count: int = 0
    is_probe: bool = False
    is_replayed: bool = False
    max_per_second: int | None = None
    place: Place | None = None
    sealed_headers: bytes | None = None
    tls: SealedTls | None = None
    read_by: UUID | None = None

    @property
    def endpoint(self) -> EndpointKey:
        """The endpoint whose connections and share it uses."""
        return (self.customer_id, self.endpoint_id)

    @property
    def send_after(self) -> float:
        """When its place begins; 0 without one."""
        return 0.0 if self.place is None else self.place.begins_at

    @property
    def is_retry(self) -> bool:
        """Whether it was attempted before."""
        return self.attempt_count > 0


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a claim lasts, and how much of that must be left when a request begins."""

    length: timedelta
    reserve: timedelta

    @property
    def usable_seconds(self) -> float:
        """For how long after the claim a request may begin."""
        return (self.length - self.reserve).total_seconds()

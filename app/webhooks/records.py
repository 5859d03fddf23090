"""An endpoint, a delivery and an attempt, as they are read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.records import record_of
from app.webhooks.client_tls import SealedTls, sealed_tls
from app.webhooks.status import DeliveryStatus, EndpointStatus, Payload


@dataclass(slots=True)  # One that is frozen takes four times as long to make, and there may be a hundred.
class WebhookEndpoint:
    """A subscriber's URL. It gets only what its creator's `scopes` may read, after `first_position` of the feed.

    `filter` is what the `data` of its events must contain, or None. `public_key` (`whpk_…`) is None until somebody asks
    for the key of an endpoint that an older version made.
    """

    customer_id: UUID
    id: UUID
    url: str
    description: str | None
    status: EndpointStatus
    status_reason: str | None
    event_types: tuple[str, ...]
    payload: Payload
    ordered: bool
    max_per_second: int | None
    scopes: tuple[str, ...]
    first_position: int
    public_key: str | None
    filter: Any
    holder_id: UUID | None
    header_names: tuple[str, ...]
    sealed_headers: bytes | None
    tls: SealedTls | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key (`whpk_…`) that verifies an endpoint's messages, and when the endpoint stops signing with it, if ever."""

    text: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One message for one endpoint."""

    customer_id: UUID
    id: UUID
    endpoint_id: UUID
    message_id: UUID
    event_id: UUID
    event_type: str
    resource_type: str
    resource_id: UUID
    payload: Payload
    status: DeliveryStatus
    attempt_count: int
    next_attempt_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One HTTP request, numbered from 1: the answer, or the error by stage."""

    delivery_id: UUID
    number: int
    started_at: datetime
    duration_ms: int
    response_status: int | None
    error: str | None
    response_body: str | None


@dataclass(frozen=True, slots=True)
class WebhookStats:
    """What became of deliveries in the last seven days, how many are open, and for how long the oldest has waited."""

    delivered: int = 0
    failed: int = 0
    pending: int = 0
    oldest_pending_seconds: float | None = None


def endpoint_of(row: Record) -> WebhookEndpoint:
    """The endpoint of a row of `webhook_endpoints`."""
    return record_of(
        WebhookEndpoint,
        row,
        status=EndpointStatus(row["status"]),
        event_types=tuple(row["event_types"]),
        payload=Payload(row["payload"]),
        scopes=tuple(row["scopes"]),
        header_names=tuple(row["header_names"]),
        tls=sealed_tls(row["ca_certificate"], row["client_certificate"], row["sealed_client_key"]),
    )


def delivery_of(row: Record) -> WebhookDelivery:
    """The delivery of a row of `webhook_deliveries`."""
    return record_of(WebhookDelivery, row, payload=Payload(row["payload"]), status=DeliveryStatus(row["status"]))


def attempt_of(row: Record) -> WebhookAttempt:
    """The attempt of a row of `webhook_attempts`."""
    return record_of(WebhookAttempt, row)

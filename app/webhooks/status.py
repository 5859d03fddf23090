"""Which statuses an endpoint and a delivery have, and which moves there are."""

from enum import StrEnum

from app.kernel.machine import Machine, Move


class EndpointField(StrEnum):
    """What an update can empty."""

    DESCRIPTION = "DESCRIPTION"


class EndpointStatus(StrEnum):
    """Only an ENABLED endpoint is delivered to; one that is PAUSED or DISABLED has its deliveries suspended."""

    ENABLED = "ENABLED"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class DeliveryStatus(StrEnum):
    """PENDING: never tried. RETRYING: tried in vain. EXHAUSTED: out of tries. CANCELLED: the endpoint is deleted."""

    PENDING = "PENDING"
    RETRYING = "RETRYING"
    DELIVERED = "DELIVERED"
    EXHAUSTED = "EXHAUSTED"
    CANCELLED = "CANCELLED"


class Payload(StrEnum):
    """What a message holds: the whole object, ids only, or a flat notification."""

    FULL = "FULL"
    THIN = "THIN"
    NOTIFICATION = "NOTIFICATION"


WEBHOOK_ENDPOINT = Machine(
    "webhook_endpoint.status",
    [
        Move(EndpointStatus.ENABLED, EndpointStatus.PAUSED),
        Move(EndpointStatus.ENABLED, EndpointStatus.DISABLED),
        Move(EndpointStatus.PAUSED, EndpointStatus.ENABLED),
        Move(EndpointStatus.PAUSED, EndpointStatus.DISABLED),
        Move(EndpointStatus.DISABLED, EndpointStatus.ENABLED),
    ],
)

WEBHOOK_DELIVERY = Machine(
    "webhook_delivery.status",
    [
        Move(DeliveryStatus.PENDING, DeliveryStatus.DELIVERED),
        Move(DeliveryStatus.PENDING, DeliveryStatus.RETRYING),
        Move(DeliveryStatus.PENDING, DeliveryStatus.EXHAUSTED),
        Move(DeliveryStatus.PENDING, DeliveryStatus.CANCELLED),
        Move(DeliveryStatus.RETRYING, DeliveryStatus.DELIVERED),
        Move(DeliveryStatus.RETRYING, DeliveryStatus.EXHAUSTED),
        Move(DeliveryStatus.RETRYING, DeliveryStatus.CANCELLED),
    ],
)
"""Deliveries move set-wise, by `record_attempts` and by `settle_deliveries`; a move to EXHAUSTED alone is told."""

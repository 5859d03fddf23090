"""The statuses of endpoints and deliveries, and the moves between them."""

from enum import StrEnum

from app.kernel.machine import Machine


class EndpointField(StrEnum):
    """Fields that an update can clear."""

    DESCRIPTION = "DESCRIPTION"
    RATE_LIMIT = "RATE_LIMIT"
    FILTER = "FILTER"
    HOLDER = "HOLDER"
    HEADERS = "HEADERS"
    CA_CERTIFICATE = "CA_CERTIFICATE"
    CLIENT_CERTIFICATE = "CLIENT_CERTIFICATE"


class EndpointStatus(StrEnum):
    """Only an ENABLED endpoint is sent to. Deliveries of a PAUSED or DISABLED one are suspended."""

    ENABLED = "ENABLED"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class DeliveryStatus(StrEnum):
    """PENDING: not yet tried. RETRYING: to be tried again. EXHAUSTED: no retry left. CANCELLED: its endpoint is
    deleted.
    """

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
    {
        EndpointStatus.ENABLED: (EndpointStatus.PAUSED, EndpointStatus.DISABLED),
        EndpointStatus.PAUSED: (EndpointStatus.ENABLED, EndpointStatus.DISABLED),
        EndpointStatus.DISABLED: (EndpointStatus.ENABLED,),
    },
)

WEBHOOK_DELIVERY = Machine(
    "webhook_delivery.status",
    {
        DeliveryStatus.PENDING: (
            DeliveryStatus.DELIVERED,
            DeliveryStatus.RETRYING,
            DeliveryStatus.EXHAUSTED,
            DeliveryStatus.CANCELLED,
        ),
        DeliveryStatus.RETRYING: (DeliveryStatus.DELIVERED, DeliveryStatus.EXHAUSTED, DeliveryStatus.CANCELLED),
        DeliveryStatus.DELIVERED: (DeliveryStatus.RETRYING,),
        DeliveryStatus.EXHAUSTED: (DeliveryStatus.RETRYING,),
    },
)
"""`record_attempts`, `settle_deliveries` and `make_due` move many deliveries at once. Only a move to
EXHAUSTED makes an event."""

"""The data of events about endpoints and deliveries. Never a secret."""

from typing import Any

from app.db.connection import Record
from app.kernel.clock import rfc3339
from app.lifecycle.advance import Noun
from app.webhooks.client_tls import fingerprint
from app.webhooks.records import WebhookDelivery

ABOUT_WEBHOOKS = "webhook"
"""Prefix of the event types about webhooks: a failed delivery of such an event makes no further event."""


def describe_endpoint(row: Record) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(row["id"]),
        "url": row["url"],
        "description": row["description"],
        "status": row["status"],
        "status_reason": row["status_reason"],
        "event_types": list(row["event_types"]),
        "payload": row["payload"],
        "ordered": row["ordered"],
        "max_per_second": row["max_per_second"],
        "filter": row["filter"],
        "holder_id": None if row["holder_id"] is None else str(row["holder_id"]),
        "header_names": list(row["header_names"]),
        "ca_certificate_sha256": _fingerprint(row["ca_certificate"]),
        "client_certificate_sha256": _fingerprint(row["client_certificate"]),
        "public_key": row["public_key"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "deleted_at": None if row["deleted_at"] is None else rfc3339(row["deleted_at"]),
        "version": row["version"],
    }


def _fingerprint(pem: str | None) -> str | None:
    return None if pem is None else fingerprint(pem)


def describe_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(delivery.id),
        "endpoint_id": str(delivery.endpoint_id),
        "event_id": str(delivery.message_id),
        "event_type": delivery.event_type,
        "status": delivery.status.value,
        "attempt_count": delivery.attempt_count,
        "created_at": rfc3339(delivery.created_at),
        "updated_at": rfc3339(delivery.updated_at),
    }


WEBHOOK_ENDPOINT_NOUN = Noun("webhook_endpoint", "webhook_endpoints", describe_endpoint, lambda _row: None)

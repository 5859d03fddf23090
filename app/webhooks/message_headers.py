"""The headers of a message: those of Standard Webhooks, and the hints beside them, which are not signed."""

from collections.abc import Iterable
from datetime import datetime

from app.webhooks.signature import SigningKey, signed_headers

USER_AGENT = "Quaestor-Webhooks"
ATTEMPT_HEADER = "x-quaestor-attempt"
EVENT_TYPE_HEADER = "x-quaestor-event-type"


def message_headers(
    message_id: str, event_type: str, body: bytes, *, attempt: int, attempted_at: datetime, keys: Iterable[SigningKey]
) -> dict[str, str]:
    """All headers of one attempt, made at `attempted_at` (aware), but those of the connection and an endpoint's own."""
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **signed_headers(message_id, attempted_at, body, keys=keys),
        ATTEMPT_HEADER: str(attempt),
        EVENT_TYPE_HEADER: event_type,
    }

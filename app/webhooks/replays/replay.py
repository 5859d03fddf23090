"""A replay as it is stored and read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.connection import Record
from app.db.records import record_of
from app.webhooks.status import DeliveryStatus


@dataclass(frozen=True, slots=True)
class WebhookReplay:
    """What to send again to one endpoint: messages about events of `since` until before `until`, of these types, about
    this object, whose deliveries have one of these statuses. None means any.

    It goes through the feed after `position`, up to and with `last_position`.
    """

    customer_id: UUID
    id: UUID
    endpoint_id: UUID
    since: datetime
    until: datetime
    event_types: tuple[str, ...] | None
    resource_id: UUID | None
    statuses: tuple[DeliveryStatus, ...] | None
    matched: int
    scheduled: int
    position: int
    last_position: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def wants_undelivered(self) -> bool:
        """Whether messages count that have no delivery yet: nothing was attempted, as with a PENDING one."""
        return self.statuses is None or DeliveryStatus.PENDING in self.statuses


def replay_of(row: Record) -> WebhookReplay:
    """The replay of a row of `webhook_replays`."""
    return record_of(
        WebhookReplay,
        row,
        event_types=None if row["event_types"] is None else tuple(row["event_types"]),
        statuses=None if row["statuses"] is None else tuple(map(DeliveryStatus, row["statuses"])),
    )

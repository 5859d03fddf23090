"""Remove one batch of old rows, in one short transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import first_id_of
from app.db.transaction import transaction, whole_use_case
from app.webhooks.status import DeliveryStatus

BATCH_SIZE_MAX = 500
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows a batch removed. `is_last` if it came to the end of what is old enough."""

    deliveries: int
    attempts: int
    is_last: bool


@dataclass(slots=True)
class OldDeliveries:
    """One customer's deliveries that have had this status since before `until`, from the oldest on.

    What is passed over, since it is still open or changed lately, is not read again by the same object.
    """

    customer_id: UUID
    status: DeliveryStatus
    until: datetime
    after: tuple[datetime, UUID] = (BEGINNING, NO_ID)

    @whole_use_case
    async def remove_batch(self) -> Removed:
        """Remove the next ones, with their attempts. One that is being sent again just now is left."""
        async with transaction(by_key=True) as tx:
            row = await tx.fetchrow(
                f"""
                WITH seen AS MATERIALIZED (
                    SELECT id, created_at, status, updated_at FROM webhook_deliveries
                    WHERE customer_id = $1 AND created_at < $2 AND (created_at, id) > ($3, $4) {self._of_status}
                    ORDER BY created_at, id LIMIT $5
                ), old AS MATERIALIZED (
                    SELECT delivery.id FROM seen CROSS JOIN LATERAL (
                        SELECT id, status, updated_at FROM webhook_deliveries
                        WHERE customer_id = $1 AND id = seen.id LIMIT 1
                        FOR UPDATE SKIP LOCKED
                    ) AS delivery
                    WHERE seen.status = $6 AND seen.updated_at < $2
                      AND delivery.status = $6 AND delivery.updated_at < $2
                ), attempts_gone AS (
                    DELETE FROM webhook_attempts AS attempt USING old
                    WHERE attempt.customer_id = $1 AND attempt.delivery_id = old.id RETURNING 1
                ), gone AS (
                    DELETE FROM webhook_deliveries AS delivery USING old
                    WHERE delivery.customer_id = $1 AND delivery.id = old.id RETURNING 1
                )
                SELECT created_at, id, count(*) OVER () AS seen,
                       (SELECT count(*) FROM gone) AS deliveries, (SELECT count(*) FROM attempts_gone) AS attempts
                FROM seen ORDER BY created_at DESC, id DESC LIMIT 1
                """,
                self.customer_id,
                self.until,
                *self.after,
                BATCH_SIZE_MAX,
                self.status.value,
            )
        if row is not None:
            self.after = (row["created_at"], row["id"])
        return _removed(row)

    @property
    def _of_status(self) -> str:
        """Nearly all are DELIVERED and have no index by status; the others do, which is worded like this."""
        return "" if self.status is DeliveryStatus.DELIVERED else "AND status = $6 AND status <> 'DELIVERED'"


@dataclass(slots=True)
class OldAttempts:
    """One customer's attempts that began before `until`, those of the oldest deliveries first."""

    customer_id: UUID
    until: datetime
    after: tuple[UUID, int] = (NO_ID, 0)

    @whole_use_case
    async def remove_batch(self) -> Removed:
        """Remove the next ones, whatever became of their deliveries."""
        async with transaction(by_key=True) as tx:
            row = await tx.fetchrow(
                """
                WITH seen AS MATERIALIZED (
                    SELECT delivery_id, number, started_at FROM webhook_attempts
                    WHERE customer_id = $1 AND delivery_id < $2 AND (delivery_id, number) > ($3, $4)
                    ORDER BY delivery_id, number LIMIT $5
                ), gone AS (
                    DELETE FROM webhook_attempts AS attempt USING seen
                    WHERE attempt.customer_id = $1 AND attempt.delivery_id = seen.delivery_id
                      AND attempt.number = seen.number AND seen.started_at < $6
                    RETURNING 1
                )
                SELECT delivery_id, number, count(*) OVER () AS seen, 0 AS deliveries,
                       (SELECT count(*) FROM gone) AS attempts
                FROM seen ORDER BY delivery_id DESC, number DESC LIMIT 1
                """,
                self.customer_id,
                first_id_of(self.until),
                *self.after,
                BATCH_SIZE_MAX,
                self.until,
            )
        if row is not None:
            self.after = (row["delivery_id"], row["number"])
        return _removed(row)


@dataclass(slots=True)
class OldCounts:
    """The hours of one customer's `webhook_outcomes` before `until`."""

    customer_id: UUID
    until: datetime

    @whole_use_case
    async def remove_batch(self) -> Removed:
        """Remove all of them: a few rows for each endpoint and hour."""
        async with transaction() as tx:
            await tx.execute(
                """
                DELETE FROM webhook_outcomes AS counted
                USING (SELECT id FROM webhook_endpoints WHERE customer_id = $1) AS endpoint
                WHERE counted.customer_id = $1 AND counted.endpoint_id = endpoint.id AND counted.hour < $2
                """,
                self.customer_id,
                self.until,
            )
        return Removed(0, 0, is_last=True)


def _removed(row: Record | None) -> Removed:
    if row is None:
        return Removed(0, 0, is_last=True)
    return Removed(row["deliveries"], row["attempts"], is_last=row["seen"] < BATCH_SIZE_MAX)

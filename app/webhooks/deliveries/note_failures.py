"""Count the failures in a row of each endpoint, in the transaction that records them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.db.transaction import Transaction
from app.webhooks.breaker import FAILURES_TO_PAUSE, PAUSED_MAX, Breaker
from app.webhooks.deliveries.claimed import EndpointKey


@dataclass(frozen=True, slots=True)
class Turned:
    """Endpoints whose status must change now: those that fail too long, those of a successful probe. And those with a
    delivery that became `due`.
    """

    to_pause: frozenset[EndpointKey] = frozenset()
    to_enable: frozenset[EndpointKey] = frozenset()
    due: frozenset[EndpointKey] = frozenset()

    def __or__(self, other: "Turned") -> "Turned":
        """Both together."""
        return Turned(self.to_pause | other.to_pause, self.to_enable | other.to_enable, self.due | other.due)


async def note_failures(
    tx: Transaction, customer_id: UUID, failures: Mapping[UUID, int], *, breaker: Breaker
) -> frozenset[EndpointKey]:
    """Add to the failures in a row of these endpoints, in the order of their ids; returns those to pause."""
    rows = await tx.fetch(
        """
        INSERT INTO webhook_failing_endpoints AS failing
            (customer_id, endpoint_id, failure_count, failing_since, failed_at)
        SELECT $1, endpoint_id, count, $4, $4 FROM unnest($2::uuid[], $3::integer[]) AS new (endpoint_id, count)
        ORDER BY endpoint_id
        ON CONFLICT (customer_id, endpoint_id) DO UPDATE
            SET failure_count = failing.failure_count + excluded.failure_count,
                failed_at = greatest(failing.failed_at, excluded.failed_at)
        RETURNING endpoint_id,
                  failure_count >= $5 AND paused_at IS NULL AND failed_at - failing_since >= $6 AS is_to_pause
        """,
        customer_id,
        list(failures),
        list(failures.values()),
        await tx.now(),
        FAILURES_TO_PAUSE,
        breaker.failing,
    )
    return frozenset((customer_id, row["endpoint_id"]) for row in rows if row["is_to_pause"])


async def plan_next_probes(
    tx: Transaction, customer_id: UUID, asked_for: Mapping[UUID, timedelta | None], *, breaker: Breaker
) -> set[UUID]:
    """Plan the next probe of endpoints whose probe failed, by what the receiver asked for in its answer. Returns those
    that are still paused, and stay so until this transaction ends.
    """
    now, paused = await tx.now(), set[UUID]()
    for endpoint_id, asked in sorted(asked_for.items()):
        probe_count = await tx.fetchval(
            "SELECT probe_count FROM webhook_failing_endpoints"
            " WHERE customer_id = $1 AND endpoint_id = $2 AND paused_at IS NOT NULL FOR UPDATE",
            customer_id,
            endpoint_id,
        )
        if probe_count is None:
            continue  # Its status was changed meanwhile.
        paused.add(endpoint_id)
        await tx.execute(
            """
            UPDATE webhook_failing_endpoints
            SET probe_count = probe_count + 1, next_probe_at = least($3::timestamptz, paused_at + $4)
            WHERE customer_id = $1 AND endpoint_id = $2
            """,
            customer_id,
            endpoint_id,
            now + breaker.wait_after(probe_count + 1, asked_for=asked),
            PAUSED_MAX,
        )
    return paused


def failures_since_success(results: Sequence[tuple[UUID, bool]]) -> dict[UUID, int]:
    """How many failures each endpoint had since its last success among these results, in their order."""
    failures: dict[UUID, int] = {}
    for endpoint_id, is_success in results:
        failures[endpoint_id] = 0 if is_success else failures.get(endpoint_id, 0) + 1
    return {endpoint_id: count for endpoint_id, count in failures.items() if count}


def succeeded(results: Collection[tuple[UUID, bool]]) -> set[UUID]:
    """The endpoints that had a success."""
    return {endpoint_id for endpoint_id, is_success in results if is_success}

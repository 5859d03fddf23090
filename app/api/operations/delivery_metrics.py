"""Metrics of webhooks: what is due, the endpoints by status, and what a worker counted of its own attempts."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.api.operations.histograms import histograms
from app.db.connection import fetch
from app.webhooks.deliveries.attempt_counts import AttemptCounts, attempt_counts
from app.webhooks.status import EndpointStatus


async def due_deliveries(*, counted_max: int) -> list[GaugeMetricFamily]:
    """How many deliveries are due, counted up to a limit, and for how long the oldest is.

    It skips from endpoint to endpoint in the index of due deliveries, up to the limit too.
    """
    [row] = await fetch(
        """
        WITH RECURSIVE lane AS (
            (SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
             WHERE next_attempt_at IS NOT NULL
             ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1)
            UNION ALL
            SELECT following.* FROM lane CROSS JOIN LATERAL (
                SELECT customer_id, endpoint_id, status, next_attempt_at FROM webhook_deliveries
                WHERE next_attempt_at IS NOT NULL
                  AND (customer_id, endpoint_id, status) > (lane.customer_id, lane.endpoint_id, lane.status)
                ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT 1
            ) AS following
        ), due AS MATERIALIZED (
            SELECT * FROM (SELECT * FROM lane LIMIT $1) AS first_lanes WHERE next_attempt_at <= now()
        )
        SELECT (
            SELECT count(*) FROM (
                SELECT FROM due CROSS JOIN LATERAL (
                    SELECT FROM webhook_deliveries
                    WHERE customer_id = due.customer_id AND endpoint_id = due.endpoint_id AND status = due.status
                      AND next_attempt_at <= now()
                    ORDER BY next_attempt_at LIMIT $1
                ) AS one LIMIT $1
            ) AS counted
        ) AS count,
        (SELECT coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::float8 FROM due) AS oldest_seconds
        """,
        counted_max,
    )
    due = GaugeMetricFamily(
        "quaestor_due_deliveries", f"Webhook deliveries that wait for a worker now, up to {counted_max}."
    )
    due.add_metric([], row["count"])
    oldest = GaugeMetricFamily(
        "quaestor_due_deliveries_oldest_seconds", "For how long the oldest of them has been due; 0 if none is."
    )
    oldest.add_metric([], row["oldest_seconds"])
    return [due, oldest]


async def endpoints_by_status(*, counted_max: int) -> GaugeMetricFamily:
    """How many endpoints are sent to, keep failing, or are switched off."""
    family = GaugeMetricFamily(
        "quaestor_webhook_endpoints", f"Webhook endpoints by status, up to {counted_max} of each.", labels=["status"]
    )
    [row] = await fetch(
        """
        SELECT (SELECT count(*) FROM (SELECT FROM webhook_endpoints
                WHERE status = 'ENABLED' AND deleted_at IS NULL LIMIT $1) AS counted) AS enabled,
               (SELECT count(*) FROM (SELECT FROM webhook_endpoints
                WHERE status = 'PAUSED' AND status <> 'ENABLED' AND deleted_at IS NULL LIMIT $1) AS counted) AS paused,
               (SELECT count(*) FROM (SELECT FROM webhook_endpoints
                WHERE status = 'DISABLED' AND status <> 'ENABLED' AND deleted_at IS NULL LIMIT $1) AS counted)
                AS disabled
        """,
        counted_max,
    )
    for status in EndpointStatus:
        family.add_metric([status.value], row[status.value.lower()])
    return family


def attempt_metrics(counts: AttemptCounts = attempt_counts) -> Iterable[Metric]:
    """What this worker counted since it began."""
    attempts = CounterMetricFamily(
        "quaestor_delivery_attempts",
        "Attempts of webhook deliveries by this process: delivered, failed (at which stage), or put off by a fault of "
        "ours, which counts as none.",
        labels=["outcome", "stage"],
    )
    for (outcome, stage), count in sorted(counts.attempts.items()):
        attempts.add_metric([outcome, stage], count)
    receipt = histograms(
        "quaestor_delivery_seconds",
        "Seconds from an event to its receiver's answer, of deliveries that succeed at the first attempt.",
        [],
        {(): counts.receipts},
    )
    return (attempts, receipt)

"""What a worker counts: promised work, calls of banks, webhooks, what it removes, and whether it reaches Redis."""

from collections import Counter
from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.api.operations.delivery_metrics import attempt_metrics
from app.api.operations.histograms import histograms
from app.outbox.attempt_counts import Ended, work_attempts
from app.partners.counted_calls import CallCounts, call_counts
from app.webhooks.retention.removal_counts import RemovalCounts, removal_counts


def worker_metrics(redis_is_away: Callable[[], bool]) -> Iterable[Metric]:
    """All that a worker counted since it began."""
    return [
        *attempt_metrics(),
        work_metrics(),
        *partner_metrics(),
        *retention_metrics(),
        redis_metric(redis_is_away()),
    ]


def work_metrics(attempts: Counter[tuple[str, Ended]] = work_attempts) -> Metric:
    """How attempts of promised work ended."""
    family = CounterMetricFamily(
        "quaestor_work_attempts",
        "Attempts of promised work, by kind and by how they ended: done, unavailable (a party that was asked does not "
        "answer), failed, or given_up (out of retries). The kind expire_hold releases holds whose time is up.",
        labels=["kind", "outcome"],
    )
    for (kind, ended), count in attempts.items():
        family.add_metric([kind, ended], count)
    return family


def partner_metrics(counts: CallCounts = call_counts) -> list[Metric]:
    """How banks answered, and how long that took."""
    calls = CounterMetricFamily(
        "quaestor_partner_calls",
        "Calls of banks, by bank, by what it was asked, and by its answer: success, declined, unavailable (no usable "
        "answer), or failed (no answer in time, or a fault of the adapter).",
        labels=["partner", "operation", "outcome"],
    )
    for (partner, operation, answered), count in counts.calls.items():
        calls.add_metric([partner, operation, answered], count)
    durations = histograms(
        "quaestor_partner_call_duration_seconds",
        "Seconds until a bank answered.",
        ["partner", "operation"],
        counts.durations,
    )
    return [calls, durations]


def retention_metrics(counts: RemovalCounts = removal_counts) -> list[Metric]:
    """What sweeps removed, and how many there were: the removing of old rows is at work while their number rises."""
    removed = CounterMetricFamily(
        "quaestor_retention_removed",
        "Old rows that this process has removed: webhook deliveries, and attempts of deliveries.",
        labels=["kind"],
    )
    removed.add_metric(["deliveries"], counts.deliveries)
    removed.add_metric(["attempts"], counts.attempts)
    sweeps = CounterMetricFamily(
        "quaestor_retention_sweeps",
        "How often this process has looked through everything for rows that are old enough to be removed.",
        value=counts.sweeps,
    )
    worked = CounterMetricFamily(
        "quaestor_retention_seconds", "For how many seconds in all these sweeps worked.", value=counts.worked_seconds
    )
    return [removed, sweeps, worked]


def redis_metric(is_away: bool) -> Metric:  # noqa: FBT001 - it is all there is to say
    """Whether Redis is away. Of several workers: how many cannot reach it."""
    return GaugeMetricFamily(
        "quaestor_redis_unreachable",
        "1 while this worker cannot reach its Redis; 0 if it has none. Work goes on without, woken by PostgreSQL.",
        value=float(is_away),
    )

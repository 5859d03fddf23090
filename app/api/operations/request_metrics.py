"""Requests of this process, as metrics."""

from prometheus_client.core import CounterMetricFamily, Metric

from app.api.operations.histograms import histograms
from app.api.request_counts import RequestCounts, request_counts


def request_metrics(counts: RequestCounts = request_counts) -> list[Metric]:
    """How many requests there were, how they ended, and how long they took."""
    requests = CounterMetricFamily(
        "quaestor_requests",
        "Requests that have ended, by the door they came through, operation, and outcome: success, refused, failed (a "
        "fault of ours) or gone (the client did not wait).",
        labels=["door", "operation", "outcome"],
    )
    for (door, operation), counted in counts.operations.items():
        for outcome, count in counted.outcomes.items():
            requests.add_metric([door, operation, outcome], count)
    durations = histograms(
        "quaestor_request_duration_seconds",
        "Seconds from the head of a request to the end of its answer. Subscriptions have none.",
        ["door", "operation"],
        {name: counted.durations for name, counted in counts.operations.items()},
    )
    return [requests, durations]

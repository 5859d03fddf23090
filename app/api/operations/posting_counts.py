"""How batches of transfers were posted in this process, as a metric."""

from prometheus_client.core import CounterMetricFamily, Metric

from app.journal.memory import Went, batches_of_process


def posting_counts() -> list[Metric]:
    """How many batches of plain transfers were posted by memory, and how many were not."""
    family = CounterMetricFamily(
        "quaestor_posted_batches",
        "Batches of plain transfers that this process posted, by how they went.",
        labels=["went"],
    )
    for went in Went:
        family.add_metric([went], batches_of_process[went])
    return [family]

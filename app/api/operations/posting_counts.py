"""How this process posts transfers and holds, as metrics."""

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.api.operations.histograms import histograms
from app.journal.memory import Went, batches_of_process
from app.journal.queue_figures import QueueFigures, queue_figures


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


def queue_metrics(figures: QueueFigures = queue_figures) -> list[Metric]:
    """What waits to be posted, how large batches are, and what found no room."""
    waiting = GaugeMetricFamily("quaestor_posting_queue", "Transfers and changes of holds that wait to be posted now.")
    waiting.add_metric([], figures.waiting)
    turned_away = CounterMetricFamily(
        "quaestor_postings_turned_away",
        "Transfers and changes of holds that were refused since too many waited already.",
    )
    turned_away.add_metric([], figures.turned_away)
    sizes = histograms(
        "quaestor_posting_batch_size",
        "Transfers and changes of holds in one batch. A batch belongs to one customer.",
        [],
        {(): figures.batch_sizes},
    )
    return [waiting, turned_away, sizes]

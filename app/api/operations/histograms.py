"""Histograms of this process, as Prometheus wants them."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from prometheus_client.core import HistogramMetricFamily

from app.kernel.histogram import Histogram

Labels = TypeVar("Labels", bound=tuple[str, ...])


def histograms(
    name: str, documentation: str, labels: Sequence[str], counted: Mapping[Labels, Histogram]
) -> HistogramMetricFamily:
    """One metric, with a histogram for each combination of the labels' values."""
    family = HistogramMetricFamily(name, documentation, labels=labels)
    for values, histogram in counted.items():
        buckets = [("+Inf" if math.isinf(limit) else str(float(limit)), count) for limit, count in histogram.up_to()]
        family.add_metric(values, buckets, histogram.total)
    return family

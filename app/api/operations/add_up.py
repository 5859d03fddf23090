"""Add up what several processes count, and keep counts in files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client.core import Metric

CAN_BE_ADDED = ("counter", "histogram", "gauge")


def add_up(several: Iterable[Iterable[Metric]]) -> list[Metric]:
    """The sums of counters, histograms (buckets are counts as well) and gauges, sample by sample. A gauge of a process
    must be an amount of something, such as what waits.
    """
    sums: dict[str, Metric] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for families in several:
        for family in families:
            assert family.type in CAN_BE_ADDED, f"{family.name} is a {family.type}, which cannot be added up"
            sums.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            known = values.setdefault(family.name, {})
            for sample in family.samples:
                key = sample.name, tuple(sample.labels.items())
                known[key] = known.get(key, 0.0) + sample.value
    for name, family in sums.items():
        for (sample_name, labels), value in values[name].items():
            family.add_sample(sample_name, dict(labels), value)
    return list(sums.values())


def without_gauges(families: Iterable[Metric]) -> list[Metric]:
    """What a process leaves behind that has ended: what it counted stays, what it had is no more."""
    return [family for family in families if family.type != "gauge"]


def counts_as_text(families: Iterable[Metric]) -> bytes:
    """What a file of counts holds."""
    return json.dumps([_as_json(family) for family in families]).encode()


def read_counts(file: Path) -> list[Metric]:
    """What a file of counts says; nothing where there is none."""
    try:
        families: list[Any] = json.loads(file.read_bytes())
    except FileNotFoundError:
        return []
    return [_from_json(family) for family in families]


def _as_json(family: Metric) -> list[Any]:
    samples = [[sample.name, sample.labels, sample.value] for sample in family.samples]
    return [family.name, family.documentation, family.type, samples]


def _from_json(told: Any) -> Metric:
    name, documentation, kind, samples = told
    family = Metric(name, documentation, kind)
    for sample_name, labels, value in samples:
        family.add_sample(sample_name, labels, value)
    return family

"""Every metric is in the docs with its labels, and the docs name none that there is not; all are named well."""

import re
from pathlib import Path

import pytest

from app.api.graphql.fallback_counts import fallback_counts
from app.api.operations import metrics
from app.api.operations.process_counts import SeveralProcesses
from app.api.operations.request_metrics import request_metrics
from app.api.operations.worker_metrics import worker_metrics
from app.settings import Sibling
from tests.deploy.real_prometheus import check_names, needs_prometheus
from workers.kafka.figures import Figures

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


async def all_families(tmp_path):
    several = SeveralProcesses(Sibling(1, tmp_path), metrics.no_metrics)
    return [
        metrics._checks({}),
        *await metrics._read(),
        *metrics.process_counts(request_metrics).metrics(),
        *fallback_counts(),
        *worker_metrics(lambda: False),
        *Figures().collect(brokers_are_away=False),
        *[family for family in several.processes() if family.name.startswith("quaestor_")],
    ]


def documented():
    """Names with their labels, and whether it is a histogram."""
    rows = re.findall(r"^\| `(quaestor_\w+)(?:\{([\w,]+)\})?` \| (histogram: )?", PAGE.read_text(), re.MULTILINE)
    return {name: (tuple(labels.split(",")) if labels else (), bool(histogram)) for name, labels, histogram in rows}


async def test_is_in_the_docs_with_its_labels_and_the_other_way_round(database, tmp_path):
    families = await all_families(tmp_path)
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            tuple(family._labelnames),
            family.type == "histogram",
        )
        for family in families
        if family.name != "quaestor_processes"
    }
    assert told | {"quaestor_processes": ((), False)} == documented()


async def test_has_one_family_of_each_name(database, tmp_path):
    names = [family.name for family in await all_families(tmp_path)]
    assert sorted(set(names)) == sorted(names)


async def test_says_in_a_sentence_what_each_metric_tells(database, tmp_path):
    short = [
        family.name
        for family in await all_families(tmp_path)
        if len(family.documentation) < 20 or not family.documentation.endswith(".")
    ]
    assert short == []


@pytest.mark.thorough
@needs_prometheus
async def test_is_named_as_prometheus_wants_it(database, tmp_path):
    assert check_names(metrics._text(await all_families(tmp_path)).decode()) == ""

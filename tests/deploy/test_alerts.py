"""The alerts fire when they should and not else, say what to do, and are all in the docs."""

import json
import re
import subprocess

import pytest
import yaml

from tests.deploy.real_prometheus import DEPLOY, FOLDER, PROMTOOL, faster, needs_prometheus

PAGE = DEPLOY.parent / "docs" / "metrics.md"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "quaestor.json"
NAMED = re.compile(r"\bquaestor_\w+")


def promtool(*arguments):
    ran = subprocess.run([PROMTOOL, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.thorough
@needs_prometheus
def test_is_what_prometheus_accepts():
    for file in ("prometheus.yml", "prometheus.compose.yml"):
        code, said = promtool("check", "config", file)
        assert code == 0, said
    assert "rules found" in said


@pytest.mark.thorough
@needs_prometheus
def test_fires_when_it_should_and_not_else():
    code, said = promtool("test", "rules", "alerts.test.yml")
    assert code == 0, said


def test_tries_every_alert():
    tried = (FOLDER / "alerts.test.yml").read_text()
    assert [rule["alert"] for rule in RULES if f'alertname="{rule["alert"]}"' not in tried] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_says_what_is_wrong_and_what_to_do(rule):
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"]["summary"].endswith(".")
    assert len(rule["annotations"]["description"]) > 80


def test_is_in_the_docs_with_its_severity():
    listed = re.findall(r"^\| `(Quaestor\w+)` \| .* \| (\w+) \|$", PAGE.read_text(), re.MULTILINE)
    assert listed == [(rule["alert"], rule["labels"]["severity"]) for rule in RULES]


def names_of_series():
    """As Prometheus has them, of every metric in the docs, which another test compares with what is exposed."""
    for name in re.findall(r"^\| `(quaestor_\w+)(?:\{[\w,]+\})?` \| (histogram)?", PAGE.read_text(), re.MULTILINE):
        yield from [f"{name[0]}_{part}" for part in ("bucket", "count", "sum")] if name[1] else [name[0]]


def test_asks_only_for_metrics_that_there_are():
    known = set(names_of_series())
    assert len(known) >= 40
    queries = [
        target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel.get("targets", [])
    ]
    asked = {name for text in [*queries, *(rule["expr"] for rule in RULES)] for name in NAMED.findall(text)}
    tried = set(NAMED.findall((FOLDER / "alerts.test.yml").read_text()))
    assert (asked | tried) - known == set()


def test_shows_every_metric_on_the_dashboard():
    queries = DASHBOARD.read_text()
    unseen = {name for name in names_of_series() if name not in queries and not name.endswith(("_count", "_sum"))}
    assert unseen == {"quaestor_processes"}


def test_is_made_faster_as_a_whole():
    [group] = faster(
        {"groups": [{"name": "one", "rules": [{"alert": "A", "expr": "rate(x[10m]) > y[5m]", "for": "1m"}]}]}, 30
    )["groups"]
    assert group["rules"] == [{"alert": "A", "expr": "rate(x[20s]) > y[10s]", "for": "2s"}]

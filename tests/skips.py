"""In CI nothing is skipped because a program or a service is missing: what never runs cannot fail."""

import os

import pytest

IN_CI = bool(os.environ.get("CI"))
ON_PURPOSE = frozenset(
    {
        "only root can become others",
        "root runs it as another user",
        "no Python that a plain user may run",
        "only root may look where we lie",
    }
)
"""Reasons that say who runs the tests, and where. The other case is tried by whoever runs them otherwise."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """A test that is skipped has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """So has a file that is, unless none of its tests was asked for."""
    report = yield
    if IN_CI and report.skipped and "not browser" not in collector.config.option.markexpr:
        _fail(report)
    return report


def _fail(report):
    reason = report.longrepr[2].removeprefix("Skipped: ")
    if reason not in ON_PURPOSE:
        report.outcome = "failed"
        report.longrepr = f"{reason}: in CI nothing is skipped, so install what is missing"

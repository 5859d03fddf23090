"""Lets a test that passes say what it saw: pytest shows what is printed only of one that fails."""

import itertools

import pytest

SAID = "said"


@pytest.fixture
def say(record_property):
    """Show a line about the test in the summary of the run, however it ends."""
    return lambda line: record_property(SAID, line)


def pytest_terminal_summary(terminalreporter):
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        for name, line in getattr(report, "user_properties", ()):
            if name == SAID and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid}: {line}")

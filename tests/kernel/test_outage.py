import logging

import pytest

from app.kernel import outage
from app.kernel.outage import TELL_EVERY_SECONDS, Outage

LOGGER = logging.getLogger("quaestor.tests.outage")


class Clock:
    now = 1_000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(outage, "time", clock)
    return clock


def told(caplog):
    """Level and text of what was logged, but for what only who looks for faults sees."""
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.levelno > logging.DEBUG]


def test_is_told_when_it_begins_and_when_it_is_over(caplog, clock):
    caplog.set_level(logging.DEBUG)
    trouble = Outage(LOGGER)
    trouble.end("over")
    for number in range(60):
        trouble.notice("away: %d", number)
    for _ in range(3):
        trouble.end("over")
    trouble.notice("away again")
    assert told(caplog) == [("WARNING", "away: 0"), ("INFO", "over"), ("WARNING", "away again")]


def test_is_told_again_after_a_while_where_nobody_says_that_it_is_over(caplog, clock):
    caplog.set_level(logging.DEBUG)
    trouble = Outage(LOGGER)
    for seconds in (0, TELL_EVERY_SECONDS - 0.1, 0.1, TELL_EVERY_SECONDS - 0.1):
        clock.now += seconds
        trouble.notice("at %.1f", clock.now)
    assert told(caplog) == [("WARNING", "at 1000.0"), ("WARNING", "at 1060.0")]

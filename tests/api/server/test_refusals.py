import logging

import pytest

from app.api.server import refusals as refusals_module
from app.api.server.refusals import Refusal, Refusals


@pytest.fixture
def now(monkeypatch):
    clock = [1_000.0]
    monkeypatch.setattr(refusals_module.time, "monotonic", lambda: clock[0])
    return clock


def test_logs_the_first_at_once_and_the_others_once_a_minute(now, caplog):
    refusals = Refusals()
    with caplog.at_level(logging.WARNING, refusals_module.__name__):
        for _ in range(3):
            refusals.note(Refusal.SLOW_HEAD, "192.0.2.7")
        refusals.note(Refusal.LARGE_HEAD, "192.0.2.8")
        now[0] += 59
        refusals.tell()
        assert [record.message for record in caplog.records] == [
            "refused or ended connections: 1 slow head; the last from 192.0.2.7"
        ]
        now[0] += 1
        refusals.tell()
        refusals.tell()
    assert [record.message for record in caplog.records[1:]] == [
        "refused or ended connections: 2 slow head, 1 large head"
    ]
    assert refusals.counts == {Refusal.SLOW_HEAD: 3, Refusal.LARGE_HEAD: 1}

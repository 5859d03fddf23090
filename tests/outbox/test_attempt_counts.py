"""Attempts of promised work are counted by kind, and by how they ended."""

from collections import Counter
from datetime import timedelta

import pytest

from app.outbox import drain as module
from app.outbox.attempt_counts import Ended, expect_work
from app.outbox.drain import Unavailable, drain_messages


@pytest.mark.parametrize(
    ("failure", "ended"),
    [(None, Ended.DONE), (Unavailable("later"), Ended.UNAVAILABLE), (ValueError("a bug"), Ended.FAILED)],
)
async def test_counts_how_an_attempt_ended(promised, monkeypatch, failure, ended):
    monkeypatch.setattr(module, "RETRY_SECONDS", (3600,))
    monkeypatch.setattr(module, "work_attempts", counts := Counter())
    await promised(2)

    async def work(_by, _message):
        if failure is not None:
            raise failure

    await drain_messages({"work": work}, budget_seconds=600, lease=timedelta(minutes=10))
    assert counts == {("work", ended): 2}


async def test_counts_what_is_given_up(promised, monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS", ())
    monkeypatch.setattr(module, "work_attempts", counts := Counter())
    await promised()

    async def work(_by, _message):
        raise Unavailable

    await drain_messages({"work": work}, budget_seconds=600, lease=timedelta(minutes=10))
    assert counts == {("work", Ended.GIVEN_UP): 1}


def test_begins_at_zero_and_leaves_what_was_counted():
    counts = Counter({("one", Ended.DONE): 3})
    expect_work(["one", "two"], counts)
    assert counts == {(kind, ended): 0 for kind in ("one", "two") for ended in Ended} | {("one", Ended.DONE): 3}

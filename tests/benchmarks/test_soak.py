"""The soak in a small form, and that its verdict can be another."""

import re

import pytest

from benchmarks import soak
from benchmarks.product import servers
from benchmarks.soak import Sample, Soaked, differences, table

ALL = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        (ALL, []),
        (["a", "c"], ["one did not hear 1 of 3"]),
        (["a", "b", "c", "b"], ["one heard 1 twice"]),
        (["a", "b", "c", "d"], ["one heard 1 that did not happen"]),
        (["b", "a", "c"], ["one heard them in another order"]),
        (["a", "a"], ["one did not hear 2 of 3", "one heard 1 twice"]),
    ],
)
def test_tells_what_was_lost_doubled_or_out_of_order(heard, found):
    assert differences("one", heard, ALL) == found


def test_lets_webhooks_come_in_any_order():
    assert differences("one", ["c", "a", "b"], ALL, in_order=False) == []


def test_compares_the_end_with_what_was_after_the_warm_up():
    samples = [Sample(number, {"memory": 1_000.0 if number < 20 else 100.0 + number}) for number in range(100)]
    row = table(Soaked(samples=samples, transfers=7))[2]
    assert row == "| memory | 126 | 166 | 193 | +53.2% |"


def test_says_what_was_wrong():
    lines = table(Soaked(samples=[Sample(1, {"memory": 1.0})], faults=["one heard 1 twice"]))
    assert lines[-1] == "one heard 1 twice"


@pytest.mark.faults  # It starts the whole product, and takes its time.
def test_loses_and_doubles_nothing(monkeypatch):
    monkeypatch.setattr(soak, "SECONDS", 4.0)
    monkeypatch.setattr(soak, "TRANSFERS_PER_SECOND", 20.0)
    monkeypatch.setattr(soak, "LISTENERS", 8)
    monkeypatch.setattr("benchmarks.listeners.RESUME_AFTER", 20)
    with servers() as using:
        lines = soak.run(using)
    assert lines[-1] == "Nothing was lost or doubled, and the books are proved."
    transfers, heard, received = re.search(
        r": (\d+) transfers, .* reads, ([\d,]+) events and changes heard by 8 .*, (\d+) webhooks", lines[-2]
    ).groups()
    assert transfers == received
    # Six subscriptions hear each transfer, two hear of both its ledgers.
    assert int(heard.replace(",", "")) == 10 * int(transfers) > 0

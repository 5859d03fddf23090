"""Counts of values by bucket."""

from app.kernel.histogram import Histogram

INFINITY = float("inf")


def test_counts_a_value_in_the_first_bucket_that_holds_it():
    histogram = Histogram((0.1, 1.0))
    for value in (0.1, 0.11, 1.0, 1.01, 50.0):
        histogram.note(value)
    assert histogram.up_to() == [(0.1, 1), (1.0, 3), (INFINITY, 5)]
    assert histogram.count == 5
    assert histogram.total == 52.22


def test_begins_with_nothing():
    assert Histogram((1, 2)).up_to() == [(1, 0), (2, 0), (INFINITY, 0)]

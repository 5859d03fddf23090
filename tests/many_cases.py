"""Of a test with many cases that needs a database, `make test` tries a few; `make check` tries all of them.

Such a case takes as long as a short test. The others are marked `thorough`, so each runs once in `make check`. Which
ones are left out depends on their names alone: on no seed, and hardly on what other cases there are.

And tests that share a running product come first, one after another: so one worker starts it, and not each.
"""

from collections import defaultdict
from hashlib import sha256

import pytest

QUICK_CASES = 3
"""How many cases of one test `make test` tries."""
SHARED_PRODUCT = "dev"
SLOW_FIXTURES = frozenset({"postgres", SHARED_PRODUCT})
"""What makes a case slow: a database, a running product."""
ELSEWHERE = frozenset({"browser", "faults", "kafka", "thorough"})
"""Marks of tests that are not in `make test` anyway."""


def left_out(names: list[str]) -> set[str]:
    """Which of the cases of one test are left out of `make test`."""
    return set(sorted(names, key=_by_chance)[QUICK_CASES:])


def _by_chance(name: str) -> str:
    """An order in which neighbors, which try much the same, are far from each other."""
    return sha256(name.encode()).hexdigest()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what is left out, before pytest chooses by marks; gather, after all else is put in order."""
    _mark(items)
    yield
    items.sort(key=lambda item: SHARED_PRODUCT not in item.fixturenames)


def _mark(items):
    cases_of = defaultdict(dict)
    for item in items:
        if hasattr(item, "callspec") and _is_slow(item):
            test, _, case = item.nodeid.partition("[")
            cases_of[test][case] = item
    for cases in cases_of.values():
        for case in left_out(list(cases)):
            cases[case].add_marker(pytest.mark.thorough)


def _is_slow(item):
    marks = {mark.name for mark in item.iter_markers()}
    return not SLOW_FIXTURES.isdisjoint(item.fixturenames) and ELSEWHERE.isdisjoint(marks)

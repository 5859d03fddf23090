"""The moves of a holder, written out by hand, and every pair of statuses tried."""

import pytest

from app.holders.status import HOLDER, HolderStatus

ALLOWED = {
    ("PENDING", "OK"),
    ("PENDING", "MISSING_DATA"),
    ("PENDING", "QUARANTINE"),
    ("PENDING", "DECLINED"),
    ("QUARANTINE", "OK"),
    ("QUARANTINE", "DECLINED"),
    ("MISSING_DATA", "PENDING"),
    ("OK", "PENDING"),
}


@pytest.mark.parametrize("source", HolderStatus)
@pytest.mark.parametrize("target", HolderStatus)
def test_allows_these_moves_and_no_others(source, target):
    assert HOLDER.allows(source, target) is ((source.value, target.value) in ALLOWED)


def test_ends_only_declined():
    assert [status.value for status in HolderStatus if HOLDER.is_final(status)] == ["DECLINED"]

from uuid import UUID

import pytest

from app.kernel import identifiers
from app.kernel.identifiers import new_id


def test_is_a_uuid_of_version_7_whose_last_two_bits_are_free():
    for made in [new_id() for _ in range(2_000)]:
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert made.int & 0b11 == 0


def test_is_never_the_same():
    assert len({new_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("milliseconds", [0, 1, 1_795_000_000_000, 2**48 - 1])
def test_begins_with_the_milliseconds(monkeypatch, milliseconds):
    monkeypatch.setattr(identifiers.time, "time_ns", lambda: milliseconds * 1_000_000 + 999_999)
    assert new_id().int >> 80 == milliseconds


def test_sorts_by_time(monkeypatch):
    made = []
    for milliseconds in range(1_795_000_000_000, 1_795_000_000_500):
        monkeypatch.setattr(identifiers.time, "time_ns", lambda now=milliseconds: now * 1_000_000)
        made.append(new_id())
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)


def test_fills_every_random_bit():
    ones = zeros = 0
    for made in [new_id().int for _ in range(500)]:
        ones |= made
        zeros |= ~made
    random_bits = ((1 << 62) - 1) & ~0b11 | (((1 << 12) - 1) << 64)
    assert ones & random_bits == random_bits
    assert zeros & random_bits == random_bits
    assert isinstance(new_id(), UUID)

from itertools import pairwise
from uuid import UUID

import pytest

from app.db import identifiers
from app.db.connection import fetchval
from app.db.identifiers import Identifiers, new_id, parse_id
from app.kernel.errors import Invalid

TEXT = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"


def at(monkeypatch, milliseconds):
    monkeypatch.setattr(identifiers.time, "time_ns", lambda: milliseconds * 1_000_000 + 999_999)


def test_is_a_uuid_of_version_7_whose_last_two_bits_are_free():
    for made in [new_id() for _ in range(2_000)]:
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert made.int & 0b11 == 0


def test_is_never_the_same():
    assert len({new_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("milliseconds", [1, 1_795_000_000_000, 2**48 - 1])
def test_begins_with_the_milliseconds(monkeypatch, milliseconds):
    at(monkeypatch, milliseconds)
    assert Identifiers().new_bits() >> 80 == milliseconds


def test_sorts_by_time(monkeypatch):
    made, process = [], Identifiers()
    for milliseconds in range(1_795_000_000_000, 1_795_000_000_500):
        at(monkeypatch, milliseconds)
        made.append(UUID(int=process.new_bits()))
    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)


@pytest.mark.parametrize("later", [0, -1, -86_400_000])
def test_sorts_in_the_order_of_making_while_the_clock_stands_still_or_is_set_back(monkeypatch, later):
    process = Identifiers()
    at(monkeypatch, 1_795_000_000_000)
    made = [process.new_bits() for _ in range(1_000)]
    at(monkeypatch, 1_795_000_000_000 + later)
    made += [process.new_bits() for _ in range(1_000)]
    assert all(one < following for one, following in pairwise(made))
    assert [str(UUID(int=one)) for one in made] == sorted(str(UUID(int=one)) for one in made)
    assert {one >> 80 for one in made} == {1_795_000_000_000}
    assert {(UUID(int=one).version, one & 0b11) for one in made} == {(7, 0)}


def test_counts_into_the_next_millisecond_when_one_is_full(monkeypatch):
    monkeypatch.setattr(identifiers.os, "urandom", lambda count: b"\xff" * count)
    process = Identifiers()
    process._step_bits = lambda bits: 2**bits - 1
    at(monkeypatch, 1_795_000_000_000)
    first, second = process.new_bits(), process.new_bits()
    assert first == 1_795_000_000_000 << 80 | 0x7FFF << 64 | 0xBFFF_FFFF_FFFF_FFFC
    assert second == 1_795_000_000_001 << 80 | 0x7000 << 64 | (0x8000_0000_0000_0000 | 0xFFFF_FFFF << 2)


def test_never_meets_those_of_another_process_in_the_same_millisecond(monkeypatch):
    at(monkeypatch, 1_795_000_000_000)
    one, another = Identifiers(), Identifiers()
    made = [process.new_bits() for _ in range(1_000) for process in (one, another)]
    assert len(set(made)) == 2_000


def test_fills_every_random_bit():
    ones = zeros = 0
    for made in [Identifiers().new_bits() for _ in range(500)]:
        ones |= made
        zeros |= ~made
    random_bits = ((1 << 62) - 1) & ~0b11 | (((1 << 12) - 1) << 64)
    assert ones & random_bits == random_bits
    assert zeros & random_bits == random_bits
    assert isinstance(new_id(), UUID)


@pytest.mark.parametrize("text", [TEXT, TEXT.upper(), "d78ce84d-8317-42a5-8d03-d83e2b5b6f68"])
def test_reads_what_the_standard_library_reads(text):
    parsed = parse_id(text, ("id",))
    assert isinstance(parsed, UUID)
    assert (parsed, hash(parsed), str(parsed)) == (UUID(text), hash(UUID(text)), str(UUID(text)))
    assert {UUID(text): "found"}[parsed] == "found"


@pytest.mark.parametrize(
    "text", ["", TEXT[:-1], TEXT.replace("-", ""), f"{{{TEXT}}}", TEXT.replace("-", "") + "----", TEXT[:-1] + "٤"]
)
def test_refuses_what_is_no_plain_uuid(text):
    with pytest.raises(Invalid) as refused:
        parse_id(text, ("id",))
    assert refused.value.path == ("id",)


async def test_is_of_the_class_of_those_in_rows(database):
    made = new_id()
    sent = await fetchval("SELECT $1::uuid", made)
    assert sent == made
    assert type(sent) is type(made) is type(parse_id(TEXT, ()))

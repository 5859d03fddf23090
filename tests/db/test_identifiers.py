from uuid import UUID

import pytest

from app.db.connection import fetchval
from app.db.identifiers import new_id, parse_id
from app.kernel.errors import Invalid

TEXT = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"


def test_makes_a_uuid_of_version_7_whose_last_two_bits_are_free():
    made = [new_id() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert {(one.version, one.variant, one.int & 0b11) for one in made} == {(7, "specified in RFC 4122", 0)}


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

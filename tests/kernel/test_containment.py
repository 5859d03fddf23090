"""JSON containment is judged as PostgreSQL judges `@>`."""

import json
import random

import pytest

from app.db.connection import fetch
from app.kernel.containment import contains, exact_json, nested_items

WHOLE = {
    "id": "a", "amount": {"value": "10.00", "scale": 2}, "tags": ["x", "y", {"k": [1, 2]}], "none": None, "flag": True,
    "n": 0.1,
}  # fmt: skip

CONTAINED = [
    {}, {"id": "a"}, {"amount": {"scale": 2}}, {"amount": {}}, {"tags": []}, {"tags": ["y"]}, {"tags": ["y", "y", "x"]},
    {"tags": [{"k": [2]}]}, {"none": None}, {"flag": True}, {"n": 0.1}, {"amount": {"scale": 2.0}},
]  # fmt: skip
NOT_CONTAINED = [
    {"id": "b"}, {"other": "a"}, {"other": None}, {"amount": "10.00"}, {"amount": {"scale": "2"}}, {"tags": "x"},
    {"tags": {"0": "x"}}, {"tags": ["z"]}, {"tags": [{"k": [3]}]}, {"flag": 1}, {"amount": {"scale": True}},
    {"none": False}, {"none": {}}, {"n": 0.1000000001},
]  # fmt: skip


@pytest.mark.parametrize("part", CONTAINED, ids=str)
def test_finds_what_is_contained(part):
    assert contains(exact_json(WHOLE), exact_json(part))


@pytest.mark.parametrize("part", NOT_CONTAINED, ids=str)
def test_finds_what_is_not(part):
    assert not contains(exact_json(WHOLE), exact_json(part))


def test_looks_each_plain_item_up_at_once():
    """Comparing each with each would be hundreds of millions of comparisons."""
    whole = {"tags": [*range(40_000), "last"]}
    assert contains(whole, {"tags": [*range(40_000)]})
    assert not contains(whole, {"tags": [*range(40_001)]})


@pytest.mark.parametrize(
    ("value", "count"),
    [({"a": {"b": [1, 2]}}, 0), ({"a": [{}, [], 3]}, 2), ({"a": [[[1]]]}, 2), ([{"a": [{}]}], 2), ("a", 0)],
)
def test_counts_the_objects_and_lists_in_lists(value, count):
    assert nested_items(value) == count


LEAVES = (None, True, False, "a", "b", "", "1", 0, 1, 1.0, 0.1, 0.5, -2)


def drawn(numbers, depth):
    """A JSON value, of few different parts so that one often contains another."""
    kind = numbers.random()
    if depth == 0 or kind < 0.4:
        return numbers.choice(LEAVES)
    if kind < 0.7:
        return [drawn(numbers, depth - 1) for _ in range(numbers.randrange(4))]
    return drawn_object(numbers, depth - 1)


def drawn_object(numbers, depth):
    return {key: drawn(numbers, depth) for key in numbers.sample("abc", numbers.randrange(4))}


async def test_agrees_with_postgres_on_any_two_objects(database):
    numbers = random.Random(117)
    pairs = [(drawn_object(numbers, 3), drawn_object(numbers, 2)) for _ in range(20_000)]
    rows = await fetch(
        "SELECT whole::jsonb @> part::jsonb AS is_contained FROM unnest($1::text[], $2::text[]) WITH ORDINALITY"
        " AS pair (whole, part, place) ORDER BY place",
        [json.dumps(whole) for whole, _ in pairs],
        [json.dumps(part) for _, part in pairs],
    )
    expected = [row["is_contained"] for row in rows]
    found = [contains(exact_json(whole), exact_json(part)) for whole, part in pairs]
    assert found == expected
    assert 1_000 < sum(expected) < 19_000

"""What of a JSON Schema counts as a break, for readers of what we send and for writers of what we take."""

import pytest

from releasing.json_schema_changes import Direction, Documents, NotCompared, schema_changes

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def changes(old, new, direction, documents=({}, {})):
    return list(schema_changes(old, new, Documents(*documents), direction, "x"))


def record(required=(), **fields):
    return {"type": "object", "properties": fields, "required": list(required)}


def either(*schemas):
    return {"anyOf": list(schemas)}


SAME = [
    TEXT,
    either(TEXT, {"type": "null"}),
    {"type": ["string", "null"], "format": "uuid"},
    record(["a"], a={"const": "A"}, b={"type": "array", "items": {"enum": ["B", "C"], "type": "string"}}),
    {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
]


@pytest.mark.parametrize("schema", SAME, ids=str)
@pytest.mark.parametrize("direction", Direction)
def test_takes_the_same_for_no_break(schema, direction):
    assert changes(schema, schema, direction) == []


# The older schema, the newer one, what breaks readers of what we send, and writers of what we take.
PAIRS = [
    (record(a=TEXT), record(a=TEXT, b=TEXT), [], []),
    (record(a=TEXT, b=TEXT), record(a=TEXT), ["x.b is gone"], ["x.b is gone"]),
    (record(a=TEXT), record(["a"], a=TEXT), [], ["x.a is required"]),
    (record(["a"], a=TEXT), record(a=TEXT), ["x.a may be absent"], []),
    (record(a=TEXT), record(["b"], a=TEXT, b=TEXT), [], ["x.b is required"]),
    (TEXT, NUMBER, ["x may be integer"], ["x may no longer be string"]),
    (NUMBER, {"type": "number"}, ["x may be number"], []),
    ({"type": "number"}, NUMBER, [], ["x may no longer be number"]),
    (TEXT, either(TEXT, {"type": "null"}), ["x may be null"], []),
    ({"type": ["string", "null"]}, TEXT, [], ["x may no longer be null"]),
    ({"enum": ["A", "B"]}, {"enum": ["A", "B", "C"]}, [], []),
    ({"enum": ["A", "B"]}, {"enum": ["A"]}, ["x is never 'B' any more"], ["x may no longer be 'B'"]),
    ({"const": "A"}, {"const": "B"}, ["x is never 'A' any more"], ["x may no longer be 'A'"]),
    ({"type": "string", "enum": ["A"]}, TEXT, ["x is no longer one of 'A' only"], []),
    (TEXT, {"type": "string", "enum": ["A"]}, [], ["x is no longer one of 'A' only"]),
    ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 10}, ["x has another maxLength"], []),
    ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 8}, [], ["x has another maxLength"]),
    ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}, [], ["x has another minimum"]),
    ({"type": "integer", "minimum": 0}, NUMBER, ["x has another minimum"], []),
    (TEXT, {"type": "string", "pattern": "^a"}, [], ["x has another pattern"]),
    ({"type": "string", "format": "uuid"}, TEXT, ["x has another format"], []),
    ({"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER}, ["x[] may be integer"],
     ["x[] may no longer be string"]),
    (record(), {**record(), "additionalProperties": False}, [], ["x takes no further fields"]),
    ({**record(), "additionalProperties": False}, record(), [], []),
    ({"type": "integer", "default": 5}, {"type": "integer", "default": 6}, [], ["x has another default"]),
    (NUMBER, {"type": "integer", "default": 6}, [], []),
    ({"type": "object", "additionalProperties": TEXT}, {"type": "object", "additionalProperties": NUMBER},
     ["x.* may be integer"], ["x.* may no longer be string"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "of_readers", "of_writers"), PAIRS, ids=str)
def test_tells_readers_and_writers_what_breaks(old, new, of_readers, of_writers):
    assert changes(old, new, Direction.SENT) == of_readers
    assert changes(old, new, Direction.TAKEN) == of_writers


def test_follows_references_in_both_documents():
    old, new = ({"A": record(a=one, next={"$ref": "#/A"})} for one in (TEXT, NUMBER))
    told = changes({"$ref": "#/A"}, {"$ref": "#/A"}, Direction.SENT, documents=(old, new))
    assert told == ["x.a may be integer", "x.next.a may be integer"]


def test_compares_one_schema_in_each_place_where_it_stands():
    """What one place allows among others is not allowed in the next."""
    old = {"A": record(a=TEXT), "B": record(a=NUMBER)}
    new = {"A": record(a=NUMBER)}
    both = record(either=either({"$ref": "#/A"}, {"$ref": "#/B"}), only={"$ref": "#/A"})
    newer = record(either={"$ref": "#/A"}, only={"$ref": "#/A"})
    assert changes(both, newer, Direction.SENT, documents=(old, new)) == ["x.only.a may be integer"]


def test_expects_nothing_of_a_reference_to_what_has_ended():
    assert changes({"$ref": "#/A"}, TEXT, Direction.SENT, documents=({}, {})) == []


def test_refuses_to_compare_words_that_it_does_not_know():
    with pytest.raises(NotCompared, match="unknown keywords: not, prefixItems"):
        changes({"prefixItems": [TEXT], "not": TEXT}, TEXT, Direction.SENT)

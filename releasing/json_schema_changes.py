"""What a newer JSON Schema breaks for those who wrote programs by an older one.

A program that reads what we send (`SENT`) relies on every field, type and value that it knows. One that writes what we
take (`TAKEN`) relies on everything it sends being accepted. In what is sent, new fields and new values of a list are no
break: `docs/versions.md` says so to whoever reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EXACT = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
COMPARED = {
    *("$ref", "type", "enum", "const", "anyOf", "oneOf", "properties", "required", "additionalProperties", "items"),
    *(*LOWER_BOUNDS, *UPPER_BOUNDS, *EXACT, "default"),
}
ONLY_TELL = {"title", "description", "examples", "example", "deprecated", "readOnly", "writeOnly", "$defs"}


class Direction(Enum):
    """Who writes by a schema, and who reads."""

    SENT = "sent by us"
    TAKEN = "taken by us"


@dataclass
class Documents:
    """The two documents whose schemas are compared, which references lead into."""

    old: Schema
    new: Schema
    under_way: set[tuple[int, int]] = field(default_factory=set)
    """Pairs that are being compared, by identity: a schema may contain itself."""


class NotCompared(Exception):
    """A schema uses a word that this comparison does not know: teach it, so that no change goes unseen."""


def schema_changes(old: Schema, new: Schema, documents: Documents, direction: Direction, place: str) -> Iterator[str]:
    """Each break, in words that begin with its place.

    :raises NotCompared: one of them has a keyword that is not known here.
    """
    pair = (id(old), id(new))
    if pair in documents.under_way:
        return
    documents.under_way.add(pair)
    try:
        old_ones, new_ones = _alternatives(old, documents.old), _alternatives(new, documents.new)
        if old_ones:  # Else it referred to what was deprecated, and has ended.
            yield from _alternative_changes(old_ones, new_ones, documents, direction, place)
            yield from _default_changes(old, new, direction, place)
    finally:
        documents.under_way.remove(pair)


def _alternatives(schema: Schema, document: Schema) -> list[Schema]:
    """The schemas of which a value fits one, each of one type at most and without a reference."""
    unknown = schema.keys() - COMPARED - ONLY_TELL
    if unknown:
        raise NotCompared(f"unknown keywords: {', '.join(sorted(unknown))}")
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        return [] if found is None else _alternatives(found, document)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return [inner for one in schema[word] for inner in _alternatives(one, document)]
    types = schema.get("type")
    if isinstance(types, list):
        return [{**schema, "type": one} for one in types]
    return [schema]


def _alternative_changes(
    old_ones: list[Schema], new_ones: list[Schema], documents: Documents, direction: Direction, place: str
) -> Iterator[str]:
    """Whether each schema that may be written by has one that it is read by."""
    written, read = (new_ones, old_ones) if direction is Direction.SENT else (old_ones, new_ones)
    for one in written:
        found = [[*_pair_changes(one, other, documents, direction, place)] for other in read if _same_type(one, other)]
        if not found:
            said = "may be" if direction is Direction.SENT else "may no longer be"
            yield f"{place} {said} {_type_of(one)}"
        elif all(found):
            yield from min(found, key=len)
    if direction is Direction.SENT:
        for value in sorted(_values(old_ones) - _values(new_ones)):
            if all("enum" in one or "const" in one or one.get("type") == "null" for one in new_ones):
                yield f"{place} is never {value} any more"


def _pair_changes(
    written: Schema, read: Schema, documents: Documents, direction: Direction, place: str
) -> Iterator[str]:
    yield from _bound_changes(written, read, place)
    yield from _value_changes(written, read, direction, place)
    if read.get("type") == "object":
        yield from _object_changes(written, read, documents, direction, place)
    if read.get("type") == "array" and "items" in read:
        old, new = _in_order(written.get("items", {}), read["items"], direction)
        yield from schema_changes(old, new, documents, direction, f"{place}[]")


def _in_order(written: Schema, read: Schema, direction: Direction) -> tuple[Schema, Schema]:
    """The older schema first."""
    return (read, written) if direction is Direction.SENT else (written, read)


def _type_of(schema: Schema) -> str:
    return str(schema.get("type", "anything"))


def _same_type(written: Schema, read: Schema) -> bool:
    types = (written.get("type"), read.get("type"))
    return types[1] in {None, types[0]} or types == ("integer", "number")


def _bound_changes(written: Schema, read: Schema, place: str) -> Iterator[str]:
    for word in LOWER_BOUNDS:
        if word in read and written.get(word, float("-inf")) < read[word]:
            yield f"{place} has another {word}"
    for word in UPPER_BOUNDS:
        if word in read and written.get(word, float("inf")) > read[word]:
            yield f"{place} has another {word}"
    for word in EXACT:
        if word in read and written.get(word) != read[word]:
            yield f"{place} has another {word}"


def _values(schemas: list[Schema]) -> set[str]:
    return {
        repr(value) for one in schemas for value in [*one.get("enum", ()), *([one["const"]] if "const" in one else ())]
    }


def _value_changes(written: Schema, read: Schema, direction: Direction, place: str) -> Iterator[str]:
    taken = _values([read])
    if not taken:
        return
    if not _values([written]):
        yield f"{place} is no longer one of {', '.join(sorted(taken))} only"
    elif direction is Direction.TAKEN:
        for value in sorted(_values([written]) - taken):
            yield f"{place} may no longer be {value}"


def _object_changes(
    written: Schema, read: Schema, documents: Documents, direction: Direction, place: str
) -> Iterator[str]:
    fields_written, fields_read = written.get("properties", {}), read.get("properties", {})
    old, new = _in_order(written, read, direction)
    for name in old.get("properties", {}):
        if name not in new.get("properties", {}):
            yield f"{place}.{name} is gone"
    for name in read.get("required", ()):
        if name not in written.get("required", ()):
            said = "may be absent" if direction is Direction.SENT else "is required"
            yield f"{place}.{name} {said}"
    for name in [name for name in fields_read if name in fields_written]:
        pair = _in_order(fields_written[name], fields_read[name], direction)
        yield from schema_changes(*pair, documents, direction, f"{place}.{name}")
    yield from _further_field_changes(written, read, documents, direction, place)


def _further_field_changes(
    written: Schema, read: Schema, documents: Documents, direction: Direction, place: str
) -> Iterator[str]:
    """What is said of fields that have no name in the schema."""
    further_written, further_read = written.get("additionalProperties", True), read.get("additionalProperties", True)
    if further_read is False:
        if direction is Direction.TAKEN and further_written is not False:
            yield f"{place} takes no further fields"
    elif isinstance(further_read, Mapping) and further_written is not False:
        values_written = further_written if isinstance(further_written, Mapping) else {}
        pair = _in_order(values_written, further_read, direction)
        yield from schema_changes(*pair, documents, direction, f"{place}.*")


def _default_changes(old: Schema, new: Schema, direction: Direction, place: str) -> Iterator[str]:
    if direction is Direction.TAKEN and "default" in old and new.get("default") != old["default"]:
        yield f"{place} has another default"

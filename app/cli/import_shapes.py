"""Whether what a line says fits the input type of its mutation, told in the words of the file."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    is_input_object_type,
    is_non_null_type,
    is_required_input_field,
)

from app.cli.import_lines import SHOWN_CHARACTERS_MAX, VALIDATION, Fault

INT_MAX = 2**31
_SHAPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "Boolean": (bool, "true or false"),
    "Int": (int, "a whole number"),
    "Float": ((int, float), "a number"),
}
ANYTHING = "JSON"


def shape_fault(value: Mapping[str, Any], of: GraphQLInputObjectType) -> Fault | None:
    """The first thing that does not fit; None where all does."""
    return next(_faults(value, of, ()), None)


def _faults(value: Any, of: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    """All that does not fit. A null is taken for a field that was left out."""
    if is_non_null_type(of):
        of = of.of_type
    match of:
        case GraphQLList() if isinstance(value, list):
            for place, item in enumerate(value):
                yield from _faults(item, of.of_type, (*path, str(place)))
        case GraphQLList():  # One item may stand for a list of it.
            yield from _faults(value, of.of_type, path)
        case GraphQLInputObjectType() if isinstance(value, Mapping):
            yield from _faults_of_object({name: part for name, part in value.items() if part is not None}, of, path)
        case GraphQLInputObjectType():
            yield _fault(path, "has fields of its own: write them in braces")
        case GraphQLEnumType():
            if not isinstance(value, str) or value not in of.values:
                yield _fault(path, f"is one of {', '.join(of.values)}")
        case GraphQLNamedType():
            yield from _faults_of_scalar(value, of.name, path)


def _faults_of_object(value: dict[str, Any], of: GraphQLInputObjectType, path: tuple[str, ...]) -> Iterator[Fault]:
    for name in (name for name in value if name not in of.fields):
        meant = get_close_matches(name[:SHOWN_CHARACTERS_MAX], of.fields, n=1)
        known = f"Did you mean `{meant[0]}`?" if meant else f"There are: {', '.join(sorted(of.fields))}."
        shown = name[:SHOWN_CHARACTERS_MAX]
        yield Fault(VALIDATION, f"There is no field `{shown}` here. {known}", (*path, shown))
    if of.is_one_of and len(value) != 1:
        yield _fault(path, f"is one of {', '.join(of.fields)}: give exactly one of them")
    for name, field in of.fields.items():
        if name in value:
            yield from _faults(value[name], field.type, (*path, name))
        elif is_required_input_field(field):
            below = f", with {', '.join(_needed(field.type))}" if _needed(field.type) else ""
            yield _fault((*path, name), f"is missing{below}")


def _needed(of: GraphQLNonNull[Any]) -> list[str]:
    """The fields that an object must have."""
    inner = of.of_type
    if not is_input_object_type(inner):
        return []
    return [name for name, field in inner.fields.items() if is_required_input_field(field)]


def _faults_of_scalar(value: Any, name: str, path: tuple[str, ...]) -> Iterator[Fault]:
    if name == ANYTHING:
        return
    wanted, words = _SHAPES.get(name, (str, "a text: write it in quotes"))
    fits = isinstance(value, wanted) and isinstance(value, bool) is (wanted is bool)
    if not fits or (name == "Int" and abs(value) >= INT_MAX):
        yield _fault(path, f"is {words}")


def _fault(path: tuple[str, ...], what: str) -> Fault:
    return Fault(VALIDATION, f"`{'.'.join(path)}` {what}.", path)

"""Whether each deprecation of the API says since when and what to use instead, and keeps to what it once said."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from graphql import (
    EnumTypeDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
)
from graphql.language import Node as GraphQLNode
from graphql.utilities import resolve_schema_coordinate

from releasing.deprecations import HOW_TO_SAY_IT, Deprecation, deprecated_parts, read_deprecation
from releasing.graphql_changes import reason_of
from releasing.snapshot import Snapshot


def deprecation_faults(snapshot: Snapshot, before: Snapshot | None, released: date | None) -> Iterator[str]:
    """What is wrong with the deprecations of a snapshot, in words that begin with their places.

    :param before: the last release, none for the first one. `released` is its date.
    """
    texts = dict(_reasons(snapshot))
    earlier = {} if before is None else {place: read_deprecation(text) for place, text in _reasons(before)}
    for place, text in texts.items():
        told = read_deprecation(text)
        if told is None:
            yield f"{place}: {HOW_TO_SAY_IT}"
            continue
        if not _is_there(told.replacement, place, snapshot):
            yield f"{place}: there is no `{told.replacement}` to use instead"
        known = earlier.get(place)
        if known is not None and told.since < known.since:
            yield f"{place}: it was deprecated since {known.since} before, so it cannot end earlier"
        if known is None and released is not None and told.since < released:
            yield f"{place}: no release before {released} said that it is deprecated, so it begins after that"


def deprecations(snapshot: Snapshot) -> Iterator[tuple[str, Deprecation]]:
    """Each deprecation that is well said, by its place."""
    for place, text in _reasons(snapshot):
        told = read_deprecation(text)
        if told is not None:
            yield place, told


def _reasons(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The place of each deprecation, and the text that must say more of it."""
    for definition in parse(snapshot.graphql).definitions:
        if isinstance(
            definition,
            ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | InputObjectTypeDefinitionNode,
        ):
            for field in definition.fields or ():
                yield from _reason(field, f"GraphQL {definition.name.value}.{field.name.value}")
                for argument in getattr(field, "arguments", None) or ():
                    place = f"GraphQL {definition.name.value}.{field.name.value}({argument.name.value}:)"
                    yield from _reason(argument, place)
        elif isinstance(definition, EnumTypeDefinitionNode):
            for value in definition.values or ():
                yield from _reason(value, f"GraphQL {definition.name.value}.{value.name.value}")
    for name, document in (("REST", snapshot.openapi), ("events", snapshot.events)):
        for place, part in deprecated_parts(document):
            yield f"{name} {place}", part.get("description", "")


def _reason(node: GraphQLNode, place: str) -> Iterator[tuple[str, str]]:
    reason = reason_of(node)
    if reason is not None:
        yield place, reason


def _is_there(replacement: str, place: str, snapshot: Snapshot) -> bool:
    """Whether there is such a thing: of GraphQL by its coordinate, or by its name beside the place."""
    document, _, where = place.partition(" ")
    if document == "GraphQL":
        schema = build_schema(snapshot.graphql, assume_valid=True)
        beside = _beside(where, replacement)
        return any(_resolves(schema, one) for one in (replacement, *beside))
    return replacement in _names(snapshot.openapi if document == "REST" else snapshot.events)


def _beside(where: str, name: str) -> list[str]:
    parent, bracket, _ = where.partition("(")
    if bracket:
        return [f"{parent}({name}:)"]
    return [f"{where.split('.', maxsplit=1)[0]}.{name}", f"Query.{name}", f"Mutation.{name}"]


def _resolves(schema: Any, coordinate: str) -> bool:
    try:
        return resolve_schema_coordinate(schema, coordinate) is not None
    except Exception:  # noqa: BLE001 - no coordinate at all, or of a type that is not there
        return False


def _names(value: Any) -> set[str]:
    """Every key of a document, and every name that its parts give themselves."""
    if isinstance(value, dict):
        own = {value[word] for word in ("name", "operationId") if isinstance(value.get(word), str)}
        return {*value, *own}.union(*(_names(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(_names(one) for one in value))
    return set()

"""The checks that generated code makes on values; each raises where graphql-core must take over."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from inspect import iscoroutinefunction
from types import CoroutineType, GeneratorType, NoneType
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)
from strawberry.types.base import StrawberryObjectDefinition

from app.api.graphql.execution.upstream import (
    UndefinedType,
    class_of_enum,
    definition_of_class,
    definition_of_type,
    get_strawberry_type_cast,
)

CLASSES_KNOWN_MAX = 64

Complete = Callable[[Any], Any]
"""From a resolved value to its part of the response; raises on anything unusual, having changed nothing."""

_LEAVES = frozenset({str, int, float, bool, dict, list, tuple, bytes, dt.datetime, dt.date, dt.time, Decimal, UUID})
_NEVER = (BaseException, NoneType, UndefinedType, CoroutineType, GeneratorType, dict)


class Unusual(Exception):
    """This selection is not for generated code."""


class UnusualValue(Exception):
    """This value is not for generated code."""


def checked_leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    """The leaf's own coercion; it raises on unusual values, and where the result is None."""
    coerce = type_.coerce_output_value

    def leaf(value: Any) -> Any:
        if value.__class__ not in _LEAVES:
            raise UnusualValue
        coerced = coerce(value)
        if coerced is None:
            raise UnusualValue
        return coerced

    return leaf


def enum_names(type_: GraphQLEnumType) -> dict[Any, str] | None:
    """GraphQL names by member, or None if the members are not known."""
    members = class_of_enum(type_)
    if members is None:
        return None
    try:
        return {members(value.value): name for name, value in type_.values.items()}
    except (ValueError, TypeError):
        return None


def admission(origins: tuple[type, ...]) -> tuple[set[type], Callable[[type], None]]:
    """The classes known to pass, and a function that checks others. They must be of `origins`, where there are any."""
    known: set[type] = set()

    def admit(class_: type) -> None:
        if issubclass(class_, _NEVER) or hasattr(class_, "__await__"):
            raise UnusualValue
        if origins and not issubclass(class_, origins):
            raise UnusualValue
        if len(known) < CLASSES_KNOWN_MAX:
            known.add(class_)

    return known, admit


class Dispatch:
    """Completes values of a union or an interface by their class. Each class is looked up once and kept in `known`:
    None if the class alone does not tell the type. A call completes values of any class.
    """

    __slots__ = ("_complete", "_probed", "_types", "known")

    def __init__(
        self,
        schema: GraphQLSchema,
        type_: GraphQLInterfaceType | GraphQLUnionType,
        complete: Callable[[GraphQLObjectType], Complete | None],
    ) -> None:
        definition = definition_of_type(type_)
        if definition is None or getattr(definition, "resolve_type", None) is not None:
            raise Unusual
        self._complete = complete
        self._types: list[GraphQLObjectType] = list(schema.get_possible_types(type_))
        if any(iscoroutinefunction(possible.is_type_of) for possible in self._types):
            raise Unusual
        self._probed = tuple(possible for possible in self._types if possible.is_type_of is not None)
        self.known: dict[type, Complete | None] = {}

    def __call__(self, value: Any) -> Any:
        """Complete a non-null value."""
        if get_strawberry_type_cast(value) is not None:
            raise UnusualValue
        class_ = value.__class__
        complete = self.known.get(class_)
        if complete is not None:
            return complete(value)
        if class_ not in self.known and len(self.known) < CLASSES_KNOWN_MAX:
            complete = self.known[class_] = self._of_class(class_)
            if complete is not None:
                return complete(value)
        return self._probe(value, class_)

    def _of_class(self, class_: type) -> Complete | None:
        """Strawberry's own classes are the type that they define."""
        definition = definition_of_class(class_)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.origin is not class_:
            return None
        for possible in self._types:
            if definition_of_type(possible) is definition:
                return self._complete(possible)
        return None

    def _probe(self, value: Any, class_: type) -> Any:
        """Other classes are tried in the types' order, as graphql-core does."""
        if issubclass(class_, _NEVER) or definition_of_class(class_) is not None or hasattr(class_, "__await__"):
            raise UnusualValue
        for possible in self._probed:
            assert possible.is_type_of is not None
            if possible.is_type_of(value, None) is True:  # type: ignore[arg-type]
                complete = self._complete(possible)
                if complete is None:
                    break
                return complete(value)
        raise UnusualValue

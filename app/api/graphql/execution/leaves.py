"""Source for scalars that are already in their final form, which most are: `{v}` is the variable, and a value of any
other form goes to the checking function `{c}`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLScalarType, GraphQLString

Coerce = TypeVar("Coerce", bound=Callable[..., Any])

NAMES: dict[str, Any] = {"datetime": datetime, "UTC": UTC}
"""Names that the source below uses."""

_TEXT = "({v} if {v}.__class__ is str else {c}({v}))"
_BUILT_IN = {
    GraphQLString: _TEXT,
    GraphQLID: _TEXT,
    GraphQLBoolean: "({v} if {v}.__class__ is bool else {c}({v}))",
    GraphQLInt: "({v} if {v}.__class__ is int and -2147483648 <= {v} <= 2147483647 else {c}({v}))",
    GraphQLFloat: "{c}({v})",
}

_FINAL = "already_final"


def unchanged(final: str) -> Callable[[Coerce], Coerce]:
    """Declare which values a scalar's coercing function returns unchanged: `@unchanged("{v}.__class__ is str")`."""

    def decorate(coerce: Coerce) -> Coerce:
        setattr(coerce, _FINAL, final)
        return coerce

    return decorate


def output_source(type_: GraphQLScalarType) -> str:
    """Source for a value of ours that is sent to the client."""
    return _BUILT_IN.get(type_) or _source(type_.coerce_output_value)


def input_source(type_: GraphQLScalarType) -> str:
    """Source for a JSON value that a client sent."""
    return _BUILT_IN.get(type_) or _source(type_.coerce_input_value)


def _source(coerce: Callable[..., Any]) -> str:
    final = getattr(coerce, _FINAL, None)
    return "{c}({v})" if final is None else f"({{v}} if {final} else {{c}}({{v}}))"

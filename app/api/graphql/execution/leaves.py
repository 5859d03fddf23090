"""Source for scalars that are already in their final form, which most are: `{v}` is the variable, and a value of any
other form goes to the checking function `{c}`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLScalarType, GraphQLString

from app.api.graphql.scalars import DATE, DATE_TIME, DECIMAL, JSON

NAMES: dict[str, Any] = {"datetime": datetime, "UTC": UTC}
"""What the source below names."""

_TEXT = "({v} if {v}.__class__ is str else {c}({v}))"
_BUILT_IN = {
    GraphQLString: _TEXT,
    GraphQLID: _TEXT,
    GraphQLBoolean: "({v} if {v}.__class__ is bool else {c}({v}))",
    GraphQLInt: "({v} if {v}.__class__ is int and -2147483648 <= {v} <= 2147483647 else {c}({v}))",
    GraphQLFloat: "{c}({v})",
}

# Scalars of ours by the functions that coerce them: another schema may have others of the same name.
_OUTPUTS: dict[Callable[..., Any] | None, str] = {
    DECIMAL.serialize: _TEXT,
    JSON.serialize: "({v} if {v}.__class__ is dict else {c}({v}))",
    # Encoding JSON writes such an instant seven times as fast as Python does, and the same.
    DATE_TIME.serialize: "({v} if {v}.__class__ is datetime and {v}.tzinfo is UTC and {v}.microsecond else {c}({v}))",
}
_INPUTS: dict[Callable[..., Any] | None, str] = {
    DECIMAL.parse_value: _TEXT,
    DATE_TIME.parse_value: _TEXT,
    DATE.parse_value: _TEXT,
    JSON.parse_value: "({v} if {v} is not None else {c}({v}))",
}


def output_source(type_: GraphQLScalarType) -> str:
    """For a value of ours that is to be answered."""
    return _BUILT_IN.get(type_) or _OUTPUTS.get(type_.coerce_output_value, "{c}({v})")


def input_source(type_: GraphQLScalarType) -> str:
    """For a JSON value that a client gave."""
    return _BUILT_IN.get(type_) or _INPUTS.get(type_.coerce_input_value, "{c}({v})")

"""The custom scalars. Inputs stay text: the verb refuses a bad one with its path, so that it cannot fail its neighbors.

A wrong JSON type (a number for a Decimal) is a request error: no verb is reached.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NewType

import strawberry
from graphql import FloatValueNode, ListValueNode, ObjectValueNode, ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from app.api.graphql.execution.leaves import unchanged
from app.kernel.checks import exact_number
from app.kernel.clock import rfc3339

DateTimeText = NewType("DateTimeText", str)
"""An instant as the caller wrote it. For inputs; outputs are annotated `datetime.datetime`."""

DateText = NewType("DateText", str)
"""A day as the caller wrote it. For inputs; outputs are annotated `datetime.date`."""

DecimalText = NewType("DecimalText", str)
"""An exact decimal as text, for inputs and outputs: `10.00`."""

JSONValue = NewType("JSONValue", object)
"""Any JSON value, for inputs and outputs."""


def _text(name: str, example: str) -> Any:
    @unchanged("{v}.__class__ is str")
    def parse(value: object) -> str:
        if isinstance(value, str):
            return value
        message = f"{name} must be a string, such as {example}."
        raise StrawberryInputCoercionError(message)

    return parse


# The JSON encoder writes the same text for such an instant as Python does, seven times as fast.
@unchanged("{v}.__class__ is datetime and {v}.tzinfo is UTC and {v}.microsecond")
def _instant(value: object) -> str:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return rfc3339(value)
    message = f"DateTime cannot represent {value!r}: it must be an aware datetime."
    raise TypeError(message)


def _day(value: object) -> str:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    message = f"Date cannot represent {value!r}: it must be a date."
    raise TypeError(message)


@unchanged("{v}.__class__ is str")
def _decimal(value: object) -> str:
    if isinstance(value, str):
        return value
    message = f"Decimal cannot represent {value!r}: it must already be text."
    raise TypeError(message)


@unchanged("{v}.__class__ is dict")
def _answered_json(value: Any) -> Any:
    return value


@unchanged("{v} is not None")
def _given_json(value: Any) -> Any:
    return value


def _json_literal(node: ValueNode, variables: Any = None) -> Any:
    """A JSON value written in a document. A number that a double does not hold exactly stays a decimal."""
    match node:
        case FloatValueNode():
            return exact_number(node.value)
        case ListValueNode():
            return [_json_literal(item, variables) for item in node.values]
        case ObjectValueNode():
            return {field.name.value: _json_literal(field.value, variables) for field in node.fields}
    return value_from_ast_untyped(node, variables)


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="RFC 3339, UTC, microseconds: `2026-11-20T12:00:00.123456Z`.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time",
    serialize=_instant,
    parse_value=_text("DateTime", '"2026-11-20T12:00:00Z"'),
)

DATE = strawberry.scalar(
    name="Date",
    description="A day: `1987-04-01`.",
    serialize=_day,
    parse_value=_text("Date", '"1987-04-01"'),
)

DECIMAL = strawberry.scalar(
    name="Decimal",
    description='Exact decimal as a string, at most 38 digits; never a float: `"1234.56"`.',
    serialize=_decimal,
    parse_value=_text("Decimal", '"1234.56"'),
)

JSON = strawberry.scalar(
    name="JSON",
    description='Any JSON value: `{"invoice": "2026-117"}`.',
    serialize=_answered_json,
    parse_value=_given_json,
    parse_literal=_json_literal,
)

SCALAR_MAP: Mapping[object, ScalarDefinition] = {
    dt.datetime: DATE_TIME,
    DateTimeText: DATE_TIME,
    dt.date: DATE,
    DateText: DATE,
    DecimalText: DECIMAL,
    JSONValue: JSON,
}
"""For `StrawberryConfig(scalar_map=…)`: which Python types are which scalars."""

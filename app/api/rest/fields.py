"""Kinds of fields of requests and answers, and how the OpenAPI document describes them."""

import re
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.kernel.checks import METADATA_BYTES_MAX, PAGE_SIZE_MAX, exact_number
from app.kernel.money import decimal_text

EXAMPLE_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"
EXAMPLE_INSTANT = "2026-11-20T12:00:00.123456Z"
DIGITS_SHOWN_MAX = 100
PAGE_SIZE = 50

_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


def _amount_text(sent: Any) -> str:
    match sent:
        case bool():
            pass
        case int():
            return str(sent)
        # A number written with an exponent can be longer than memory; no amount is that long.
        case Decimal() if sent.is_finite() and abs(sent.adjusted()) < DIGITS_SHOWN_MAX:
            return format(sent, "f")
        case Decimal():
            raise PydanticCustomError("amount", "An amount has at most 38 digits.")
    raise PydanticCustomError("amount", "An amount is a JSON number, like 10.00: no text and no true or false.")


def _metadata(sent: Any) -> Any:
    """Metadata as every door passes them on: numbers are doubles, or decimals where a double is not exact."""
    match sent:
        case Decimal():
            return exact_number(str(sent))
        case dict():
            return {name: _metadata(value) for name, value in sent.items()}
        case list():
            return [_metadata(value) for value in sent]
    return sent


def _whole_number(sent: Any) -> Any:
    """2.0 is a whole number, too, by JSON Schema and at every other door."""
    is_whole = isinstance(sent, Decimal) and sent.is_finite() and abs(sent.adjusted()) < DIGITS_SHOWN_MAX
    return int(sent) if is_whole and sent == sent.to_integral_value() else sent


def _page_size(sent: Any) -> int:
    if isinstance(sent, str) and _DIGITS.fullmatch(sent) and 1 <= int(sent) <= PAGE_SIZE_MAX:
        return int(sent)
    raise PydanticCustomError("page_size", f"A page has between 1 and {PAGE_SIZE_MAX:,} items.")


Id = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid", "examples": [EXAMPLE_ID]})]
"""An identifier, as 36 characters."""

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time", "examples": [EXAMPLE_INSTANT]})]

DateOrInstant = Annotated[
    str,
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}],
            "examples": ["2026-11-20", EXAMPLE_INSTANT],
        }
    ),
]

Text = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255})]

Country = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["GB"]})]
"""An ISO 3166-1 alpha-2 code."""

AmountNumber = Annotated[
    str, BeforeValidator(_amount_text), WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "examples": [10.5]})
]
"""An amount in major units, read as an exact decimal."""

LimitNumber = Annotated[
    str, BeforeValidator(_amount_text), WithJsonSchema({"type": "number", "minimum": 0, "examples": [250.0]})
]
"""Like an amount, but may be zero."""

WholeNumber = Annotated[int, BeforeValidator(_whole_number)]

MetadataObject = Annotated[
    Any,
    BeforeValidator(_metadata),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": f"Your own fields, at most {METADATA_BYTES_MAX:,} bytes.",
            "examples": [{"foo": "bar"}],
        }
    ),
]

PageSize = Annotated[
    int,
    BeforeValidator(_page_size),
    Field(default=PAGE_SIZE, validate_default=False, description="How many at most."),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE}),
]

JsonNumber = Annotated[Any, WithJsonSchema({"type": "number", "examples": [10.5]})]
"""An exact decimal, written as a JSON number."""

ToldInstant = Annotated[Any, WithJsonSchema({"type": "string", "format": "date-time", "examples": [EXAMPLE_INSTANT]})]
ToldDate = Annotated[Any, WithJsonSchema({"type": "string", "format": "date", "examples": ["1987-04-01"]})]
ToldMetadata = Annotated[
    dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True, "examples": [{"foo": "bar"}]})
]


def number_of(minor_units: int, scale: int) -> orjson.Fragment:
    """An amount of minor units in major units, exactly: `10.5` with all its decimals, `10.50`."""
    return orjson.Fragment(decimal_text(minor_units, scale))

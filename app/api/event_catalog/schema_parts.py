"""The parts that schemas of events are made of. Every field is always there; what may be empty is null."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
VERSION: Schema = {"type": "integer", "minimum": 1}
ID: Schema = {"type": "string", "format": "uuid"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
METADATA: Schema = {"type": "object", "description": "Your own fields."}
AMOUNT_TEXT: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
WHOLE_TEXT: Schema = {"type": "string", "pattern": "^-?[0-9]+$"}


def record(**fields: Schema) -> Schema:
    """An object that has exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def each(schema: Schema, *names: str) -> dict[str, Schema]:
    """Several fields of one kind."""
    return dict.fromkeys(names, schema)


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if isinstance(schema.get("type"), str) and not {"enum", "const", "properties"} & schema.keys():
        return {**schema, "type": [schema["type"], "null"]}
    return {"oneOf": [schema, {"type": "null"}]}


def one_of(values: type[StrEnum] | Iterable[str]) -> Schema:
    """One of these texts."""
    return {"type": "string", "enum": [str(value) for value in values]}


def only(value: str) -> Schema:
    """This text."""
    return {"type": "string", "const": value}


def list_of(schema: Schema) -> Schema:
    """A list of such."""
    return {"type": "array", "items": schema}


MONEY: Schema = {
    **record(value=AMOUNT_TEXT, minor_units=WHOLE_TEXT, asset=TEXT, scale=COUNT),
    "description": "An exact amount: as a decimal, and in minor units.",
}
FREEZE_OR_NONE: Schema = or_null(record(scope=one_of(("DEBITS", "CREDITS", "ALL")), reason=TEXT, frozen_at=INSTANT))

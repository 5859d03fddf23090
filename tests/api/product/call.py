"""How a field of the product's schema is called, what it may reach, and which scope it needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REFUSAL = "__typename ... on Error { code message path } ... on ForbiddenError { requiredScope }"

FOUND_NOTHING = "found nothing"


@dataclass(frozen=True)
class Call:
    """One way to call a field. `document` has the field under the alias `answer`; `variables` come from somebody's ids.

    `missing` is what a caller gets who has none of these objects: None, [] (an empty page), `FOUND_NOTHING`,
    `NotFoundError`, `VALIDATION` (within an object of its own they cannot be meant), or `...` where the field reaches
    nobody's objects by an id.
    """

    document: str
    variables: Callable[[Any], dict] = lambda ids: {}
    missing: Any = ...


@dataclass(frozen=True)
class Example:
    """How a field is called; `scope` is None where it needs none of its own."""

    scope: str | None
    calls: list[Call] = field(default_factory=list)


def query(signature, text, variables=lambda ids: {}, missing=...):
    return Call(f"query {signature} {{ answer: {text} }}", variables, missing)


def mutation(signature, text, variables, missing="NotFoundError"):
    return Call(f"mutation {signature} {{ answer: {text} {{ {REFUSAL} }} }}", variables, missing)


def by_input(name, type_name=None, /, **variables):
    """A mutation of one `input`, whose values are taken from the ids where they are names of them."""
    type_name = type_name or name[0].upper() + name[1:] + "Input"

    def filled(ids):
        return {"input": {key: value(ids) if callable(value) else value for key, value in variables.items()}}

    takes_ids = any(callable(value) for value in variables.values())
    return mutation(f"($input: {type_name}!)", f"{name}(input: $input)", filled, "NotFoundError" if takes_ids else ...)


A_POUND = {"value": "1.00", "asset": "GBP"}
A_WALLET = {"name": "spare", "currency": "EUR", "accountingType": "LIABILITY", "decimalPlaces": 2}

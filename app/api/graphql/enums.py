"""Enums of the kernel and the nouns as GraphQL enums, with every value described."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import strawberry

from app.api.graphql.execution.upstream import definition_of_class

Described = TypeVar("Described", bound=type[StrEnum])


def described_enum(
    enum: Described, description: str, values: Mapping[StrEnum, str], *, name: str | None = None
) -> Described:
    """Register `enum` with strawberry, under its own name unless another is given.

    :raises ValueError: when a value lacks its description.
    """
    missing = [member.value for member in enum if member not in values]
    if missing:
        raise ValueError(f"{enum.__name__} lacks descriptions of {', '.join(missing)}.")
    registered = strawberry.enum(enum, name=name, description=description)
    for value in definition_of_class(registered).values:
        value.description = values[enum(value.value)]
    return registered

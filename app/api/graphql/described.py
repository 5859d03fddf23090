"""Whatever the schema has, with its description: each of these takes it first, and nothing is left without one."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform

import strawberry

from app.api.graphql.execution.cost import LARGE, LENGTH, WORK
from app.api.graphql.execution.reads import READS_SEVERAL_TIMES
from app.api.graphql.execution.upstream import definition_of_class
from app.api.graphql.readable_answers import NEEDS

Type = TypeVar("Type", bound=type)
Enum = TypeVar("Enum", bound=type[StrEnum])


def described(
    description: str,
    *,
    needs: str | None = None,
    length: int | None = None,
    work: int | None = None,
    large: bool = False,
    reads_several_times: bool = False,
    **options: Any,
) -> Any:
    """A field of a type or an input, or the decorator of its resolver.

    `needs` is the scope that it takes. What the engine charges for it: `length` is how long a list without pages can
    be, `work` how many objects it costs beside those that it answers, and `large` that its text can be long. With
    `reads_several_times` its resolver runs several statements, so it reads from a snapshot.
    """
    told = {NEEDS: needs, LENGTH: length, WORK: work, LARGE: large, READS_SEVERAL_TIMES: reads_several_times}
    metadata = {name: value for name, value in told.items() if value}
    return strawberry.field(description=description, metadata=metadata, **options)


def optional(description: str) -> Any:
    """A field of an input that may be left out. Null means the same."""
    return strawberry.field(default=None, description=description)


def argument(description: str, *, name: str | None = None) -> object:
    """For an argument's `Annotated`. `name` is its own, where Python takes that for something else."""
    return strawberry.argument(description=description, name=name)


def union(name: str, description: str) -> object:
    """For a union's `Annotated`."""
    return strawberry.union(name, description=description)


@dataclass_transform(kw_only_default=True, field_specifiers=(described,))
def described_type(description: str) -> Callable[[Type], Type]:
    """The decorator of a type that is answered."""
    return strawberry.type(description=description)


@dataclass_transform(kw_only_default=True, field_specifiers=(described,))
def described_input(description: str, *, one_of: bool = False) -> Callable[[Type], Type]:
    """The decorator of an input. With `one_of`, exactly one of its fields must be given."""
    return strawberry.input(description=description, one_of=one_of)


def described_enum(enum: Enum, description: str, values: Mapping[StrEnum, str], *, name: str | None = None) -> Enum:
    """Register `enum` with strawberry, under its own name unless another is given, with every value described.

    :raises ValueError: when a value lacks its description.
    """
    missing = [member.value for member in enum if member not in values]
    if missing:
        raise ValueError(f"{enum.__name__} lacks descriptions of {', '.join(missing)}.")
    registered = strawberry.enum(enum, name=name, description=description)
    for value in definition_of_class(registered).values:
        value.description = values[enum(value.value)]
    return registered

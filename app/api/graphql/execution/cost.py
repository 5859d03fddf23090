"""How many objects an operation can answer with: page sizes multiplied along the way down.

Page sizes may come from variables, so a document's cost is kept as a sum to evaluate per request.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    IntValueNode,
    ListValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)

PAGE_ARGUMENTS = ("first", "last")
LIST_ARGUMENTS = ("ids",)
PAGE_SIZE_ASSUMED = 50
PAGE_SIZE_MAX = 1_000  # Greater ones are refused by the verb, with their path: they cost no more than this.
LIST_LENGTH_ASSUMED = 5
COST_CAP = 1 << 40


class Cost:
    """`fixed + times * sum(parts)`; what a fragment costs is one shared part, so evaluation is linear in the text."""

    __slots__ = ("fixed", "parts", "times")

    def __init__(self, fixed: int = 0, times: "int | tuple[str, int]" = 1) -> None:
        self.fixed = fixed
        self.times = times
        self.parts: list[Cost] = []

    def add(self, part: "Cost") -> None:
        """Count `part` in; constants are folded at once."""
        if not part.parts and isinstance(part.times, int) and self.times == 1:
            self.fixed = min(self.fixed + part.fixed, COST_CAP)
        elif part.fixed or part.parts:
            self.parts.append(part)

    @property
    def varies(self) -> bool:
        """Whether it depends on variables at all."""
        return _varies(self, {})

    def evaluate(self, variables: Mapping[str, Any]) -> int:
        """The number of objects, with these page sizes."""
        return _evaluate(self, variables, {})


def _varies(cost: Cost, known: dict[int, bool]) -> bool:
    value = known.get(id(cost))
    if value is None:
        value = known[id(cost)] = not isinstance(cost.times, int) or any(_varies(part, known) for part in cost.parts)
    return value


def _evaluate(cost: Cost, variables: Mapping[str, Any], known: dict[int, int]) -> int:
    value = known.get(id(cost))
    if value is None:
        inner = sum(_evaluate(part, variables, known) for part in cost.parts)
        value = known[id(cost)] = min(cost.fixed + _times(cost.times, variables) * inner, COST_CAP)
    return value


def _times(times: "int | tuple[str, int]", variables: Mapping[str, Any]) -> int:
    if isinstance(times, int):
        return times
    name, otherwise = times
    given = variables.get(name, otherwise)
    if isinstance(given, list):
        return _bounded(len(given))
    return _bounded(given) if isinstance(given, int) else otherwise


def field_cost(node: FieldNode, field: GraphQLField | None, *, paged: bool) -> tuple[Cost, bool]:
    """What the field's own objects cost before their selections are added, and whether it is a page.

    The lists directly in a page (`nodes`, `edges`) are the page: they multiply nothing.
    """
    times = _page_size(node, field)
    if times is not None:
        return Cost(1, times), True
    if field is not None and _is_list(field) and not paged:
        return Cost(LIST_LENGTH_ASSUMED, LIST_LENGTH_ASSUMED), False
    return Cost(1), False


def _page_size(node: FieldNode, field: GraphQLField | None) -> "int | tuple[str, int] | None":
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in (*PAGE_ARGUMENTS, *LIST_ARGUMENTS):
        if name in given:
            return _size(given[name])
    declared = field.args if field else {}
    for name in PAGE_ARGUMENTS:
        if name in declared:
            return _assumed(declared[name].default_value)
    return None


def _size(value: ValueNode) -> "int | tuple[str, int]":
    match value:
        case IntValueNode():
            # Never more digits than a page size has: a literal of a million digits is not converted.
            return _bounded(int(value.value)) if len(value.value) <= len(str(PAGE_SIZE_MAX)) else PAGE_SIZE_MAX
        case ListValueNode():
            return _bounded(len(value.values))
        case VariableNode():
            return (value.name.value, PAGE_SIZE_ASSUMED)
    return PAGE_SIZE_ASSUMED


def _assumed(default: Any) -> int:
    return _bounded(default) if isinstance(default, int) and default is not Undefined else PAGE_SIZE_ASSUMED


def _bounded(size: int) -> int:
    return max(1, min(size, PAGE_SIZE_MAX))


def _is_list(field: GraphQLField) -> bool:
    declared = field.type
    if isinstance(declared, GraphQLNonNull):
        declared = declared.of_type
    return isinstance(declared, GraphQLList)

"""How many objects an operation can return: page sizes multiplied along the way down.

Page sizes may come from variables, so a document's cost is kept as a sum to evaluate per request.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)

from app.api.graphql.execution.upstream import field_of_strawberry

PAGE_ARGUMENTS = ("first", "last")
LIST_ARGUMENTS = ("ids",)
INPUT_ARGUMENT = "input"
PAGE_SIZE_ASSUMED = 50
PAGE_SIZE_MAX = 1_000  # The verb refuses larger ones; they cost no more than this.
LIST_LENGTH_ASSUMED = 5
COST_CAP = 1 << 40
LARGE_COST = 10  # A large field may have 16 kB.
LARGE = "large"
"""Marks a field, in its strawberry metadata, that can hold as much text as `metadata`; any JSON may."""
LENGTH = "length"
"""Says, in the strawberry metadata of a field with a list and without pages, how long the list can be."""
WORK = "work"
"""Says, in the strawberry metadata of a field with a list and without pages, how many objects the field costs beside
those that it answers.
"""
JSON_TYPE = "JSON"


class Given(NamedTuple):
    """A size that depends on the variable `name`: its number, its length, or the length of its field `item`. Without
    such a value it is `otherwise`.
    """

    name: str
    otherwise: int
    item: str | None = None


Size: TypeAlias = int | Given


class Cost:
    """`fixed + times * sum(parts)`; what a fragment costs is one shared part, so evaluation is linear in the text."""

    __slots__ = ("fixed", "parts", "times")

    def __init__(self, fixed: int = 0, times: Size = 1) -> None:
        self.fixed = fixed
        self.times = times
        self.parts: list[Cost] = []

    def add(self, part: "Cost") -> None:
        """Add `part`; constants are folded at once."""
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


def _times(times: Size, variables: Mapping[str, Any]) -> int:
    if isinstance(times, int):
        return times
    given = variables.get(times.name, times.otherwise)
    if times.item is not None and isinstance(given, dict):
        given = given.get(times.item)
    if isinstance(given, list):
        return _bounded(len(given))
    if isinstance(given, float) and math.isfinite(given):  # JSON may write an Int so.
        given = int(given)
    return _bounded(given) if isinstance(given, int) else times.otherwise


def field_cost(node: FieldNode, field: GraphQLField | None, *, lists: Size) -> tuple[Cost, Size]:
    """The cost of the field's own objects without their selections, and the length of the lists directly in it.

    `lists` is that length for the parent field. The lists directly in a page (`nodes`, `edges`) are the page itself,
    and multiply nothing. Lists in the answer to a list of inputs are as long as that list. A list that says its length
    counts as so long.
    """
    times = _page_size(node, field)
    if times is not None:
        return Cost(1, times), 1
    if field is not None and _is_list(field.type):
        cost = Cost(_declared(field, WORK) or 0, _declared(field, LENGTH) or lists)
        cost.add(Cost(1))
        return cost, LIST_LENGTH_ASSUMED
    return Cost(1), _inputs_sent(node, field)


def leaf_cost(node: FieldNode, field: GraphQLField | None) -> int:
    """What a field without selections counts as: nothing, unless it is large, or asked for under another name."""
    cost = int(node.alias is not None)
    if field is not None and _is_large(field):
        cost += LARGE_COST
    return cost


def _is_large(field: GraphQLField) -> bool:
    if get_named_type(field.type).name == JSON_TYPE:
        return True
    definition = field_of_strawberry(field)
    return bool(definition is not None and definition.metadata.get(LARGE))


def _declared(field: GraphQLField, name: str) -> int | None:
    definition = field_of_strawberry(field)
    return None if definition is None else definition.metadata.get(name)


def _inputs_sent(node: FieldNode, field: GraphQLField | None) -> Size:
    """How many inputs the field is sent in one list, or the length to be assumed where it takes no such list."""
    declared = field.args.get(INPUT_ARGUMENT) if field else None
    item = None if declared is None else _list_of_inputs(get_named_type(declared.type))
    sent = next((argument.value for argument in node.arguments or () if argument.name.value == INPUT_ARGUMENT), None)
    if item is not None and isinstance(sent, VariableNode):
        return Given(sent.name.value, PAGE_SIZE_MAX, item)
    if item is not None and isinstance(sent, ObjectValueNode):
        return next((_size(one.value) for one in sent.fields if one.name.value == item), LIST_LENGTH_ASSUMED)
    return LIST_LENGTH_ASSUMED


def _list_of_inputs(declared: Any) -> str | None:
    """The field of an input type that is a list of inputs."""
    fields = declared.fields if isinstance(declared, GraphQLInputObjectType) else {}
    for name, field in fields.items():
        if _is_list(field.type) and isinstance(get_named_type(field.type), GraphQLInputObjectType):
            return str(name)
    return None


def _page_size(node: FieldNode, field: GraphQLField | None) -> Size | None:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in (*PAGE_ARGUMENTS, *LIST_ARGUMENTS):
        if name in given:
            return _size(given[name])
    declared = field.args if field else {}
    for name in PAGE_ARGUMENTS:
        if name in declared:
            return _assumed(declared[name].default_value)
    return None


def _size(value: ValueNode) -> Size:
    match value:
        case IntValueNode():
            # Longer literals are not converted: one may have a million digits.
            return _bounded(int(value.value)) if len(value.value) <= len(str(PAGE_SIZE_MAX)) else PAGE_SIZE_MAX
        case ListValueNode():
            return _bounded(len(value.values))
        case VariableNode():
            return Given(value.name.value, PAGE_SIZE_ASSUMED)
    return PAGE_SIZE_ASSUMED


def _assumed(default: Any) -> int:
    return _bounded(default) if isinstance(default, int) and default is not Undefined else PAGE_SIZE_ASSUMED


def _bounded(size: int) -> int:
    return max(1, min(size, PAGE_SIZE_MAX))


def _is_list(declared: GraphQLOutputType | GraphQLInputType) -> bool:
    if isinstance(declared, GraphQLNonNull):
        declared = declared.of_type
    return isinstance(declared, GraphQLList)

"""Calls the function behind a strawberry field as strawberry would, without its layers."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, cast

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo, GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from app.api.graphql.execution.upstream import (
    field_of_strawberry,
    info_for,
    is_resolved_by_strawberry,
    strawberry_schema,
)
from app.api.graphql.execution.values import Unusual


class Answering(FieldExtension):
    """A field extension that answers with its resolver's refusals, exceptions of the class `refusals`, instead of
    failing.
    """

    refusals: ClassVar[type[Exception]]

    @abstractmethod
    def answer(self, refusal: Any) -> Any:
        """What a refusal becomes.

        :raises Exception: the refusal itself, where it may not be an answer.
        """

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **arguments: Any
    ) -> Any:
        """Call the resolver; a refusal becomes the answer."""
        try:
            return await next_(source, info, **arguments)
        except self.refusals as refusal:
            return self.answer(refusal)


class Resolver:
    """One field's function, and how it wants to be called."""

    __slots__ = (
        "_field",
        "_function",
        "_info_class",
        "_info_name",
        "_source_name",
        "_takes_self",
        "answer",
        "refusals",
    )

    def __init__(self, schema: GraphQLSchema, field: GraphQLField) -> None:
        """:raises Unusual: when strawberry must do it: the function has another wrapper than one `Answering`."""
        definition, schema_of = field_of_strawberry(field), strawberry_schema(schema)
        if definition is None or schema_of is None or not is_resolved_by_strawberry(field, definition):
            raise Unusual
        base = definition.base_resolver
        if base is None or schema_of.exception_handlers:
            raise Unusual
        answering = _answering(definition)
        self.refusals: type[Exception] | tuple[()] = () if answering is None else answering.refusals
        """The exceptions of the function that `answer` turns into answers."""
        self.answer = _raise if answering is None else answering.answer
        self._field = definition
        self._function = cast("Callable[..., Any]", base.wrapped_func)
        self._info_class = schema_of.config.info_class
        self._takes_self = base.self_parameter is not None
        self._info_name = base.info_parameter.name if base.info_parameter else None
        sources = [parameter.name for parameter in (base.parent_parameter, base.root_parameter) if parameter]
        self._source_name = sources[0] if sources else None
        if isinstance(base.wrapped_func, staticmethod | classmethod) or len(set(sources)) > 1:
            raise Unusual

    def call(self, source: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        """What the function returns, awaitable or not. The caller must not use `arguments` afterwards."""
        if self._info_name is not None:
            arguments[self._info_name] = info_for(self._info_class, info, self._field)
        if self._source_name is not None:
            arguments[self._source_name] = source
        return self._function(source, **arguments) if self._takes_self else self._function(**arguments)


def _answering(field: StrawberryField) -> Answering | None:
    match field.extensions:
        case []:
            return None
        case [Answering() as answering] if field.is_async:
            if type(answering).resolve_async is Answering.resolve_async:
                return answering
    raise Unusual


def _raise(refusal: Exception) -> Any:
    raise refusal

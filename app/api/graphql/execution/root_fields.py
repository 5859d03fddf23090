"""The fields at the root of an operation, with what is kept of them between requests."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLSchema

from app.api.graphql.execution.arguments import Arguments
from app.api.graphql.execution.input_objects import Conversions
from app.api.graphql.execution.resolvers import Resolver
from app.api.graphql.execution.selected import FieldNodes
from app.api.graphql.execution.upstream import FieldDetailsList
from app.api.graphql.execution.values import Unusual


class RootField:
    """One field at the root, as it stands in a document."""

    __slots__ = ("arguments", "complete", "definition", "details", "is_nullable", "nodes", "resolver")

    def __init__(
        self,
        schema: GraphQLSchema,
        root_type: GraphQLObjectType,
        details: FieldDetailsList,
        conversions: Conversions,
        complete: Callable[..., Any],
    ) -> None:
        """:raises Unusual: when graphql-core and strawberry must do it."""
        definition = schema.get_field(root_type, details[0].node.name.value)
        if definition is None or details[0].fragment_variable_values is not None:
            raise Unusual
        self.definition: GraphQLField = definition
        self.details = details
        self.nodes = FieldNodes(detail.node for detail in details)
        self.resolver = Resolver(schema, definition)
        self.arguments = Arguments(definition, details[0].node, conversions)
        declared = definition.type
        self.is_nullable = not isinstance(declared, GraphQLNonNull)
        self.complete = complete(declared.of_type if isinstance(declared, GraphQLNonNull) else declared, details)

"""A strawberry schema with a description, and without defaults that are null."""

from typing import Any

import strawberry
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, Undefined
from graphql.language.block_string import print_block_string

from app.api.graphql.execution.upstream import graphql_schema


class DescribedSchema(strawberry.Schema):
    """A schema with a description, and without defaults that are null.

    What is left out is null anyway, and code generators stumble over a printed `= null`.
    """

    def __init__(self, *, description: str, **options: Any) -> None:
        super().__init__(**options)
        made = graphql_schema(self)
        made.description = description
        drop_null_defaults(made)

    def as_str(self) -> str:
        """The schema as text, its description first."""
        made = graphql_schema(self)
        roots = (
            ("query", made.query_type),
            ("mutation", made.mutation_type),
            ("subscription", made.subscription_type),
        )
        lines = [f"  {operation}: {type_.name}" for operation, type_ in roots if type_ is not None]
        described = print_block_string(made.description or "")
        return "\n".join([described, "schema {", *lines, "}", "", super().as_str()])

    __str__ = as_str


def drop_null_defaults(schema: GraphQLSchema) -> None:
    """Remove every default that is null, from arguments and input fields."""
    for type_ in schema.type_map.values():
        match type_:
            case GraphQLInputObjectType():
                declared = list(type_.fields.values())
            case GraphQLObjectType() | GraphQLInterfaceType():
                declared = [argument for field in type_.fields.values() for argument in field.args.values()]
            case _:
                continue
        for one in declared:
            if one.default_value is None:
                one.default_value = Undefined

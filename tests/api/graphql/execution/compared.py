"""Runs an operation of the library with generated code and with graphql-core alone."""

import json
from typing import Any
from uuid import UUID

from graphql import ExecutionResult

from app.api.encoding import encode_json
from app.api.graphql.context import Context
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.kernel.actor import Actor, Via
from app.settings import load_settings
from tests.api.graphql.library import SCHEMA

ACTOR = Actor(UUID(int=1), frozenset({"*"}), Via.GRAPHQL, "tester", request_id="r")


def operations(*, fast: bool) -> Operations:
    return Operations(SCHEMA, load_settings(fast_execution=fast))


def context() -> Context:
    return Context(ACTOR, load_settings(), "r")


async def answer(runner: Operations, query: str, variables: dict[str, Any]) -> Any:
    """Data and errors before they are masked, as they are sent: the executor's own words are compared."""
    raw: list[ExecutionResult] = []
    seen = runner._answer
    runner._answer = lambda result, _context: raw.append(result) or seen(ExecutionResult(result.data), _context)
    try:
        ready = runner.prepare(GraphQLRequest(query, None, variables))
        await runner.run(ready, context())
    finally:
        runner._answer = seen
    [result] = raw
    return json.loads(encode_json(result.formatted))


def orders(value: Any) -> Any:
    """The names of every object in their order, which equality of dicts does not see."""
    if isinstance(value, dict):
        yield list(value)
        for inner in value.values():
            yield from orders(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from orders(inner)


FAST, STOCK = operations(fast=True), operations(fast=False)

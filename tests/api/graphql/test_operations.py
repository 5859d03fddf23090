import gc
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import strawberry
from strawberry import Info

from app.api.graphql.context import Context
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.operations import Operations
from app.api.graphql.requests import GraphQLRequest
from app.settings import load_settings
from tests.api.graphql.execution.compared import ACTOR

MANY = 1_000
OBJECTS_OF_NO_EVENT_MAX = 100
"""What the test itself and the interpreter may make meanwhile."""


def _visits(_context: Context) -> list[int]:
    return []


@strawberry.type
class Guest:
    name: str


@strawberry.type
class Visit:
    number: int
    guests: list[Guest]

    @strawberry.field
    async def remembered(self, info: Info[Context, None]) -> list[int]:
        """The visits that this operation remembers, this one included."""
        visits = info.context.once(_visits)
        visits.append(self.number)
        return list(visits)


@strawberry.type
class Query:
    nothing: str = ""


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def visits(self) -> AsyncIterator[Visit]:
        for number in range(10**9):
            yield Visit(number=number, guests=[Guest(name="Ada")])

    @strawberry.subscription
    async def broken(self) -> AsyncIterator[Visit]:
        for number in (1, None, 2):
            yield Visit(number=number, guests=[])  # type: ignore[arg-type]


SCHEMA = strawberry.Schema(query=Query, subscription=Subscription, execution_context_class=FastExecutor)


def stream(query, *, is_fast=True):
    """Every answer."""
    settings = load_settings(fast_execution=is_fast)
    operations = Operations(SCHEMA, settings)
    ready = operations.prepare(GraphQLRequest(query, None, {}))
    return aclosing(operations.stream(ready, Context(ACTOR, settings, "r")))


@pytest.mark.parametrize("is_fast", [True, False])
async def test_forgets_the_events_that_it_has_sent(is_fast):
    async with stream("subscription { visits { number remembered guests { name } } }", is_fast=is_fast) as answers:
        for _ in range(100):
            await anext(answers)
        gc.collect()
        before = len(gc.get_objects())
        for _ in range(MANY):
            await anext(answers)
        gc.collect()
        assert len(gc.get_objects()) - before < OBJECTS_OF_NO_EVENT_MAX
        last = (await anext(answers)).body["data"]["visits"]
    assert (last["number"], last["guests"]) == (MANY + 100, [{"name": "Ada"}])


async def test_looks_up_anew_for_each_event():
    async with stream("subscription { visits { remembered } }") as answers:
        told = [(await anext(answers)).body["data"]["visits"]["remembered"] for _ in range(3)]
    assert told == [[0], [1], [2]]


async def test_settles_plain_events_by_generated_code(monkeypatch):
    """Only what is not plain is left to graphql-core, and each answer is the same."""
    by_the_book = []
    stock = FastExecutor.execute_field

    def counted(self, parent_type, source, fields, *rest):
        by_the_book.append(fields[0].node.name.value)
        return stock(self, parent_type, source, fields, *rest)

    monkeypatch.setattr(FastExecutor, "execute_field", counted)
    for query, left in (
        ("subscription { visits { number guests { name } } }", []),
        ("subscription ($s: Boolean = true) { v: visits { n: number guests @skip(if: $s) { name } } }", []),
        ("subscription { visits { ...F } } fragment F on Visit { __typename number }", []),
        ("subscription { visits { number remembered } }", ["visits", "remembered"]),
    ):
        by_the_book.clear()
        async with stream(query) as answers, stream(query, is_fast=False) as expected:
            for _ in range(3):
                assert (await anext(answers)).body == (await anext(expected)).body
        assert by_the_book == left * 3


@pytest.mark.parametrize("is_fast", [True, False])
async def test_tells_what_is_wrong_with_an_event(is_fast):
    async with stream("subscription { broken { number } }", is_fast=is_fast) as answers:
        bodies = [(await anext(answers)).body for _ in range(2)]
    assert [body["data"] for body in bodies] == [{"broken": {"number": 1}}, None]
    assert bodies[1]["errors"][0]["path"] == ["broken", "number"]

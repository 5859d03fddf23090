"""A small library, as a schema with every kind of type: what the tests of execution ask their questions of."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.api.graphql.context import Context
from app.api.graphql.errors import ConflictError, LimitError, NotFoundError, ValidationError, mutation
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.scalars import SCALAR_MAP, JSONValue
from app.kernel import errors
from tests.api.graphql.library_types import (
    Book,
    BookConnection,
    BookEdge,
    Disc,
    Film,
    Generated,
    Hopeful,
    Item,
    Key,
    Line,
    Node,
    Order,
    Person,
    Tree,
    Wanted,
    book,
    items,
)


@strawberry.type
class Query:
    @strawberry.field
    async def books(self, first: int = 50, last: int | None = None) -> BookConnection:
        chosen = [book(n) for n in range(min(first, 5))]
        edges = [BookEdge(cursor=f"c{n}", node=each) for n, each in enumerate(chosen)]
        return BookConnection(edges=edges, nodes=chosen, total_count=None)

    @strawberry.field
    def book(self, number: int = 1) -> Book | None:
        return book(number) if number else None

    @strawberry.field
    def broken_book(self, how: str) -> Book | None:
        changes: dict[str, dict[str, Any]] = {
            "null": {"title": None},
            "type": {"pages": "many"},
            "large": {"pages": 2**40},
            "enum": {"genre": "unknown"},
            "list": {"tags": "ab"},
            "item": {"tags": ["a", None]},
            "author": {"author": Generated()},
            "naive": {"printed": dt.datetime(2026, 1, 1)},  # noqa: DTZ001
            "lent": {"lent": 2},
            "price": {"price": 10},
            "exception": {"author": ValueError("inside")},
            "tuple": {"tags": ("a", "b"), "editors": (Person(name="T"),)},
            "generator": {"tags": iter(["a"])},
            "related": {"related": [Person(name="no item")]},
            "raw": {"genre": "novel", "shelf": 2},
            "id": {"id": 7},
        }
        if how == "later":  # A coroutine in a plain attribute: graphql-core awaits it.
            return book(1, title=_later("soon"))
        return book(1, **changes[how])

    @strawberry.field
    def broken_books(self) -> list[Book | None]:
        return [book(1), book(2, title=None), None, book(3, author=Generated())]

    @strawberry.field
    async def items(self) -> list[Item]:
        return items()

    @strawberry.field
    def item(self, number: int = 0) -> Item | None:
        return items()[number]

    @strawberry.field
    async def node(self, id: strawberry.ID) -> Node | None:  # noqa: A002
        return next((each for each in items() if each.id == id), None)

    @strawberry.field
    async def nodes(self, ids: list[strawberry.ID]) -> list[Node | None]:
        return [next((each for each in items() if each.id == wanted), None) for wanted in ids]

    @strawberry.field
    def echo(self, wanted: Wanted) -> JSONValue:
        return JSONValue({name: value for name, value in vars(wanted).items() if value is not None})

    @strawberry.field
    def find(self, by: Key) -> str:
        return f"{by.id} {by.title}"

    @strawberry.field
    async def who(self, info: strawberry.Info[Context, None]) -> str:
        return f"{info.context.actor.name} {info.context.actor.request_id}"

    @strawberry.field
    async def fails(self, how: str) -> str | None:
        raise {
            "not_found": errors.NotFound("No such book.", path=("id",)),
            "forbidden": errors.Forbidden("No.", required_scope="ledgers:read"),
            "unauthenticated": errors.Unauthenticated("Who?"),
            "internal": RuntimeError("secret"),
            "timeout": TimeoutError(),
        }[how]

    @strawberry.field
    async def sleeps(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "awake"


async def _later(value: str) -> str:
    return value


@strawberry.type
class LendSuccess:
    book: Book
    replayed: bool


LendResult = Annotated[
    LendSuccess | ValidationError | NotFoundError | ConflictError | LimitError, strawberry.union("LendResult")
]


@strawberry.type
class Said:
    text: str


@strawberry.type
class Mutation:
    @mutation("Lends a book, or fails in the way asked for.")
    async def lend(self, how: str = "") -> LendResult:
        match how:
            case "invalid":
                raise errors.Invalid("number is odd", path=("page_number",))
            case "not_found":
                raise errors.NotFound("No such book.", path=("id",))
            case "conflict":
                raise errors.DuplicateReference("Taken.", status="LENT", existing_id="b1")
            case "limit":
                raise errors.LimitExceeded("Busy.", retry_after_seconds=0.5)
            case "forbidden":
                raise errors.Forbidden("No.", required_scope="ledgers:write")
            case "internal":
                raise RuntimeError("secret")
        return LendSuccess(book=book(1), replayed=False)

    @mutation("Says what it was given, as it arrived.")
    async def order(self, input: Order, times: int = 1, again: list[Line] | None = None) -> Said:  # noqa: A002
        if times < 1:
            refusal = errors.Invalid if times == 0 else errors.Forbidden
            raise refusal("Nothing is ordered.", path=("lines", "0", "unit_price"))
        return Said(text=repr((input, times, again)))

    @strawberry.mutation
    def plant(self, tree: Tree) -> str:
        return repr(tree)

    @strawberry.mutation
    async def hope(self, hopeful: Hopeful) -> str:
        return repr(hopeful)

    @strawberry.mutation
    async def count(self, info: strawberry.Info[Context, None], how: str = "") -> int:
        """How often it was called in this operation: once, whatever comes of it."""
        calls = info.context.once(_calls)
        calls.append(how)
        if how == "fails":
            raise RuntimeError("secret")
        if how == "refuses":
            raise errors.NotFound("No such book.")
        return "many" if how == "lies" else len(calls)  # type: ignore[return-value]

    @strawberry.mutation
    async def calls(self, info: strawberry.Info[Context, None]) -> list[str]:
        return info.context.once(_calls)


def _calls(_context: Context) -> list[str]:
    return []


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def counts(self, to: int, every: float = 0) -> AsyncIterator[int]:
        for number in range(to):
            yield number
            await asyncio.sleep(every)

    @strawberry.subscription
    async def lent(self) -> AsyncIterator[Book]:
        yield book(1)
        yield book(2)

    @strawberry.subscription
    async def refuses(self, after: int = 0) -> AsyncIterator[int]:
        for number in range(after):
            yield number
        raise errors.Invalid("after is no cursor", path=("after",))


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Book, Film, Disc],
    config=StrawberryConfig(scalar_map=SCALAR_MAP),
    execution_context_class=FastExecutor,
)

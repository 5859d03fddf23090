"""A small library, as a schema with every kind of type: what the tests of execution ask their questions of."""

import asyncio
import datetime as dt
import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from app.api.graphql.context import Context
from app.api.graphql.errors import ConflictError, LimitError, NotFoundError, ValidationError, mutation
from app.api.graphql.execution.executor import FastExecutor
from app.api.graphql.scalars import SCALAR_MAP, DateText, DateTimeText, DecimalText, JSONValue
from app.kernel import errors

NOON = dt.datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=dt.UTC)


@strawberry.enum
class Genre(enum.StrEnum):
    NOVEL = "novel"
    POETRY = "poetry"


@strawberry.enum
class Shelf(enum.Enum):
    LOW = 1
    HIGH = 2


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Person:
    name: str
    born: dt.date | None = None


@strawberry.type
class Stamp:
    """Implements nothing; read from a record of another class."""

    at: dt.datetime
    by: str | None


@dataclass(slots=True)
class StampRow:
    at: dt.datetime
    by: str | None


@strawberry.type
class Book(Node):
    title: str
    genre: Genre
    shelf: Shelf | None
    pages: int
    weight: float
    lent: bool
    price: DecimalText
    printed: dt.datetime
    tags: list[str]
    notes: list[str | None] | None
    metadata: JSONValue
    author: Person | None
    editors: list[Person | None]
    grid: list[list[int]]
    stamp: Stamp
    related: list[Annotated["Item", strawberry.lazy(__name__)]] = strawberry.field(default_factory=list)

    @strawberry.field
    async def shouted(self) -> str:
        await asyncio.sleep(0)
        return self.title.upper()

    @strawberry.field
    def part(self, of: int = 2) -> str:
        return self.title[:of]

    @strawberry.field
    def torn(self) -> str | None:
        raise RuntimeError(f"secret of {self.title}")

    @strawberry.field
    def missing(self) -> str:
        return None  # type: ignore[return-value]


@strawberry.type
class Film(Node):
    title: str
    minutes: int


@dataclass(slots=True)
class DiscRow:
    id: str
    label: str


@strawberry.type
class Disc(Node):
    label: str

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, DiscRow | Disc)


Item = Annotated[Book | Film | Disc, strawberry.union("Item")]


@strawberry.type
class BookEdge:
    cursor: str
    node: Book


@strawberry.type
class BookConnection:
    edges: list[BookEdge]
    nodes: list[Book]
    total_count: int | None


def book(number: int, **changes: Any) -> Book:
    values: dict[str, Any] = {
        "id": strawberry.ID(f"b{number}"),
        "title": f"Book {number}",
        "genre": Genre.NOVEL if number % 2 else Genre.POETRY,
        "shelf": None if number % 3 else Shelf.HIGH,
        "pages": 100 + number,
        "weight": 0.5 * number,
        "lent": bool(number % 2),
        "price": DecimalText("10.00"),
        "printed": NOON,
        "tags": ["a", "b"],
        "notes": None if number % 4 else ["x", None],
        "metadata": {"n": [number, None, {"deep": True}]},
        "author": None if number % 5 == 4 else Person(name=f"Author {number}", born=dt.date(1987, 4, 1)),
        "editors": [Person(name="E"), None],
        "grid": [[1, 2], [3]],
        "stamp": StampRow(NOON, None if number % 2 else "desk"),
    }
    return Book(**(values | changes))


def film(number: int) -> Film:
    return Film(id=strawberry.ID(f"f{number}"), title=f"Film {number}", minutes=90)


def items() -> list[Any]:
    return [book(1, related=[film(2), book(3)]), film(1), DiscRow("d1", "Disc 1")]


class Generated:
    """An object whose attributes misbehave."""

    id = "g1"
    name = "by class"

    @property
    def born(self) -> dt.date:
        raise errors.NotFound("never born", path=("born",))


@strawberry.input(one_of=True)
class Key:
    id: strawberry.ID | None = strawberry.UNSET
    title: str | None = strawberry.UNSET


@strawberry.input
class Wanted:
    at: DateTimeText | None = None
    day: DateText | None = None
    price: DecimalText | None = None
    id: strawberry.ID | None = None
    metadata: JSONValue | None = None


@strawberry.input
class Wrapping:
    paper: str
    ribbons: list[Genre] = strawberry.field(default_factory=lambda: [Genre.POETRY])


@strawberry.input
class Line:
    """Every kind of input, required, optional, left unset, and with each kind of default."""

    title: str
    id: strawberry.ID
    count: int = 1
    weight: float | None = None
    lent: bool | None = None
    genre: Genre | None = strawberry.UNSET
    shelf: Shelf = Shelf.LOW
    note: str | None = strawberry.UNSET
    price: DecimalText | None = None
    tags: list[str] | None = strawberry.field(default_factory=lambda: ["new"])
    grid: list[list[int | None]] | None = None
    metadata: JSONValue | None = None
    required_metadata: JSONValue
    wrapping: Wrapping | None = None
    wrappings: list[Wrapping | None] | None = strawberry.UNSET
    key: Key | None = None
    at: DateTimeText | None = None


@strawberry.input
class Order:
    lines: list[Line]
    wrapping: Wrapping = strawberry.field(default_factory=lambda: Wrapping(paper="brown"))
    atomic: bool = False


@strawberry.input
class Tree:
    name: str
    branches: list["Tree"] = strawberry.field(default_factory=list)


@strawberry.input
class Hopeful:
    """An input of a kind that only strawberry knows how to make."""

    wish: strawberry.Maybe[str]


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

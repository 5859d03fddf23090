"""What the small library has: its books and their records, and what is asked of it."""

import asyncio
import datetime as dt
import enum
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from app.api.graphql.scalars import DateText, DateTimeText, DecimalText, JSONValue
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

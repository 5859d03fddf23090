"""One operation: its description, its request and its answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.api.http_request import RawHeader
from app.kernel.actor import Actor
from app.kernel.errors import Path
from app.partners.catalog import Catalog
from app.settings import Settings

IDEMPOTENCY_KEY_HEADER = "Idempotency-Key"
LAST_SEEN_PATH = ("last_seen_id",)
NEWEST_FIRST = "Newest first. The address of the next page is in the header `Link`."
OBJECT, ARRAY = "one", "many"
"""The two shapes of a body that may be an object or an array of them."""


class Body(BaseModel):
    """The body of a request. A field that it does not have is refused; null is absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Parameters(BaseModel):
    """What stands behind the `?` of an address. A parameter that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def optional(description: str, **options: Any) -> Any:
    """A field of a body, or a parameter, that may be left out."""
    return Field(default=None, description=description, **options)


@dataclass(slots=True)
class Asked:
    """One request: who asks, the names in its path, its key, and its address without parameters."""

    actor: Actor
    settings: Settings
    catalog: Catalog
    names: Mapping[str, str]
    idempotency_key: str | None
    path: str
    accept: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key of an operation that needs one."""
        assert self.idempotency_key is not None, "the door refuses a request without"
        return self.idempotency_key


class Answer(NamedTuple):
    """A JSON value, whether this was a replay, and the parameters of the next page if there is one."""

    body: Any
    replayed: bool = False
    next_page: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A document instead of JSON that is made at once: its type, a name for a file of it, and its pieces."""

    media_type: str
    file_name: str
    pieces: AsyncIterator[bytes]
    headers: tuple[RawHeader, ...] = ()


def id_of(name: str, answer: tuple[Any, bool]) -> Answer:
    """The answer to a change: the id of what a verb answered, under this name, and whether it was a replay."""
    found, replayed = answer
    return Answer({name: str(found.id)}, replayed)


def next_page(found: Sequence[Any], size: int) -> dict[str, str] | None:
    """The parameters of the next page, where one more was found than this page has."""
    return {"last_seen_id": str(found[size - 1].id)} if len(found) > size else None


Call = Callable[..., Awaitable[Answer | Download]]
"""Called with the request, and with its body or its parameters if it has any."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One path and method.

    `answers` is the type of what is answered; `names` maps the paths of the command's fields to the seeds' names;
    `scopes` are those that the key needs; `media_types` are those beside JSON.
    """

    name: str
    method: str
    path: str
    tag: str
    summary: str
    call: Call
    answers: Any
    description: str = ""
    status: int = 200
    body: Any = None
    needs_body: bool = True
    parameters: type[Parameters] | None = None
    scopes: tuple[str, ...]
    refusals: tuple[int, ...] = ()
    needs_key: bool = False
    is_paged: bool = False
    media_types: tuple[str, ...] = ()
    names: Mapping[Path, Path] = field(default_factory=dict)

    @property
    def takes_key(self) -> bool:
        """Whether `Idempotency-Key` is looked at."""
        return self.method != "GET"

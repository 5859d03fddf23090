"""What all mutations share: their argument, and what their answers have in common."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import strawberry

from app.api.graphql.context import Context
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.errors import refusal_of_item
from app.api.graphql.views import view
from app.journal.carry_out_batch import Outcome
from app.kernel.errors import DomainError

if TYPE_CHECKING:
    from app.api.graphql.schema import Query

Input = TypeVar("Input")
Command = TypeVar("Command")

Asked = Annotated[Input, argument("What to do, and to what.")]
"""The one argument of a mutation: `input: Asked[IssueLedgerInput]`."""

IDEMPOTENCY_KEY = (
    "At most 255 characters of your choice: the same content with the same key is done once. Example: `order-117`."
)
METADATA = 'Your own fields, at most 16 kB: `{"foo": "bar"}`.'
METADATA_CHANGE = 'Merged key by key; null removes a key: `{"foo": null}`.'
CLEAR = "What to empty, since a null changes nothing: "
IF_VERSION = "Refuse unless the object is at this version: `3`."
REPLAYED = "Whether the same request was answered before and nothing was done now: `false`."


_ROOT: Any = object()  # Passed to resolvers of the root, which ignore it.


@described_type("What the answer of every mutation has.")
class Reply:
    """Lets a client read on in the same request."""

    @described("Read on in the same request: `query { viewer { customerName } }`.")
    def query(self) -> Annotated["Query", strawberry.lazy("app.api.graphql.schema")] | None:
        """The root of all queries."""
        return _ROOT  # type: ignore[no-any-return]

    @classmethod
    def of(cls, answer: tuple[Any, bool], context: Context) -> Self:
        """The answer of a verb: an object, which the first field shows, and whether the same was answered before."""
        found, replayed = answer
        name = next(iter(cls.__annotations__))
        return cls(**{name: view(found, context), "replayed": replayed})


def command_of(kind: Callable[..., Command], given: object, **others: Any) -> Command:
    """The command of a verb, whose fields are those of the input. `others` are the ones that are not just passed on."""
    return kind(**{**vars(given), **others})


def results_of(success: type[Reply], outcomes: Sequence[Outcome], context: Context) -> list[Any]:
    """What became of each item of a batch: its success, or its refusal."""
    return [
        refusal_of_item(outcome)
        if isinstance(outcome, DomainError)
        else success.of((outcome.object, outcome.replayed), context)
        for outcome in outcomes
    ]

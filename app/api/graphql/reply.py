"""What all mutations share: their argument, and what their answers have in common."""

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from app.api.graphql.described import argument, described, described_type

if TYPE_CHECKING:
    from app.api.graphql.schema import Query

Input = TypeVar("Input")

Asked = Annotated[Input, argument("What to do, and to what.")]
"""The one argument of a mutation: `input: Asked[IssueLedgerInput]`."""

REPLAYED = "Whether the same request was answered before and nothing was done now: `false`."


_ROOT: Any = object()  # Passed to resolvers of the root, which ignore it.


@described_type("What the answer of every mutation has.")
class Reply:
    """Lets a client read on in the same request."""

    @described("Read on in the same request: `query { viewer { customerName } }`.")
    def query(self) -> Annotated["Query", strawberry.lazy("app.api.graphql.schema")] | None:
        """The root of all queries."""
        return _ROOT  # type: ignore[no-any-return]

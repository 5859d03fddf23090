"""Closing the books: through which instant they are closed, and the mutation."""

import datetime as dt
from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_input, described_type, optional, union
from app.api.graphql.errors import (
    ConflictError,
    ForbiddenError,
    IdempotencyError,
    LimitError,
    ValidationError,
    mutation,
)
from app.api.graphql.reply import REPLAYED, Asked, Reply
from app.api.graphql.scalars import DateTimeText
from app.journal import closed_books
from app.journal.close_books import CloseBooks, close_books


@described_input("Through when the books are to be closed.")
class CloseBooksInput:
    through: DateTimeText = described(
        "Nothing may take effect at or before this instant any more: `2026-10-31T23:59:59.999999Z`."
    )
    idempotency_key: str | None = optional("At most 255 characters of your choice: `close-2026-10`.")
    reason: str | None = optional("Why; the event tells it: `October is audited.`")

    def to_command(self) -> CloseBooks:
        """The command of the verb."""
        return CloseBooks(self.through, self.reason, self.idempotency_key)


@described_type("The books are closed.")
class BooksSuccess(Reply):
    closed_through: dt.datetime = described(
        "Nothing takes effect at or before this instant any more: `2026-10-31T23:59:59.999999Z`."
    )
    replayed: bool = described(REPLAYED)


BooksResult = Annotated[
    BooksSuccess | ValidationError | ForbiddenError | ConflictError | IdempotencyError | LimitError,
    union("BooksResult", "The books are closed, or why they are not."),
]


@strawberry.type
class BooksQueries:
    """Queries about the books as a whole."""

    @described(
        "Nothing may take effect at or before this instant any more: `2026-10-31T23:59:59.999999Z`. Null: they are "
        "open. Needs the scope `transfers:read`, as their events do."
    )
    async def books_closed_through(self, info: Info) -> dt.datetime | None:
        return await closed_books.books_closed_through(info.context.actor)


@strawberry.type
class BooksMutations:
    """Mutations of the books as a whole."""

    @mutation(
        "Close the books: no transfer may take effect at or before that instant any more. Only an operator reopens "
        "them. Closing them twice changes nothing. Needs the scope `books:write`."
    )
    async def close_books(self, info: Info, input: Asked[CloseBooksInput]) -> BooksResult:
        closed_through, replayed = await close_books(info.context.actor, input.to_command())
        return BooksSuccess(closed_through=closed_through, replayed=replayed)

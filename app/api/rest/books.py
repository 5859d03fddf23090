"""Closing the books over REST."""

from typing import NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.api.rest.fields import EXAMPLE_INSTANT, Instant, Text, ToldInstant
from app.api.rest.operation import Answer, Asked, Body, Operation, optional
from app.journal.close_books import SCOPE, CloseBooks, close_books
from app.journal.closed_books import READ, books_closed_through

TAG = "Books"
BOOKS = "/v1/customer/books"


class CloseBooksBody(Body):
    """Through when the books are to be closed."""

    through: Instant = Field(
        description="Nothing may take effect at or before this instant any more.", examples=[EXAMPLE_INSTANT]
    )
    reason: Text | None = optional("Why; the event tells it: `October is audited.`")


class BooksAnswer(TypedDict):
    """Through when the books are closed; left out while they are open."""

    closed_through: NotRequired[ToldInstant]


async def _close(asked: Asked, body: CloseBooksBody) -> Answer:
    closed_through, replayed = await close_books(
        asked.actor, CloseBooks(body.through, body.reason, asked.idempotency_key)
    )
    return Answer({"closed_through": closed_through}, replayed)


async def _fetch(asked: Asked) -> Answer:
    closed_through = await books_closed_through(asked.actor)
    return Answer({} if closed_through is None else {"closed_through": closed_through})


OPERATIONS = (
    Operation(
        name="closeBooks",
        method="POST",
        path=f"{BOOKS}/close",
        tag=TAG,
        summary="Close the books",
        description=(
            "No transaction may take effect at or before that instant any more. Only an operator reopens them. Closing "
            "them twice changes nothing."
        ),
        call=_close,
        body=CloseBooksBody,
        answers=BooksAnswer,
        scopes=(SCOPE,),
        refusals=(409,),
    ),
    Operation(
        name="fetchBooks",
        method="GET",
        path=BOOKS,
        tag=TAG,
        summary="Through when the books are closed",
        call=_fetch,
        answers=BooksAnswer,
        scopes=(READ,),
    ),
)

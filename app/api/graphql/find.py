"""One search over all nouns."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.enums import described_enum
from app.api.graphql.execution.cost import LENGTH
from app.api.graphql.node import Node
from app.api.graphql.paging import First, page_size
from app.api.graphql.views import shows, view
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE
from app.nodes import find
from app.nodes.find import FoundBy
from app.nodes.titles import resource_type_of, title_of

FIRST = 20

described_enum(
    FoundBy,
    "By what an object was found. Example: `REFERENCE`.",
    {
        FoundBy.ID: "Its id.",
        FoundBy.WEBHOOK_ID: "The `webhook-id` header of the message.",
        FoundBy.IDEMPOTENCY_KEY: "The idempotency key of a request that made or changed it.",
        FoundBy.REFERENCE: "Its reference, or what the bank calls a payment.",
        FoundBy.BANK_ACCOUNT: "An IBAN, or a sort code and an account number: its own, or the other side's.",
        FoundBy.NAME: "Its name, e-mail address or URL, or the name of the other side.",
    },
)


@shows(
    find.FoundObject,
    type=lambda found: resource_type_of(found.shown.node),
    title=lambda found: title_of(found.shown.node),
    node=lambda found: view(found.shown.node, found.context),
)
@strawberry.type(description="An object that was found.")
class FoundObject:
    type: str = strawberry.field(description="What it is, as events name it: `ledger`.")
    title: str = strawberry.field(description="What it is called: `10.00 GBP, Invoice 2026-117`.")
    by: FoundBy = strawberry.field(description="By what it was found: `REFERENCE`.")
    node: Node = strawberry.field(description="The object.")


@shows(find.NotSearched)
@strawberry.type(description="A kind of objects that was not searched.")
class NotSearched:
    resource_type: str = strawberry.field(description="Which kind: `payment`.")
    reason: str = strawberry.field(description="Why: `This key lacks the scope payments:read.`")
    required_scope: str | None = strawberry.field(description="The scope that is missing: `payments:read`.")


@shows(
    find.Found,
    objects=lambda found: [view(one, found.context) for one in found.shown.objects],
    not_searched=lambda found: [view(one, found.context) for one in found.shown.not_searched],
)
@strawberry.type(description="What was found.")
class Found:
    objects: list[FoundObject] = strawberry.field(description="The objects, the surest first, each once.")
    not_searched: list[NotSearched] = strawberry.field(
        description="What was not searched, since this key may not read it.",
        metadata={LENGTH: len(SCOPE_OF_RESOURCE_TYPE)},
    )
    has_more: bool = strawberry.field(description="Whether there is more than `first`: `false`.")


@strawberry.type
class FindQueries:
    """The query of the search."""

    @strawberry.field(
        description=(
            "Objects of all kinds by what you have at hand: the whole of an id, a `webhook-id`, an idempotency key, a "
            "reference, an IBAN, or a sort code and an account number; the beginnings of the words of a holder's name "
            "or e-mail address; the name of the other side of a payment; a part of a key's name or of an endpoint's "
            "URL. Only what the key may read is searched."
        )
    )
    async def find(
        self,
        info: Info,
        text: Annotated[str, strawberry.argument(description="What to look for: `Invoice 2026-117`.")],
        first: First = FIRST,
    ) -> Found:
        found = await find.find(info.context.actor, text, limit=page_size(first, default=FIRST))
        return view(found, info.context)

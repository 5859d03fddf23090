"""One search over all nouns."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_enum, described_type
from app.api.graphql.node import Node
from app.api.graphql.paging import First, page_size
from app.api.graphql.views import shows, view
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE
from app.nodes import find
from app.nodes.find import FoundBy
from app.nodes.titles import resource_type_of, title_of

FIRST = 20
Text = Annotated[str, argument("What to look for: `Invoice 2026-117`.")]

described_enum(
    FoundBy,
    "By what an object was found. Example: `REFERENCE`.",
    {
        FoundBy.ID: "Its id.",
        FoundBy.WEBHOOK_ID: "The `webhook-id` header of the message.",
        FoundBy.IDEMPOTENCY_KEY: "The idempotency key of a request that made or changed it.",
        FoundBy.REFERENCE: "Its reference, or what the bank calls a payment, in whatever case.",
        FoundBy.BANK_ACCOUNT: (
            "An IBAN, or a sort code and an account number: its own, or the other side's. Payments also by the number "
            "in the other side's IBAN."
        ),
        FoundBy.NAME: "Its name, e-mail address or URL, or the name of the other side.",
    },
)


@shows(
    find.FoundObject,
    type=lambda found: resource_type_of(found.shown.node),
    title=lambda found: title_of(found.shown.node),
    node=lambda found: view(found.shown.node, found.context),
)
@described_type("An object that was found.")
class FoundObject:
    type: str = described("What it is, as events name it: `ledger`.")
    title: str = described("What it is called: `10.00 GBP, Invoice 2026-117`.")
    by: FoundBy = described("By what it was found: `REFERENCE`.")
    node: Node = described("The object.")


@shows(find.NotSearched)
@described_type("A kind of objects that was not searched.")
class NotSearched:
    resource_type: str = described("Which kind: `payment`.")
    reason: str = described("Why: `This key lacks the scope payments:read.`")
    required_scope: str | None = described("The scope that is missing: `payments:read`.")


@shows(
    find.Found,
    objects=lambda found: [view(one, found.context) for one in found.shown.objects],
    not_searched=lambda found: [view(one, found.context) for one in found.shown.not_searched],
)
@described_type("What was found.")
class Found:
    objects: list[FoundObject] = described("The objects, the surest first, each once.")
    not_searched: list[NotSearched] = described(
        "What was not searched, since this key may not read it.", length=len(SCOPE_OF_RESOURCE_TYPE)
    )
    has_more: bool = described("Whether there is more than `first`: `false`.")


@strawberry.type
class FindQueries:
    """The query of the search."""

    @described(
        "Objects of all kinds by what you have at hand: the whole of an id, a `webhook-id`, an idempotency key, a "
        "reference (in whatever case), an IBAN, or the account number in it; the beginnings of the words of a holder's "
        "name or e-mail address; the name of the other side of a payment; a part of a key's name or of an endpoint's "
        "URL. Only what the key may read is searched.",
        reads_several_times=True,
    )
    async def find(self, info: Info, text: Text, first: First = FIRST) -> Found:
        found = await find.find(info.context.actor, text, limit=page_size(first, default=FIRST))
        return view(found, info.context)

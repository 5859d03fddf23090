"""Any object by its id."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from strawberry import Info

from app.access.api_key import ApiKey as FoundApiKey
from app.api.graphql.access import ApiKey
from app.api.graphql.context import Context
from app.api.graphql.entries import Entry
from app.api.graphql.events import Event
from app.api.graphql.holders import Holder
from app.api.graphql.holds import Hold
from app.api.graphql.ledgers import Ledger
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.partners import catalog_of
from app.api.graphql.payments import Payment
from app.api.graphql.posting_parties import SystemAccount
from app.api.graphql.transfers import Transfer
from app.api.graphql.webhooks import WebhookDelivery, WebhookEndpoint
from app.db.identifiers import parse_id, parse_ids
from app.events.event import Event as FoundEvent
from app.holders.models import Holder as FoundHolder
from app.journal.records import Entry as FoundEntry
from app.journal.records import Hold as FoundHold
from app.journal.records import Transfer as FoundTransfer
from app.journal.system_accounts import SystemAccount as FoundSystemAccount
from app.ledgers.models import Ledger as FoundLedger
from app.nodes.find_nodes import find_nodes
from app.payments.records import Payment as FoundPayment
from app.webhooks.records import WebhookDelivery as FoundDelivery
from app.webhooks.records import WebhookEndpoint as FoundEndpoint

VIEWS: dict[type, Callable[[Any, Context], Node]] = {
    FoundLedger: lambda found, context: Ledger.of(found, context.actor, catalog_of(context.settings)),
    FoundHolder: lambda found, _: Holder.of(found),
    FoundTransfer: Transfer.of,
    FoundHold: Hold.of,
    FoundEntry: Entry.of,
    FoundSystemAccount: lambda found, _: SystemAccount.of(found),
    FoundPayment: Payment.of,
    FoundEvent: lambda found, _: Event.of(found),
    FoundApiKey: lambda found, _: ApiKey.of(found),
    FoundEndpoint: lambda found, _: WebhookEndpoint.of(found),
    FoundDelivery: lambda found, _: WebhookDelivery.of(found),
}


def _view(context: Context, found: Any) -> Any:
    view = VIEWS.get(type(found))
    # Else it is None, or the refusal, which becomes null with the error beside it.
    return found if view is None else view(found, context)


@strawberry.type
class NodeQueries:
    """Queries by id alone."""

    @strawberry.field(description="Any object by its id; null where there is none.")
    async def node(
        self,
        info: Info[Context, None],
        id: Annotated[strawberry.ID, strawberry.argument(description=f"Its id: `{EXAMPLE_ID}`.")],  # noqa: A002
    ) -> Node | None:
        """Any object."""
        wanted = parse_id(id, ("id",))
        found = await find_nodes(info.context.actor, [wanted])
        return _view(info.context, found.get(wanted))  # type: ignore[no-any-return]

    @strawberry.field(description="Several objects by their ids, in that order; null for each that there is not.")
    async def nodes(
        self,
        info: Info[Context, None],
        ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most 1,000: `[{EXAMPLE_ID}]`.")],
    ) -> list[Node | None]:
        """Several objects."""
        wanted = parse_ids(ids, ("ids",))
        found = await find_nodes(info.context.actor, wanted)
        return [_view(info.context, found.get(one)) for one in wanted]

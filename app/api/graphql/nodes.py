"""Any object by its id."""

from typing import Annotated, Any

import strawberry
from strawberry import Info

from app.access.api_key import ApiKey as FoundApiKey
from app.api.graphql.access import ApiKey
from app.api.graphql.context import Context
from app.api.graphql.events import Event
from app.api.graphql.holders import Holder
from app.api.graphql.ledgers import Ledger
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.partners import catalog_of
from app.api.graphql.webhooks import WebhookDelivery, WebhookEndpoint
from app.events.event import Event as FoundEvent
from app.holders.models import Holder as FoundHolder
from app.kernel.checks import parse_id, parse_ids
from app.ledgers.models import Ledger as FoundLedger
from app.nodes.find_nodes import find_nodes
from app.webhooks.records import WebhookDelivery as FoundDelivery
from app.webhooks.records import WebhookEndpoint as FoundEndpoint


def _view(context: Context, found: Any) -> Any:
    match found:
        case FoundLedger():
            return Ledger.of(found, context.actor, catalog_of(context.settings))
        case FoundHolder():
            return Holder.of(found)
        case FoundEvent():
            return Event.of(found)
        case FoundApiKey():
            return ApiKey.of(found)
        case FoundEndpoint():
            return WebhookEndpoint.of(found)
        case FoundDelivery():
            return WebhookDelivery.of(found)
    return found  # None, or the refusal, which becomes null with the error beside it.


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

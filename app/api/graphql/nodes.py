"""Any object by its id."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import argument, described
from app.api.graphql.node import EXAMPLE_ID, ItsId, Node
from app.api.graphql.views import view
from app.db.identifiers import parse_id, parse_ids
from app.nodes.find_nodes import find_nodes

Ids = Annotated[list[strawberry.ID], argument(f"At most 1,000: `[{EXAMPLE_ID}]`.")]


@strawberry.type
class NodeQueries:
    """Queries by id alone."""

    @described("Any object by its id; null where there is none.")
    async def node(self, info: Info, id: ItsId) -> Node | None:
        wanted = parse_id(id, ("id",))
        found = await find_nodes(info.context.actor, [wanted])
        return view(found.get(wanted), info.context)

    @described(
        "Several objects by their ids, in that order; null for each that there is not.", reads_several_times=True
    )
    async def nodes(self, info: Info, ids: Ids) -> list[Node | None]:
        wanted = parse_ids(ids, ("ids",))
        found = await find_nodes(info.context.actor, wanted)
        return [view(found.get(one), info.context) for one in wanted]

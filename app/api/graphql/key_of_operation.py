"""Name an object by the idempotency key of the request that made it."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from app.api.graphql.context import Context
from app.api.graphql.described import argument, described, described_input
from app.db.identifiers import parse_id
from app.idempotency.find_made import check_operation, find_changed, find_made
from app.journal.operations import CHANGES_OF_HOLDS
from app.kernel.checks import refuse


@described_input(
    "What a request with this key made, if it was done. Null means that nothing was done with it so far; a request "
    "may still be under way."
)
class KeyOfOperation:
    operation: str = described("The mutation's name; `postTransfer` for items of postTransfers too: `postTransfer`.")
    key: str = described("Its idempotency key: `order-117`.")


Key = Annotated[
    KeyOfOperation | None,
    argument('Instead of `id`: what the request with this key made: `{operation: "postTransfer", key: "a"}`.'),
]


async def id_named(
    context: Context, id_text: str | None, key: KeyOfOperation | None, operations: Collection[str], scope: str
) -> UUID | None:
    """The id of the object that is named, or None where nothing was made with its key.

    :raises Forbidden: the scope for reading such objects is missing.
    :raises Invalid: a malformed id or key; another operation; or not exactly one of the two is given.
    """
    context.actor.require(scope)
    if (id_text is None) is (key is None):
        refuse("Give exactly one of `id` and `key`.", ("key",))
    if key is None:
        return parse_id(id_text or "", ("id",))
    operation = check_operation(key.operation, operations, ("key", "operation"))
    if operation in CHANGES_OF_HOLDS:
        return await find_changed(context.actor, operation, key.key, ("key", "key"))
    return (await find_made(context.actor, [operation], key.key, ("key", "key"))).get(operation)

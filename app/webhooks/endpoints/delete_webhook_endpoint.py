"""Delete an endpoint."""

from uuid import UUID

from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.lifecycle.advance import change
from app.webhooks.deliveries.change_status import forget_failures
from app.webhooks.deliveries.settle_deliveries import promise_settling
from app.webhooks.endpoints.endpoint_checks import ENDPOINT_ID_PATH, lock_named_endpoint, may_write
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.replays.hasten_replays import hasten_replays


@whole_use_case
async def delete_webhook_endpoint(actor: Actor, endpoint_id: str) -> UUID:
    """Delete an endpoint and its signing keys; answers its id. Nothing more is sent to it: open deliveries are
    cancelled in the background, finished ones stay on record.

    :raises Invalid: a malformed id.
    :raises NotFound: there is none by that id, or it is deleted already.
    :raises Forbidden: the actor lacks `webhooks:write`, or is one holder's.
    """
    may_write(actor)
    identifier = parse_id(endpoint_id, ENDPOINT_ID_PATH)
    async with transaction() as tx:
        row = await lock_named_endpoint(tx, actor, identifier)
        await change(tx, actor, WEBHOOK_ENDPOINT_NOUN, row, "webhook_endpoint.deleted", deleted_at=await tx.now())
        await tx.execute(
            "DELETE FROM webhook_secrets WHERE customer_id = $1 AND endpoint_id = $2", actor.customer_id, identifier
        )
        await forget_failures(tx, actor.customer_id, identifier)
        await promise_settling(tx, actor, identifier)
        await hasten_replays(tx, actor.customer_id, identifier)
    return identifier

"""Send one delivery again."""

from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.notifications import EVENTS_TOPIC
from app.db.transaction import Transaction, transaction, whole_use_case
from app.events.visibility import readable_resource_types
from app.kernel.actor import Actor
from app.kernel.errors import InvalidState, NotFound
from app.webhooks.endpoints.endpoint_checks import check_grants, may_write
from app.webhooks.records import WebhookDelivery, delivery_of
from app.webhooks.replays.make_due import make_due
from app.webhooks.status import EndpointStatus

DELIVERY_ID_PATH = ("delivery_id",)


@whole_use_case
async def redeliver_webhook(actor: Actor, delivery_id: str) -> WebhookDelivery:
    """Send a delivery again now, whatever its status is, with the same `webhook-id` and body; answers it as it then is.

    Its attempts go on counting, and the schedule of retries begins anew. One that is being sent now stays as it is.

    :raises Invalid: a malformed id.
    :raises NotFound: there is none by that id that this actor may read.
    :raises InvalidState: its endpoint is deleted or not ENABLED, so nothing would be sent; or its event is gone.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    """
    may_write(actor)
    identifier = parse_id(delivery_id, DELIVERY_ID_PATH)
    async with transaction(by_key=True) as tx:
        delivery = await _find(tx, actor, identifier)
        await _check_endpoint(tx, actor, delivery["endpoint_id"])
        [again] = await make_due(
            tx,
            actor.customer_id,
            delivery["endpoint_id"],
            [delivery["message_id"]],
            is_ordered=False,  # It is sent out of turn: if it fails, what follows need not wait.
            now=await tx.now(),
        )
        tx.wake([EVENTS_TOPIC])
    return delivery_of(again)


async def _find(tx: Transaction, actor: Actor, delivery_id: UUID) -> Record:
    row = await tx.fetchrow(
        """
        SELECT endpoint_id, message_id,
               EXISTS (SELECT FROM events WHERE customer_id = $1 AND id = delivery.event_id) AS has_event
        FROM webhook_deliveries AS delivery WHERE customer_id = $1 AND id = $2 AND resource_type = ANY($3)
        """,
        actor.customer_id,
        delivery_id,
        readable_resource_types(actor),
    )
    if row is None:
        raise NotFound(f"There is no webhook delivery {delivery_id}.", path=DELIVERY_ID_PATH)
    if not row["has_event"]:
        raise InvalidState("The event of this delivery is no longer kept, so it cannot be sent.", path=DELIVERY_ID_PATH)
    return row


async def _check_endpoint(tx: Transaction, actor: Actor, endpoint_id: UUID) -> None:
    """Locked, so that it does not change its status before the delivery is due."""
    endpoint = await tx.fetchrow(
        "SELECT status, deleted_at, scopes FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 FOR SHARE",
        actor.customer_id,
        endpoint_id,
    )
    assert endpoint is not None, "endpoints stay as rows"
    check_grants(actor, endpoint["scopes"])
    if endpoint["deleted_at"] is not None:
        raise InvalidState("The endpoint of this delivery is deleted: nothing is sent to it.", path=DELIVERY_ID_PATH)
    if endpoint["status"] != EndpointStatus.ENABLED:
        message = f"The endpoint of this delivery is {endpoint['status']}: enable it first."
        raise InvalidState(message, path=DELIVERY_ID_PATH, status=endpoint["status"])

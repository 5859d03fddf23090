"""Send a test event to one endpoint."""

from app.db.identifiers import new_id, parse_id
from app.db.transaction import transaction, whole_use_case
from app.events.record import Resource, record_event
from app.kernel.actor import Actor
from app.kernel.errors import InvalidState
from app.webhooks.endpoints.endpoint_checks import ENDPOINT_ID_PATH, check_grants, lock_named_endpoint, may_write
from app.webhooks.events import describe_endpoint
from app.webhooks.message_body import PING
from app.webhooks.records import WebhookDelivery, delivery_of
from app.webhooks.status import EndpointStatus


@whole_use_case
async def ping_webhook_endpoint(actor: Actor, endpoint_id: str) -> WebhookDelivery:
    """Write a `webhook.ping` event and its delivery to this endpoint only, whatever types it asks for.

    :raises Invalid: a malformed id.
    :raises NotFound: there is none by that id.
    :raises InvalidState: the endpoint is not ENABLED, so nothing would be sent.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    """
    may_write(actor)
    identifier = parse_id(endpoint_id, ENDPOINT_ID_PATH)
    async with transaction() as tx:
        row = await lock_named_endpoint(tx, actor, identifier)
        check_grants(actor, row["scopes"])
        if row["status"] != EndpointStatus.ENABLED:
            message = f"This endpoint is {row['status']}: enable it first."
            raise InvalidState(message, path=ENDPOINT_ID_PATH, status=row["status"])
        about = Resource("webhook_endpoint", identifier, row["version"])
        event_id = await record_event(tx, actor, PING, about, describe_endpoint(row))
        # Made here, since the answer names the delivery; fan-out leaves pings out.
        delivery = await tx.fetchrow(
            """
            INSERT INTO webhook_deliveries
                (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id,
                 feed_position, payload, status, next_attempt_at, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $4, $5, 'webhook_endpoint', $3, 0, $6, 'PENDING', $7, $7, $7)
            RETURNING *
            """,
            actor.customer_id,
            new_id(),
            identifier,
            event_id,
            PING,
            row["payload"],
            await tx.now(),
        )
    assert delivery is not None
    return delivery_of(delivery)

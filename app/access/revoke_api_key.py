"""End an API key."""

from app.access.api_key import ApiKey, api_key_of, describe_api_key
from app.access.models import ApiKeyRow
from app.access.refusals import refuse_holders
from app.access.remembered_keys import remembered_keys
from app.db.identifiers import parse_id
from app.db.transaction import transaction, whole_use_case
from app.events.record import Resource, record_event
from app.kernel.actor import Actor
from app.kernel.errors import NotFound

PATH = ("api_key_id",)


@whole_use_case
async def revoke_api_key(actor: Actor, api_key_id: str) -> ApiKey:
    """End a key at once, for new requests and open subscriptions. In other processes it ends with the notification, or
    within a second without one. Revoking it again changes nothing.

    :raises Invalid: not an identifier.
    :raises NotFound: no such key of this customer.
    :raises Forbidden: the actor lacks `keys:write`, or is one holder's.
    """
    refuse_holders(actor)
    actor.require("keys:write")
    key_id = parse_id(api_key_id, PATH)
    async with transaction() as tx:
        row = await (
            ApiKeyRow.filter(customer_id=actor.customer_id, id=key_id).using_db(tx.tortoise).select_for_update().first()
        )
        if row is None:
            raise NotFound("There is no API key with this identifier.", path=PATH)
        if row.revoked_at is not None:
            return api_key_of(row)
        revoked_at = await tx.now()
        await (
            ApiKeyRow.filter(customer_id=actor.customer_id, id=key_id)
            .using_db(tx.tortoise)
            .update(revoked_at=revoked_at)
        )
        row.revoked_at = revoked_at
        revoked = api_key_of(row)
        # The event also wakes whoever waits for this key's end: see `is_still_valid`.
        await record_event(
            tx,
            actor,
            "api_key.revoked",
            Resource("api_key", revoked.id, version=2),
            describe_api_key(revoked),
            previous={"revoked_at": None},
        )
    remembered_keys.forget(key_id)
    return revoked

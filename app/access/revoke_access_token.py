"""End an access token before its time."""

from app.access.access_token import AccessToken, access_token_of
from app.access.refusals import refuse_holders
from app.access.remembered_keys import remembered_keys
from app.db.identifiers import parse_id
from app.db.notifications import resource_topic
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.kernel.errors import NotFound

PATH = ("access_token_id",)


@whole_use_case
async def revoke_access_token(actor: Actor, access_token_id: str) -> AccessToken:
    """End a token at once, for new requests and open subscriptions, as `revoke_api_key` ends a key. A token may end
    itself: whoever signs out does. Revoking it again changes nothing.

    :raises Invalid: not an identifier.
    :raises NotFound: no such token of this customer, or one that ended long ago.
    :raises Forbidden: the actor lacks `keys:write`, or is a token and means another.
    """
    token_id = parse_id(access_token_id, PATH)
    if actor.access_token_id != token_id:
        refuse_holders(actor)
        actor.require("keys:write")
    async with transaction() as tx:
        row = await tx.fetchrow(
            """
            UPDATE access_tokens SET revoked_at = coalesce(revoked_at, $3) WHERE customer_id = $1 AND id = $2
            RETURNING *
            """,
            actor.customer_id,
            token_id,
            await tx.now(),
        )
        if row is None:
            raise NotFound("There is no access token with this identifier.", path=PATH)
        # Wakes whoever waits for this token's end: see `is_still_valid`.
        tx.wake([resource_topic(token_id)])
    remembered_keys.forget(token_id)
    return access_token_of(row)

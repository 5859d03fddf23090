"""The public key of an endpoint; one that an older version made gets its key when it is first asked for."""

from collections.abc import Hashable
from typing import Any

from app.db.snapshot import before_snapshot, current_snapshot
from app.db.transaction import transaction, whole_use_case
from app.kernel.actor import Actor
from app.webhooks.endpoints.issue_keys import issue_private_key
from app.webhooks.queries import refuse_holders
from app.webhooks.records import WebhookEndpoint
from app.webhooks.vault import Vault


async def give_public_key(actor: Actor, endpoint: WebhookEndpoint, *, vault: Vault) -> str:
    """The endpoint's public key (`whpk_…`), made now if there is none. Until then nobody could verify with one.

    In an answer whose snapshot has begun, it may be empty: then the answer is made again.

    It is public, so a key that made the endpoint and may not read others sees it in the answer.

    :raises Forbidden: the actor is one holder's.
    """
    refuse_holders(actor)
    if endpoint.public_key is not None:
        return endpoint.public_key
    name, snapshot = ("public key", endpoint.id), current_snapshot()
    noted: dict[Hashable, Any] = {} if snapshot is None else snapshot.noted

    async def make() -> None:
        noted[name] = await _make(endpoint, vault)

    await before_snapshot([name], make)
    return str(noted.get(name, ""))


@whole_use_case
async def _make(endpoint: WebhookEndpoint, vault: Vault) -> str:
    """A new key, unless another caller was faster: then that one."""
    whose = (endpoint.customer_id, endpoint.id)
    async with transaction() as tx:
        known = await tx.fetchval(
            "SELECT public_key FROM webhook_endpoints WHERE customer_id = $1 AND id = $2 FOR NO KEY UPDATE", *whose
        )
        if known is not None:
            return str(known)
        made = await issue_private_key(tx, *whose, created_at=await tx.now(), vault=vault)
        await tx.execute(
            "UPDATE webhook_endpoints SET public_key = $3 WHERE customer_id = $1 AND id = $2", *whose, made
        )
        return made

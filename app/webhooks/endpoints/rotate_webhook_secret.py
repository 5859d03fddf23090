"""Give an endpoint a new secret, while the old one keeps signing for a time."""

from datetime import datetime, timedelta
from typing import Any

from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.clock import rfc3339
from app.kernel.errors import InvalidState
from app.lifecycle.advance import change
from app.webhooks.deliveries.probe_endpoints import probe_soon
from app.webhooks.endpoints.endpoint_checks import ENDPOINT_ID_PATH, check_grants, lock_named_endpoint, may_write
from app.webhooks.endpoints.issue_keys import issue_keys
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.signature import SYMMETRIC_VERSION
from app.webhooks.vault import Vault

SECRET_ROTATED = "webhook_endpoint.secret_rotated"  # noqa: S105 - a type of event
OVERLAP_HOURS = 24
OVERLAP_HOURS_MAX = 168
LIVE_SECRETS_MAX = 5
"""How many secrets may sign an endpoint's messages at the same time."""


@whole_use_case
async def rotate_webhook_secret(
    actor: Actor, endpoint_id: str, *, overlap_hours: int = OVERLAP_HOURS, vault: Vault
) -> tuple[WebhookEndpoint, str]:
    """Make a new secret and a new ed25519 key; answers the endpoint and the secret, which is never shown again.

    The old ones keep signing for `overlap_hours` more, and none of them longer. With 0 they all end now. A paused
    endpoint is tried at once.

    :raises Invalid: a malformed id, or an overlap outside 0 to `OVERLAP_HOURS_MAX`.
    :raises NotFound: there is none by that id.
    :raises InvalidState: `LIVE_SECRETS_MAX` secrets still sign: one of them must end first.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    """
    may_write(actor)
    identifier = parse_id(endpoint_id, ENDPOINT_ID_PATH)
    if not 0 <= overlap_hours <= OVERLAP_HOURS_MAX:
        refuse(f"The old secret goes on signing for 0 to {OVERLAP_HOURS_MAX} hours.", ("overlap_hours",))
    async with transaction() as tx:
        row = await lock_named_endpoint(tx, actor, identifier)
        check_grants(actor, row["scopes"])
        now = await tx.now()
        await _retire(tx, row, now=now, until=now + timedelta(hours=overlap_hours))
        await _check_room(tx, row)
        issued = await issue_keys(tx, actor.customer_id, identifier, created_at=now, vault=vault)
        row = await change(tx, actor, WEBHOOK_ENDPOINT_NOUN, row, SECRET_ROTATED, public_key=issued.public_key)
        await probe_soon(tx, actor.customer_id, identifier)
    return endpoint_of(row), issued.secret


async def _retire(tx: Transaction, row: Record, *, now: datetime, until: datetime) -> None:
    """Let every secret end at `until` at the latest, and remove those that have ended."""
    await tx.execute(
        """
        UPDATE webhook_secrets SET expires_at = least(expires_at, $3)
        WHERE customer_id = $1 AND endpoint_id = $2
        """,
        *_whose(row),
        until,
    )
    await tx.execute(
        "DELETE FROM webhook_secrets WHERE customer_id = $1 AND endpoint_id = $2 AND expires_at <= $3",
        *_whose(row),
        now,
    )


async def _check_room(tx: Transaction, row: Record) -> None:
    live = await tx.fetchrow(
        """
        SELECT count(*) AS count, min(expires_at) AS first_ends_at FROM webhook_secrets
        WHERE customer_id = $1 AND endpoint_id = $2 AND scheme = $3
        """,
        *_whose(row),
        SYMMETRIC_VERSION,
    )
    assert live is not None
    if live["count"] >= LIVE_SECRETS_MAX:
        raise InvalidState(
            f"This endpoint has {LIVE_SECRETS_MAX} secrets that still sign, the most there may be. One of them ends at "
            f"{rfc3339(live['first_ends_at'])}; with overlapHours: 0 all of them end now.",
            path=ENDPOINT_ID_PATH,
            status=row["status"],
        )


def _whose(row: Record) -> tuple[Any, Any]:
    return row["customer_id"], row["id"]

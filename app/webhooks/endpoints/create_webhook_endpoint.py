"""Make an endpoint with its first signing keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.connection import Record
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.events.event_types import check_event_types
from app.events.number_events import number_events
from app.kernel.actor import Actor
from app.kernel.errors import LimitExceeded
from app.lifecycle.advance import tell
from app.webhooks.client_tls import PUBLIC_TLS, ClientTls
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.endpoint_checks import (
    check_description,
    check_endpoint_url,
    check_rate,
    granted_scopes,
    may_write,
)
from app.webhooks.endpoints.endpoint_settings import check_filter, find_holder_for, header_columns, tls_columns
from app.webhooks.endpoints.issue_keys import issue_keys
from app.webhooks.endpoints.tls_checks import TLS_PATH, check_tls, check_tls_of
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.models import EndpointRow
from app.webhooks.own_headers import OwnHeader, check_headers
from app.webhooks.queries import ENDPOINTS_MAX, lock_endpoint
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.status import EndpointStatus, Payload
from app.webhooks.vault import Vault

QUOTA_RETRY_AFTER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class CreateWebhookEndpoint:
    """The endpoint to make. No `event_types` means all. With `filter` it gets only events whose `data` contains that,
    with `holder_id` only those of this holder.
    """

    url: str
    description: str | None = None
    event_types: Sequence[str] = ()
    payload: Payload = Payload.FULL
    ordered: bool = False
    max_per_second: int | None = None
    filter: Any = None
    holder_id: str | None = None
    headers: Sequence[OwnHeader] = ()
    tls: ClientTls = PUBLIC_TLS


@whole_use_case
async def create_webhook_endpoint(
    actor: Actor, command: CreateWebhookEndpoint, *, vault: Vault, egress: EgressRules
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; answers it and its secret (`whsec_…`), which is never shown again.

    It gets what is committed from now on, and only what its creator may read. There is no idempotency key, since the
    outcome stored under it would hold a secret.

    :raises Invalid: a URL that webhooks may not go to, an unknown type of event, a blank or overlong description, a
        header that is not theirs to set, certificates that cannot be used.
    :raises NotFound: there is no such holder.
    :raises Forbidden: the actor lacks `webhooks:write`, or is one holder's.
    :raises LimitExceeded: the customer has `ENDPOINTS_MAX` endpoints.
    """
    may_write(actor)
    description = check_description(command.description)
    event_types = list(check_event_types(command.event_types, ("event_types",)))
    wanted = check_filter(command.filter)
    headers, tls = check_headers(command.headers), check_tls(command.tls)
    url = await check_endpoint_url(command.url, egress)
    check_tls_of(url, tls.ca_certificate, tls.client_certificate, path=TLS_PATH)
    # So that the position read below lies after everything committed before.
    await number_events(actor.customer_id, wait=True)
    async with transaction() as tx:
        first_position = await _start_fan_out(tx, actor.customer_id)
        await _check_quota(tx, actor.customer_id)
        now = await tx.now()
        whose = {"customer_id": actor.customer_id, "endpoint_id": new_id()}
        endpoint = await EndpointRow.create(
            using_db=tx.tortoise,
            id=whose["endpoint_id"],
            customer_id=actor.customer_id,
            url=url,
            description=description,
            status=EndpointStatus.ENABLED.value,
            event_types=event_types,
            payload=command.payload.value,
            ordered=command.ordered,
            max_per_second=check_rate(command.max_per_second),
            scopes=granted_scopes(actor),
            first_position=first_position,
            wanted=wanted,
            holder_id=await find_holder_for(tx, actor, command.holder_id),
            created_at=now,
            updated_at=now,
            **header_columns(headers, vault, **whose),
            **tls_columns(tls, vault, **whose),
        )
        issued = await issue_keys(tx, actor.customer_id, endpoint.id, created_at=now, vault=vault)
        endpoint.public_key = issued.public_key
        await endpoint.save(using_db=tx.tortoise, update_fields=["public_key"])
        row = await _tell(tx, actor, endpoint.id)
    return endpoint_of(row), issued.secret


async def _tell(tx: Transaction, actor: Actor, endpoint_id: UUID) -> Record:
    row = await lock_endpoint(tx, actor.customer_id, endpoint_id)
    assert row is not None
    await tell(tx, actor, WEBHOOK_ENDPOINT_NOUN, "webhook_endpoint.created", row)
    return row


async def _start_fan_out(tx: Transaction, customer_id: UUID) -> int:
    """The feed's current position. Fan-out of a customer's feed starts with its first endpoint."""
    # Locked, so that two callers cannot both take the last free place.
    await tx.execute("SELECT 1 FROM customers WHERE customer_id = $1 FOR NO KEY UPDATE", customer_id)
    last_position = await tx.fetchval("SELECT last_position FROM feeds WHERE customer_id = $1", customer_id)
    await tx.execute(
        "INSERT INTO webhook_fan_outs (customer_id, position) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        customer_id,
        last_position,
    )
    return int(last_position)


async def _check_quota(tx: Transaction, customer_id: UUID) -> None:
    endpoint_count = await tx.fetchval(
        "SELECT count(*) FROM webhook_endpoints WHERE customer_id = $1 AND deleted_at IS NULL", customer_id
    )
    if endpoint_count >= ENDPOINTS_MAX:
        message = f"A customer has at most {ENDPOINTS_MAX} webhook endpoints: delete one first."
        raise LimitExceeded(message, retry_after_seconds=QUOTA_RETRY_AFTER_SECONDS)

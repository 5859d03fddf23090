"""Change an endpoint, or enable or disable it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.events.event_types import check_event_types
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.lifecycle.advance import change
from app.webhooks.deliveries.change_status import change_status
from app.webhooks.deliveries.probe_endpoints import probe_soon
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.endpoint_checks import (
    ENDPOINT_ID_PATH,
    check_description,
    check_endpoint_url,
    check_grants,
    check_rate,
    may_write,
    no_such_endpoint,
)
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.queries import lock_endpoint
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.status import EndpointField, EndpointStatus, Payload

DISABLED_BY_REQUEST = "Disabled by request."


@dataclass(frozen=True, slots=True)
class UpdateWebhookEndpoint:
    """What to change. None leaves a field as it is, `clear` empties it, `event_types` is replaced as a whole."""

    endpoint_id: str
    url: str | None = None
    description: str | None = None
    event_types: Sequence[str] | None = None
    payload: Payload | None = None
    ordered: bool | None = None
    max_per_second: int | None = None
    enabled: bool | None = None
    clear: Sequence[EndpointField] = ()


@whole_use_case
async def update_webhook_endpoint(
    actor: Actor, command: UpdateWebhookEndpoint, *, egress: EgressRules
) -> WebhookEndpoint:
    """The endpoint after the change. A command that changes nothing writes nothing.

    Disabling suspends open deliveries, enabling makes them due. The status takes effect at once, the deliveries follow
    in the background. Existing deliveries keep their payload. A paused endpoint is tried at once with what was changed.

    :raises Invalid, NotFound: nothing happened.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    """
    may_write(actor)
    endpoint_id = parse_id(command.endpoint_id, ENDPOINT_ID_PATH)
    columns = await _columns(command, egress)
    async with transaction() as tx:
        row = await lock_endpoint(tx, actor.customer_id, endpoint_id)
        if row is None:
            raise no_such_endpoint(command.endpoint_id, ENDPOINT_ID_PATH)
        check_grants(actor, row["scopes"])
        changed = {column: value for column, value in columns.items() if row[column] != value}
        if changed:
            row = await change(tx, actor, WEBHOOK_ENDPOINT_NOUN, row, "webhook_endpoint.updated", **changed)
            await probe_soon(tx, actor.customer_id, endpoint_id)
        if command.enabled is not None:
            row = await _switch(tx, actor, row, enabled=command.enabled)
    return endpoint_of(row)


async def _columns(command: UpdateWebhookEndpoint, egress: EgressRules) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if command.url is not None:
        columns["url"] = await check_endpoint_url(command.url, egress)
    if _is_given(command, EndpointField.DESCRIPTION, command.description):
        columns["description"] = check_description(command.description)
    if command.event_types is not None:
        columns["event_types"] = list(check_event_types(command.event_types, ("event_types",)))
    if command.payload is not None:
        columns["payload"] = command.payload.value
    if command.ordered is not None:
        columns["ordered"] = command.ordered
    if _is_given(command, EndpointField.RATE_LIMIT, command.max_per_second):
        columns["max_per_second"] = check_rate(command.max_per_second)
    return columns


def _is_given(command: UpdateWebhookEndpoint, field: EndpointField, value: object) -> bool:
    """Whether a value is to be written: a new one, or None to empty it."""
    is_emptied = field in command.clear
    if is_emptied and value is not None:
        refuse(f"{field} is given and to be emptied at once: leave one of them out.", ("clear",))
    return is_emptied or value is not None


async def _switch(tx: Transaction, actor: Actor, row: Record, *, enabled: bool) -> Record:
    target = EndpointStatus.ENABLED if enabled else EndpointStatus.DISABLED
    if row["status"] == target:
        return row
    reason = None if enabled else DISABLED_BY_REQUEST
    return await change_status(tx, actor, row, target, reason=reason)

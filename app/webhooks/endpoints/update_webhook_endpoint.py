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
from app.webhooks.client_tls import PUBLIC_TLS, ClientTls
from app.webhooks.deliveries.change_status import change_status
from app.webhooks.deliveries.probe_endpoints import probe_soon
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.endpoint_checks import (
    ENDPOINT_ID_PATH,
    check_description,
    check_endpoint_url,
    check_grants,
    check_rate,
    lock_named_endpoint,
    may_write,
)
from app.webhooks.endpoints.endpoint_settings import (
    check_filter,
    find_holder_for,
    has_headers,
    header_columns,
    tls_columns,
)
from app.webhooks.endpoints.tls_checks import TLS_PATH, check_tls, check_tls_of
from app.webhooks.events import WEBHOOK_ENDPOINT_NOUN
from app.webhooks.own_headers import OwnHeader, check_headers
from app.webhooks.records import WebhookEndpoint, endpoint_of
from app.webhooks.status import EndpointField, EndpointStatus, Payload
from app.webhooks.vault import Vault
from app.webhooks.webhook_url import parse_webhook_url

DISABLED_BY_REQUEST = "Disabled by request."
EMPTY: dict[EndpointField, dict[str, Any]] = {
    EndpointField.DESCRIPTION: {"description": None},
    EndpointField.FILTER: {"filter": None},
    EndpointField.HOLDER: {"holder_id": None},
    EndpointField.HEADERS: {"header_names": [], "sealed_headers": None},
    EndpointField.CA_CERTIFICATE: {"ca_certificate": None},
    EndpointField.CLIENT_CERTIFICATE: {"client_certificate": None, "sealed_client_key": None},
    EndpointField.RATE_LIMIT: {"max_per_second": None},
}
"""The columns of each field that can be emptied, as they are then."""


@dataclass(frozen=True, slots=True)
class UpdateWebhookEndpoint:
    """What to change. None leaves a field as it is, and so does each None within `tls`. `clear` empties a field.
    `event_types`, `filter` and `headers` are replaced as a whole.
    """

    endpoint_id: str
    url: str | None = None
    description: str | None = None
    event_types: Sequence[str] | None = None
    payload: Payload | None = None
    ordered: bool | None = None
    max_per_second: int | None = None
    enabled: bool | None = None
    filter: Any = None
    holder_id: str | None = None
    headers: Sequence[OwnHeader] | None = None
    tls: ClientTls = PUBLIC_TLS
    clear: Sequence[EndpointField] = ()

    @property
    def given(self) -> set[EndpointField]:
        """Which of the fields that can be emptied it sets."""
        return {
            field
            for field, value in (
                (EndpointField.DESCRIPTION, self.description),
                (EndpointField.FILTER, self.filter),
                (EndpointField.HOLDER, self.holder_id),
                (EndpointField.HEADERS, self.headers),
                (EndpointField.CA_CERTIFICATE, self.tls.ca_certificate),
                (EndpointField.CLIENT_CERTIFICATE, self.tls.client_certificate),
                (EndpointField.RATE_LIMIT, self.max_per_second),
            )
            if value is not None
        }


@whole_use_case
async def update_webhook_endpoint(
    actor: Actor, command: UpdateWebhookEndpoint, *, vault: Vault, egress: EgressRules
) -> WebhookEndpoint:
    """The endpoint after the change. A command that changes nothing writes nothing.

    Disabling suspends open deliveries, enabling makes them due. The status takes effect at once, the deliveries follow
    in the background. Existing deliveries keep their payload, and are sent even if the endpoint would not get them now.
    A paused endpoint is tried at once with what was changed.

    :raises Invalid, NotFound: nothing happened.
    :raises Forbidden: the actor lacks `webhooks:write` or a scope the endpoint was made with, or is one holder's.
    """
    may_write(actor)
    endpoint_id = parse_id(command.endpoint_id, ENDPOINT_ID_PATH)
    columns = await _columns(command, egress)
    async with transaction() as tx:
        row = await lock_named_endpoint(tx, actor, endpoint_id)
        check_grants(actor, row["scopes"])
        _check_headers_stay(row, command, columns)
        columns |= await _columns_of(tx, actor, row, command, vault)
        _check_tls_stays(row, command, columns)
        changed = {column: value for column, value in columns.items() if row[column] != value}
        if changed:
            row = await change(tx, actor, WEBHOOK_ENDPOINT_NOUN, row, "webhook_endpoint.updated", **changed)
            await probe_soon(tx, actor.customer_id, endpoint_id)
        if command.enabled is not None:
            row = await _switch(tx, actor, row, enabled=command.enabled)
    return endpoint_of(row)


async def _columns(command: UpdateWebhookEndpoint, egress: EgressRules) -> dict[str, Any]:
    """What can be said without the endpoint's row. All of the command is checked here."""
    columns: dict[str, Any] = {}
    for field in command.clear:
        if field in command.given:
            refuse(f"{field} is given and to be emptied at once: leave one of them out.", ("clear",))
        columns |= EMPTY[field]
    if command.url is not None:
        columns["url"] = await check_endpoint_url(command.url, egress)
    if command.description is not None:
        columns["description"] = check_description(command.description)
    if command.event_types is not None:
        columns["event_types"] = list(check_event_types(command.event_types, ("event_types",)))
    if command.payload is not None:
        columns["payload"] = command.payload.value
    if command.ordered is not None:
        columns["ordered"] = command.ordered
    if command.max_per_second is not None:
        columns["max_per_second"] = check_rate(command.max_per_second)
    if command.filter is not None:
        columns["filter"] = check_filter(command.filter)
    check_headers(command.headers or ())
    check_tls(command.tls)
    return columns


async def _columns_of(
    tx: Transaction, actor: Actor, row: Record, command: UpdateWebhookEndpoint, vault: Vault
) -> dict[str, Any]:
    """What is looked up or encrypted for this endpoint."""
    whose = {"customer_id": row["customer_id"], "endpoint_id": row["id"]}
    columns = tls_columns(command.tls, vault, **whose)
    if command.headers is not None and not has_headers(row, command.headers, vault):
        columns |= header_columns(command.headers, vault, **whose)
    if command.holder_id is not None:
        columns["holder_id"] = await find_holder_for(tx, actor, command.holder_id)
    return columns


def _check_headers_stay(row: Record, command: UpdateWebhookEndpoint, columns: dict[str, Any]) -> None:
    """Refuse to send the headers that are stored to another server: whoever may change the URL could read them there.

    :raises Invalid: the URL has another origin, and the headers are neither given again nor emptied.
    """
    if row["sealed_headers"] is None or "url" not in columns or command.headers is not None:
        return
    if EndpointField.HEADERS not in command.clear and _origin(columns["url"]) != _origin(row["url"]):
        refuse(
            "This URL is on another server, which would get the headers of this endpoint: give them again as well, or "
            "empty them with clear: [HEADERS].",
            ("url",),
        )


def _check_tls_stays(row: Record, command: UpdateWebhookEndpoint, columns: dict[str, Any]) -> None:
    """Refuse certificates beside plain http, where this command would bring them together.

    :raises Invalid: saying what to change.
    """
    if "url" in columns or command.tls != PUBLIC_TLS:
        after = {**row, **columns}
        path = TLS_PATH if command.tls != PUBLIC_TLS else ("url",)
        check_tls_of(after["url"], after["ca_certificate"], after["client_certificate"], path=path)


def _origin(text: str) -> tuple[str, str, int]:
    url = parse_webhook_url(text)
    return url.scheme, url.host.lower(), url.port


async def _switch(tx: Transaction, actor: Actor, row: Record, *, enabled: bool) -> Record:
    target = EndpointStatus.ENABLED if enabled else EndpointStatus.DISABLED
    if row["status"] == target:
        return row
    reason = None if enabled else DISABLED_BY_REQUEST
    return await change_status(tx, actor, row, target, reason=reason)
